//! Language models: one trait, one vocabulary. Vendor files translate and hold no policy; nothing vendor-shaped leaves here.

mod anthropic;
mod catalogue;
mod deltas;
mod document;
mod failure;
pub mod fake;
mod gemini;
mod http;
mod line;
#[cfg(feature = "local-model")]
pub mod local;
mod ollama;
pub mod openai;
pub mod probe;
mod registry;
mod source;
#[cfg(test)]
pub(crate) mod tests;
mod think;
mod thread;
mod tool;
mod upstream;
mod vector;
mod voice;

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use bytes::Bytes;
pub use catalogue::Facts;
pub use document::{Document, DocumentRoom};
use futures::stream::BoxStream;
pub use probe::Seen;
#[cfg(test)]
pub(crate) use registry::ANYBODY;
pub use registry::{Catalogued, Entry, EntryKey, Listed, ModelRule, Registry, Resolved, Route, Rules, Who, has_loop, home, rank};
pub use source::{Bounds, ModelFile, Sources};
pub use thread::limit as limit_threads;
pub use tool::{ToolCall, called};
pub use upstream::{Begun, Label, Permit, Upstream, Waiting};
pub use vector::{Texts, Vectors};
pub use voice::{Recording, Sound, Transcript, Words};

pub use crate::model::context::estimate_tokens;
use crate::model::generation::{Failure, FailureKind, Notice, Usage};
use crate::model::message::Author;
use crate::model::setup::{Effort, Parameter};
use crate::model::voice::Task;

/// One turn of the conversation that a model is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub author: Author,
    pub text: String,
    /// What is shown beside it, before the text.
    pub pictures: Vec<Picture>,
    /// What is handed to it whole, before those.
    pub documents: Vec<Document>,
    /// Of an answer: what its vendor wants back with the next question ([`Delta::Sealed`]).
    pub sealed: Option<String>,
}

impl Turn {
    /// A turn of words only.
    pub fn new(author: Author, text: impl Into<String>) -> Self {
        Self { author, text: text.into(), pictures: Vec::new(), documents: Vec::new(), sealed: None }
    }

    /// Whether it says and shows nothing.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.pictures.is_empty() && self.documents.is_empty()
    }
}

/// A picture that a model is shown: JPEG or PNG, with no side longer than it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub media_type: &'static str,
    pub bytes: Bytes,
}

impl Picture {
    /// The bytes in base64, as every vendor takes them.
    fn base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(&self.bytes)
    }

    /// The same as an address that holds what it leads to.
    fn url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, self.base64())
    }
}

/// Tokens that a picture takes, about: what the vendors' own rules give for one of the largest size that they take.
pub const PICTURE_TOKENS: usize = 1_600;

/// What a model is asked. The provider gets it whole; it is built by `service::generation::prompt`.
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// The model's name at the provider (without the `provider/` part).
    pub model: String,
    pub system: Option<String>,
    /// Oldest first; the last is the user's, or the beginning of an answer to be continued.
    pub turns: Vec<Turn>,
    /// Most tokens to generate.
    pub max_tokens: Option<u32>,
    pub temperature: Option<f32>,
    pub top_p: Option<f32>,
    /// How long to think before answering.
    pub effort: Option<Effort>,
    /// The answer ends before the first of these.
    pub stop: Vec<String>,
}

/// Why a model stopped of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    End,
    /// `max_tokens`, or the end of the context window.
    Length,
    /// The provider's filter stopped it.
    Filter,
    /// It called a tool and waits for what that says.
    Tool,
}

/// A piece of an answer. `Stop` is the last of a whole one; an answer that just ends without it has failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    Text(String),
    Reasoning(String),
    /// What the vendor wants back with the next question, and nobody else can read: thoughts, encrypted or signed. It replaces what came
    /// of this kind before.
    Sealed(String),
    /// Something the reader should know meanwhile (loading, place in the queue).
    Notice(Notice),
    /// A piece of a call that the model wishes for.
    ToolCall(ToolCall),
    Usage(Usage),
    Stop(StopReason),
}

impl Delta {
    /// How much of what the reader reads it holds, in characters.
    pub fn characters(&self) -> usize {
        match self {
            Self::Text(text) | Self::Reasoning(text) => text.chars().count(),
            _ => 0,
        }
    }
}

/// Of which answers a vendor wants back what it sealed ([`Delta::Sealed`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseals {
    Nothing,
    /// The newest one: in older ones it would not look.
    Newest,
    /// Every one that is shown.
    Every,
}

/// A model as its provider lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    pub name: String,
    /// Name to show, where it differs.
    pub title: Option<String>,
    /// Context window in tokens, where known.
    pub context: Option<u32>,
}

/// A failure, classified by what can be done about it. Its text is shown to users: providers' words, never a key.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct LlmError {
    pub kind: FailureKind,
    pub message: String,
    /// How long the provider asked us to wait.
    pub retry_after: Option<Duration>,
    /// It is about this model only: the key may be good for others.
    pub of_model: bool,
    /// Nobody was asked: what would be answered is known.
    pub unasked: bool,
    /// What the key is called that it was asked with.
    pub key: Option<std::sync::Arc<str>>,
}

