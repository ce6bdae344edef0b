//! What goes over the wire, read leniently.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::deltas::Said;
use super::super::{ChatRequest, Document, LlmError, ModelInfo, StopReason, ToolCall, Turn, failure, tool};
use super::seal::{self, Seal};
use crate::model::generation::{FailureKind, Usage};
use crate::model::message::Author;
use crate::model::setup::Effort;

/// The body of `POST …:streamGenerateContent`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Content<'a>>,
    generation_config: Config<'a>,
}

#[derive(Debug, Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<Part<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Part<'a> {
    Text(&'a str),
    InlineData(Blob),
    /// As it came.
    #[serde(untagged)]
    Own(seal::Part),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    mime_type: &'static str,
    data: String,
}

/// A turn's parts; `signed`: an answer's as they came.
fn parts(turn: &Turn, signed: bool) -> Vec<Part<'_>> {
    let sealed = turn.sealed.as_deref().filter(|_| signed);
    if let Some(own) = sealed.and_then(|sealed| seal::open(&turn.text, sealed)) {
        return own.into_iter().map(Part::Own).collect();
    }
    // What it is handed has no name of its own there.
    let blob = |document: &Document| Part::InlineData(Blob { mime_type: document.media_type, data: document.base64() });
    let documents = turn.documents.iter().flat_map(|document| [Part::Text(&document.name), blob(document)]);
    let pictures = turn.pictures.iter().map(|picture| Part::InlineData(Blob { mime_type: picture.media_type, data: picture.base64() }));
    documents.chain(pictures).chain((!turn.text.is_empty()).then_some(Part::Text(&turn.text))).collect()
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Thinking>,
}

/// A model takes a budget (before Gemini 3) or a level, and refuses both together.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Thinking {
    include_thoughts: bool,
    /// Most tokens of thoughts; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
}

impl Thinking {
    /// How long this model is to think (<https://ai.google.dev/gemini-api/docs/thinking>).
    fn of(model: &str, effort: Option<Effort>) -> Self {
        let none = Self { include_thoughts: true, thinking_budget: None, thinking_level: None };
        let Some(effort) = effort else { return none };
        let pro = model.contains("-pro");
        if model.trim_start_matches("models/").starts_with("gemini-2") {
            let budget = match effort {
                // This one cannot be told not to think.
                Effort::Off if pro => 128,
                Effort::Off => 0,
                Effort::Low => 1_024,
                Effort::Medium => 8_192,
                Effort::High => 24_576,
            };
            return Self { include_thoughts: budget > 0, thinking_budget: Some(budget), ..none };
        }
        let level = match effort {
            Effort::Off if pro => "low",
            Effort::Off => "minimal",
            Effort::Low => "low",
            // The first of the large ones knows two levels only.
            Effort::Medium if model.contains("gemini-3-pro") => "high",
            Effort::Medium => "medium",
            Effort::High => "high",
        };
        Self { thinking_level: Some(level), ..none }
    }
}

impl<'a> Body<'a> {
    /// `thinks`: the model has thoughts that can be asked for; `signed`: with what it signed of earlier ones.
    pub fn new(request: &'a ChatRequest, thinks: bool, signed: bool) -> Self {
        let turns = request.turns.iter().filter(|turn| !turn.is_empty());
        Self {
            contents: turns.map(|turn| Content { role: Some(role(turn.author)), parts: parts(turn, signed) }).collect(),
            system_instruction: request.system.as_deref().map(|text| Content { role: None, parts: vec![Part::Text(text)] }),
            generation_config: Config {
                max_output_tokens: request.max_tokens,
                temperature: request.temperature,
                top_p: request.top_p,
                stop_sequences: &request.stop,
                thinking_config: thinks.then(|| Thinking::of(&request.model, request.effort)),
            },
        }
    }
}

fn role(author: Author) -> &'static str {
    match author {
        Author::User => "user",
        Author::Assistant => "model",
    }
}

/// A model's name as a part of a path: nothing in it can lead elsewhere.
pub(super) fn path_segment(model: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let name = model.trim_start_matches("models/");
    let escaped = name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    let escaped: String = escaped.collect();
    // A segment of dots alone would climb.
    if escaped.chars().all(|c| c == '.') { escaped.replace('.', "%2E") } else { escaped }
}

