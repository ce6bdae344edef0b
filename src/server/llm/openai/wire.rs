//! What goes over the wire: only the fields that every server of OpenAI's shape knows, read leniently.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::{ChatRequest, Document, ModelInfo, StopReason, ToolCall, Turn, catalogue, tool};
use super::dialect::{Dialect, Thinking};
use crate::model::generation::Usage;
use crate::model::message::Author;
use crate::model::voice::Task;

/// The body of `POST /chat/completions`.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    /// OpenAI itself refuses `max_tokens` for its newer models; the others know only that.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(flatten)]
    thinking: Thinking,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Content<'a, Part<'a>>,
}

/// Words alone are a text, which every server of this shape takes; with files they are parts, each of the two APIs' own.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Content<'a, P> {
    Text(&'a str),
    Parts(Vec<P>),
}

impl<'a, P> Content<'a, P> {
    pub(super) fn of(
        turn: &'a Turn,
        document: impl Fn(&'a Document) -> P,
        picture: impl Fn(String) -> P,
        text: impl Fn(&'a str) -> P,
    ) -> Self {
        if turn.pictures.is_empty() && turn.documents.is_empty() {
            return Self::Text(&turn.text);
        }
        let pictures = turn.pictures.iter().map(|shown| picture(shown.url()));
        let shown = turn.documents.iter().map(document).chain(pictures);
        Self::Parts(shown.chain((!turn.text.is_empty()).then(|| text(&turn.text))).collect())
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: Url },
    File { file: File<'a> },
}

#[derive(Debug, Serialize)]
struct Url {
    url: String,
}

/// A document (<https://platform.openai.com/docs/guides/pdf-files>).
#[derive(Debug, Serialize)]
struct File<'a> {
    filename: &'a str,
    file_data: String,
}

fn content(turn: &Turn) -> Content<'_, Part<'_>> {
    Content::of(
        turn,
        |document| Part::File { file: File { filename: &document.name, file_data: document.url() } },
        |url| Part::ImageUrl { image_url: Url { url } },
        |text| Part::Text { text },
    )
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Body<'a> {
    /// For a server that understands these words.
    pub fn new(request: &'a ChatRequest, dialect: Dialect) -> Self {
        let native = dialect == Dialect::OpenAi;
        let system = request.system.iter().map(|text| Message { role: "system", content: Content::Text(text) });
        let turns = request.turns.iter().map(|turn| Message { role: role(turn.author), content: content(turn) });
        Self {
            model: &request.model,
            messages: system.chain(turns).collect(),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: request.max_tokens.filter(|_| !native),
            max_completion_tokens: request.max_tokens.filter(|_| native),
            temperature: request.temperature,
            top_p: request.top_p,
            stop: &request.stop,
            thinking: request.effort.map(|effort| dialect.thinking(&request.model, effort)).unwrap_or_default(),
        }
    }
}

fn role(author: Author) -> &'static str {
    match author {
        Author::User => "user",
        Author::Assistant => "assistant",
    }
}

/// One event of the answer.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    pub choices: Option<Vec<Choice>>,
    #[serde(default)]
    pub usage: Option<Counts>,
    #[serde(default)]
    pub error: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub delta: Option<Piece>,
    #[serde(default)]
    pub finish_reason: Option<String>,
}

/// The new text. `reasoning_content` is DeepSeek's and llama.cpp's name, `reasoning` OpenRouter's and Ollama's.
#[derive(Debug, Deserialize)]
pub(super) struct Piece {
    #[serde(default)]
    pub content: Option<String>,
    #[serde(default)]
    pub reasoning_content: Option<String>,
    #[serde(default)]
    pub reasoning: Option<String>,
    /// What the model says where it does not answer.
    #[serde(default)]
    pub refusal: Option<String>,
    #[serde(default)]
    pub tool_calls: Option<Vec<Call>>,
    /// The same as it was before there could be several.
    #[serde(default)]
    pub function_call: Option<Function>,
}

/// A piece of a call of a tool: the first has its id and its name, the others the rest of the arguments.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    /// Some servers leave it out: then the place in the list says it.
    #[serde(default)]
    index: Option<u32>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Function {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<Value>,
}

impl Call {
    /// As every vendor's; `place`: its place in the list.
    pub fn told(self, place: usize) -> ToolCall {
        let index = self.index.unwrap_or_else(|| u32::try_from(place).unwrap_or(u32::MAX));
        ToolCall { id: self.id.filter(|id| !id.is_empty()), ..self.function.unwrap_or_default().told(index) }
    }
}

impl Function {
    /// The same of the only call.
    pub fn told(self, index: u32) -> ToolCall {
        let name = self.name.filter(|name| !name.is_empty());
        ToolCall { index, id: None, name, arguments: tool::arguments(self.arguments) }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Counts {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<Details>,
    #[serde(default)]
    completion_tokens_details: Option<Details>,
    /// DeepSeek's name for what came from its cache.
    #[serde(default)]
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct Details {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Self {
        let cached = counts.prompt_tokens_details.and_then(|details| details.cached_tokens).or(counts.prompt_cache_hit_tokens);
        let reasoning = counts.completion_tokens_details.and_then(|details| details.reasoning_tokens);
        Self {
            cached_tokens: cached.unwrap_or(0),
            reasoning_tokens: reasoning.unwrap_or(0),
            ..Self::new(counts.prompt_tokens.unwrap_or(0), counts.completion_tokens.unwrap_or(0))
        }
    }
}

/// A `finish_reason`; names that are not known end the answer all the same.
pub(super) fn stop_reason(name: &str) -> StopReason {
    match name {
        "length" | "max_tokens" => StopReason::Length,
        "content_filter" => StopReason::Filter,
        "tool_calls" | "function_call" => StopReason::Tool,
        _ => StopReason::End,
    }
}

/// The answer of `GET /models`.
#[derive(Debug, Deserialize)]
pub(super) struct Models {
    #[serde(default)]
    pub data: Option<Vec<Listed>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    id: String,
    #[serde(default)]
    name: Option<String>,
    /// OpenRouter's name, vLLM's, and Groq's.
    #[serde(default, alias = "max_model_len", alias = "context_window")]
    context_length: Option<u32>,
}

impl From<Listed> for ModelInfo {
    fn from(listed: Listed) -> Self {
        let title = listed.name.filter(|name| *name != listed.id);
        Self { name: listed.id, title, context: listed.context_length }
    }
}

/// OpenAI lists what cannot chat too: by these parts of their names they are left out, unless they hear or speak.
const NOT_FOR_CHAT: [&str; 16] = [
    "embedding",
    "tts",
    "whisper",
    "dall-e",
    "moderation",
    "audio",
    "realtime",
    "image",
    "transcribe",
    "davinci",
    "babbage",
    "sora",
    "codex",
    "computer-use",
    "deep-research",
    "instruct",
];

/// Whether one of OpenAI's own models does anything that we ask of models; `responses`: through the API that some of them have only.
pub(super) fn serves(name: &str, responses: bool) -> bool {
    catalogue::task(name) != Task::Chat || !NOT_FOR_CHAT.iter().any(|part| name.contains(part) && !(responses && *part == "codex"))
}
