//! What goes over the wire, read leniently: unknown events, blocks and fields are passed over, as the vendor asks its clients to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::deltas::Said;
use super::super::{ChatRequest, ModelInfo, StopReason, failure};
use crate::model::generation::Usage;
use crate::model::message::Author;

/// The longest answer that is asked for where nobody says how long it may be: the API wants a number, and this one every model takes.
pub(super) const MAX_TOKENS: u32 = 8_192;

/// The body of `POST /v1/messages`.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    messages: Vec<Message<'a>>,
    max_tokens: u32,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

impl<'a> Body<'a> {
    pub fn new(request: &'a ChatRequest) -> Self {
        let turns = request.turns.iter().map(|turn| match turn.author {
            Author::User => Message { role: "user", content: &turn.text },
            // White space at the end of an answer that is to be continued is refused.
            Author::Assistant => Message { role: "assistant", content: turn.text.trim_end() },
        });
        Self {
            model: &request.model,
            system: request.system.as_deref(),
            messages: turns.filter(|message| !message.content.is_empty()).collect(),
            max_tokens: request.max_tokens.unwrap_or(MAX_TOKENS),
            stream: true,
            // The vendor's scale ends at 1, everybody else's at 2.
            temperature: request.temperature.map(|temperature| temperature.clamp(0.0, 1.0)),
        }
    }
}

/// One event of the answer (<https://docs.anthropic.com/en/docs/build-with-claude/streaming>).
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Event {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        content_block: Piece,
    },
    ContentBlockDelta {
        delta: Piece,
    },
    MessageDelta {
        delta: End,
        usage: Option<Counts>,
    },
    Error {
        error: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(super) struct Start {
    usage: Option<Counts>,
}

/// A piece of a block, or its beginning.
#[derive(Debug, Deserialize)]
pub(super) struct Piece {
    text: Option<String>,
    thinking: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct End {
    stop_reason: Option<String>,
}

/// Counts so far; those of the prompt come with the first event, and are cut in three by where they came from.
#[derive(Debug, Deserialize)]
pub(super) struct Counts {
    input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

/// What one event says; `usage` is what was counted so far.
pub(super) fn read(event: Event, usage: &mut Usage, said: &mut Vec<Said>) {
    match event {
        Event::MessageStart { message } => count(message.usage, usage, said),
        Event::ContentBlockStart { content_block: piece } | Event::ContentBlockDelta { delta: piece } => {
            said.extend(piece.thinking.map(Said::Reasoning));
            said.extend(piece.text.map(Said::Text));
        }
        Event::MessageDelta { delta, usage: counts } => {
            count(counts, usage, said);
            said.extend(delta.stop_reason.map(|name| Said::Stop(stop_reason(&name))));
        }
        Event::Error { error } => said.push(Said::Failed(failure::from_event(&error))),
        Event::Other => {}
    }
}

fn count(counts: Option<Counts>, usage: &mut Usage, said: &mut Vec<Said>) {
    let Some(counts) = counts else { return };
    let (read, made) = (counts.cache_read_input_tokens, counts.cache_creation_input_tokens.unwrap_or(0));
    if let Some(fresh) = counts.input_tokens {
        usage.input_tokens = fresh + made + read.unwrap_or(0);
    }
    usage.cached_tokens = read.unwrap_or(usage.cached_tokens);
    usage.output_tokens = counts.output_tokens.unwrap_or(usage.output_tokens);
    said.push(Said::Usage(*usage));
}

fn stop_reason(name: &str) -> StopReason {
    match name {
        "max_tokens" | "model_context_window_exceeded" => StopReason::Length,
        "refusal" => StopReason::Filter,
        "tool_use" => StopReason::Tool,
        _ => StopReason::End,
    }
}

/// A page of `GET /v1/models`.
#[derive(Debug, Deserialize)]
pub(super) struct Models {
    pub data: Vec<Listed>,
    #[serde(default)]
    pub has_more: bool,
    pub last_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    id: String,
    display_name: Option<String>,
    /// Told by newer versions of the API.
    max_input_tokens: Option<u32>,
}

impl From<Listed> for ModelInfo {
    fn from(listed: Listed) -> Self {
        let title = listed.display_name.filter(|name| *name != listed.id);
        let context = listed.max_input_tokens.or_else(|| listed.id.starts_with("claude-").then_some(200_000));
        Self { name: listed.id, title, context }
    }
}