/// One event of the answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Event {
    candidates: Vec<Candidate>,
    usage_metadata: Option<Counts>,
    prompt_feedback: Option<Feedback>,
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Candidate {
    content: Option<Spoken>,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spoken {
    parts: Vec<Piece>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Piece {
    text: Option<String>,
    thought: bool,
    thought_signature: Option<String>,
    function_call: Option<Call>,
}

/// A call of a tool; it comes whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Call {
    id: Option<String>,
    name: String,
    args: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Counts {
    prompt_token_count: u64,
    candidates_token_count: u64,
    thoughts_token_count: u64,
    cached_content_token_count: u64,
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Self {
        let (input, thoughts) = (counts.prompt_token_count, counts.thoughts_token_count);
        // Thoughts are counted beside the answer, and billed as answer.
        let output = counts.candidates_token_count + thoughts;
        Self { cached_tokens: counts.cached_content_token_count, reasoning_tokens: thoughts, ..Self::new(input, output) }
    }
}

/// Reads the events of one answer.
#[derive(Default)]
pub(super) struct Reader {
    seal: Seal,
    /// How many tools were called.
    calls: u32,
}

impl Reader {
    /// What one event says.
    pub fn read(&mut self, event: Event, said: &mut Vec<Said>) {
        if let Some(error) = event.error.filter(|error| !error.is_null()) {
            return said.push(Said::Failed(failure::from_event(&error)));
        }
        said.extend(event.usage_metadata.map(|counts| Said::Usage(counts.into())));
        if let Some(reason) = event.prompt_feedback.and_then(|feedback| feedback.block_reason) {
            return said.push(Said::Failed(LlmError::new(FailureKind::Refused, format!("The provider refused the prompt ({reason})."))));
        }
        for candidate in event.candidates.into_iter().take(1) {
            for piece in candidate.content.into_iter().flat_map(|content| content.parts) {
                self.hear(piece, said);
            }
            if let Some(stop) = candidate.finish_reason.and_then(|name| stop_reason(&name)) {
                said.extend(self.seal.close().map(Said::Sealed));
                said.push(Said::Stop(stop));
            }
        }
    }

    fn hear(&mut self, piece: Piece, said: &mut Vec<Said>) {
        let Piece { text, thought, thought_signature, function_call } = piece;
        if let Some(Call { id, name, args }) = function_call {
            // Nobody answers the call, so that it does not go back, and neither does its signature.
            said.push(Said::ToolCall(ToolCall::named(self.calls, id, name, tool::arguments(args))));
            self.calls += 1;
        } else if text.is_some() || thought_signature.is_some() {
            let text = text.unwrap_or_default();
            self.seal.take(&text, thought, thought_signature);
            said.push(if thought { Said::Reasoning(text) } else { Said::Text(text) });
        }
    }
}

/// A `finishReason`; names that are not known end the answer all the same.
fn stop_reason(name: &str) -> Option<StopReason> {
    match name {
        "" | "FINISH_REASON_UNSPECIFIED" => None,
        "MAX_TOKENS" => Some(StopReason::Length),
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY" => Some(StopReason::Filter),
        // It called a tool in a way that cannot be read, or one that it was not given.
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS" => Some(StopReason::Tool),
        _ => Some(StopReason::End),
    }
}

/// A page of `GET /v1beta/models`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Models {
    #[serde(default)]
    pub models: Vec<Listed>,
    pub next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    /// `models/…`
    name: String,
    display_name: Option<String>,
    input_token_limit: Option<u32>,
    #[serde(default)]
    supported_generation_methods: Vec<String>,
    #[serde(default)]
    pub thinking: bool,
}

impl Listed {
    /// Whether it does anything that we ask of models: it answers in text, or embeds texts. The list also names models that draw, speak
    /// and film.
    pub fn serves(&self) -> bool {
        self.chats() || self.supported_generation_methods.iter().any(|method| method == "embedContent") && self.name.contains("embedding")
    }

    fn chats(&self) -> bool {
        let other = ["embedding", "imagen", "veo", "-tts", "-image", "aqa", "-live", "native-audio", "lyria", "robotics", "computer-use"];
        let answers = self.supported_generation_methods.iter().any(|method| method == "generateContent");
        answers && !other.iter().any(|part| self.name.contains(part))
    }

    /// Its name without `models/`.
    pub fn short(&self) -> &str {
        self.name.trim_start_matches("models/")
    }
}

impl From<Listed> for ModelInfo {
    fn from(listed: Listed) -> Self {
        let name = listed.short().to_owned();
        Self { title: listed.display_name.filter(|title| *title != name), context: listed.input_token_limit, name }
    }
}
