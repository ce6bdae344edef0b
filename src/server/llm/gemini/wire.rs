//! What goes over the wire, read leniently.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::deltas::Said;
use super::super::{ChatRequest, LlmError, ModelInfo, StopReason, failure};
use crate::model::generation::{FailureKind, Usage};
use crate::model::message::Author;

/// The body of `POST …:streamGenerateContent`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Content<'a>>,
    generation_config: Config,
}

#[derive(Debug, Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: [Part<'a>; 1],
}

#[derive(Debug, Serialize)]
struct Part<'a> {
    text: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Thinking>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Thinking {
    include_thoughts: bool,
}

impl<'a> Body<'a> {
    /// `thinks`: the model has thoughts that can be asked for.
    pub fn new(request: &'a ChatRequest, thinks: bool) -> Self {
        let turns = request.turns.iter().filter(|turn| !turn.text.is_empty());
        Self {
            contents: turns.map(|turn| Content { role: Some(role(turn.author)), parts: [Part { text: &turn.text }] }).collect(),
            system_instruction: request.system.as_deref().map(|text| Content { role: None, parts: [Part { text }] }),
            generation_config: Config {
                max_output_tokens: request.max_tokens,
                temperature: request.temperature,
                thinking_config: thinks.then_some(Thinking { include_thoughts: true }),
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
#[serde(default)]
struct Piece {
    text: Option<String>,
    thought: bool,
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

/// What one event says.
pub(super) fn read(event: Event, said: &mut Vec<Said>) {
    if let Some(error) = event.error.filter(|error| !error.is_null()) {
        return said.push(Said::Failed(failure::from_event(&error)));
    }
    said.extend(event.usage_metadata.map(|counts| Said::Usage(counts.into())));
    if let Some(reason) = event.prompt_feedback.and_then(|feedback| feedback.block_reason) {
        return said.push(Said::Failed(LlmError::new(FailureKind::Refused, format!("The provider refused the prompt ({reason})."))));
    }
    for candidate in event.candidates.into_iter().take(1) {
        for piece in candidate.content.into_iter().flat_map(|content| content.parts) {
            said.extend(piece.text.map(if piece.thought { Said::Reasoning } else { Said::Text }));
        }
        said.extend(candidate.finish_reason.and_then(|name| stop_reason(&name)).map(Said::Stop));
    }
}

/// A `finishReason`; names that are not known end the answer all the same.
fn stop_reason(name: &str) -> Option<StopReason> {
    match name {
        "" | "FINISH_REASON_UNSPECIFIED" => None,
        "MAX_TOKENS" => Some(StopReason::Length),
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY" => Some(StopReason::Filter),
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
    /// Whether it answers in text: the list also names models that embed, draw, speak and film.
    pub fn chats(&self) -> bool {
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