impl LlmError {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, of_model: false, unasked: false, key: None }
    }

    /// Whether asking again may help (before the first byte only).
    pub fn is_retryable(&self) -> bool {
        self.kind == FailureKind::RateLimited || (!self.unasked && self.kind.is_transient())
    }

    /// Whether another model may answer what this one could not: the provider or its model is at fault, not the question.
    pub fn is_of_provider(&self) -> bool {
        use FailureKind::*;
        matches!(self.kind, Auth | RateLimited | Quota | UnknownModel | Network | VendorDown | Timeout | Busy | Blocked | ToolCall)
    }

    /// As the reader of the answer sees it: an administrator in the provider's own words.
    pub fn failure(&self, words: bool) -> Failure {
        if words { Failure { kind: self.kind, message: self.message.clone() } } else { Failure::plain(self.kind) }
    }
}

/// The pieces of an answer as they come. Dropping it cancels the request upstream.
pub type DeltaStream = BoxStream<'static, Result<Delta, LlmError>>;

/// Something that models can be asked through.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The models it offers, asked afresh.
    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError>;

    /// Starts an answer. Errors before the first byte come from here; later ones through the stream.
    async fn chat(&self, request: ChatRequest) -> Result<DeltaStream, LlmError>;

    /// What a recording says. Errors are those of a chat.
    async fn transcribe(&self, _recording: Recording) -> Result<Transcript, LlmError> {
        Err(voice::unable())
    }

    /// A text as sound. Errors are those of a chat.
    async fn speak(&self, _words: Words) -> Result<Sound, LlmError> {
        Err(voice::unable())
    }

    /// What texts say, as vectors. Errors are those of a chat.
    async fn embed(&self, _texts: Texts) -> Result<Vectors, LlmError> {
        Err(vector::unable())
    }

    /// Has it fetch a model: per cents as they come. Dropping the stream ends it.
    async fn pull(&self, model: &str) -> Result<BoxStream<'static, Result<u8, LlmError>>, LlmError> {
        Err(LlmError::new(FailureKind::UnknownModel, format!("This provider cannot be told to fetch {model}.")))
    }

    /// Whether it can be told to fetch models.
    fn pulls(&self) -> bool {
        false
    }

    /// Whether some of its models embed.
    fn embeds(&self) -> bool {
        false
    }

    /// Whether some of its models hear or speak.
    fn has_voice(&self) -> bool {
        false
    }

    /// Tokens of a text: exact where the tokenizer is at hand, else an estimate on the safe side.
    fn tokens(&self, text: &str) -> usize {
        estimate_tokens(text)
    }

    /// Whether its models are asked for titles of conversations.
    fn makes_titles(&self) -> bool {
        true
    }

    /// Whether they are asked for more than that: tags, and questions that may come next.
    fn suggests(&self) -> bool {
        self.makes_titles()
    }

    /// Whether it takes this model's name although its list lacks it.
    fn accepts(&self, _model: &str) -> bool {
        false
    }

    /// Of which answers it wants back with a question what it sealed.
    fn unseals(&self) -> Unseals {
        Unseals::Nothing
    }

    /// Most tokens of an answer that may be asked of this model, where the provider has to be told and the catalogue does not know.
    fn output(&self, _model: &str) -> Option<u32> {
        None
    }

    /// Parameters that this model does not take: they are not sent, and people are told so.
    fn ignores(&self, _model: &str, facts: &Facts) -> Vec<Parameter> {
        if facts.reasons() == Some(false) { vec![Parameter::ReasoningEffort] } else { Vec::new() }
    }

    /// Whether this model sees pictures, where that is known.
    fn sees(&self, _model: &str, facts: &Facts) -> Option<bool> {
        facts.abilities.vision
    }

    /// Longest side of a picture that its models are shown, in pixels: of larger ones they see no more.
    fn picture_side(&self) -> u32 {
        2_048
    }

    /// How much it takes of documents that its models read themselves; none: they are shown the text.
    fn documents(&self) -> Option<DocumentRoom> {
        None
    }

    /// Context window in tokens of a model that its list lacks, where known.
    fn context(&self, _model: &str) -> Option<u32> {
        None
    }
}

/// Whether a model of this name is one to talk with, as far as the name tells.
pub fn talks(model: &str) -> bool {
    catalogue::task(model) == Task::Chat
}

/// The built-in model; none in builds without it.
#[cfg(feature = "local-model")]
fn built_in(file: &ModelFile) -> Option<std::sync::Arc<dyn Provider>> {
    Some(std::sync::Arc::new(local::Local::new(file.clone())))
}

#[cfg(not(feature = "local-model"))]
fn built_in(_file: &ModelFile) -> Option<std::sync::Arc<dyn Provider>> {
    None
}

/// Fetches the built-in model's weights; `progress` hears per cents. Nothing happens where they are there already.
#[cfg(feature = "local-model")]
pub async fn pull(file: &ModelFile, progress: impl FnMut(u8) + Send) -> Result<(), LlmError> {
    local::pull(file, progress).await
}

/// Whether the weights that are there are a GGUF file with the checksum that they should have; the error is a sentence.
#[cfg(feature = "local-model")]
pub fn intact(file: &ModelFile) -> Result<(), String> {
    local::intact(file)
}

/// The same, not in this build.
#[cfg(not(feature = "local-model"))]
pub fn intact(_file: &ModelFile) -> Result<(), String> {
    Ok(())
}

/// Fetches the built-in model's weights: not in this build.
#[cfg(not(feature = "local-model"))]
pub async fn pull(_file: &ModelFile, _progress: impl FnMut(u8) + Send) -> Result<(), LlmError> {
    Err(LlmError::new(FailureKind::Internal, "This build is without the built-in model."))
}
