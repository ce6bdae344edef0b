//! What goes over the wire, read leniently: unknown events, blocks and fields are passed over, as the vendor asks its clients to.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::deltas::Said;
use super::super::{ChatRequest, Document, ModelInfo, Picture, StopReason, ToolCall, Turn, failure, tool};
use crate::model::generation::Usage;
use crate::model::message::Author;
use crate::model::setup::{Effort, Parameter};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<Output>,
}

/// How the model thinks: newer ones as long as they find right, older ones within a budget of tokens.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Thinking {
    Adaptive,
    Enabled { budget_tokens: u32 },
}

#[derive(Debug, Serialize)]
struct Output {
    effort: &'static str,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Content<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Blocks(Vec<Block<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    /// <https://docs.anthropic.com/en/docs/build-with-claude/pdf-support>
    Document {
        source: Source,
        title: &'a str,
    },
    Image {
        source: Source,
    },
    Text {
        text: &'a str,
    },
    /// As the vendor gave it.
    #[serde(untagged)]
    Thought(Value),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source {
    Base64 { media_type: &'static str, data: String },
}

fn content(turn: &Turn) -> Content<'_> {
    if turn.pictures.is_empty() && turn.documents.is_empty() {
        return Content::Text(&turn.text);
    }
    // Both before words: so the vendor asks for it.
    let whole = |document: &Document| Source::Base64 { media_type: document.media_type, data: document.base64() };
    let documents = turn.documents.iter().map(|document| Block::Document { source: whole(document), title: &document.name });
    let source = |picture: &Picture| Source::Base64 { media_type: picture.media_type, data: picture.base64() };
    let pictures = turn.pictures.iter().map(|picture| Block::Image { source: source(picture) });
    Content::Blocks(documents.chain(pictures).chain((!turn.text.trim().is_empty()).then_some(Block::Text { text: &turn.text })).collect())
}

/// An answer of before; `thinks`: what led to it stands before its words, signed.
fn answer(turn: &Turn, thinks: bool) -> Content<'_> {
    // White space at the end of an answer that is to be continued is refused.
    let text = turn.text.trim_end();
    let sealed = turn.sealed.as_deref().filter(|_| thinks && !text.is_empty());
    match sealed.and_then(|sealed| serde_json::from_str::<Vec<Value>>(sealed).ok()) {
        Some(thoughts) => Content::Blocks(thoughts.into_iter().map(Block::Thought).chain([Block::Text { text }]).collect()),
        None => Content::Text(text),
    }
}

impl<'a> Body<'a> {
    pub fn new(request: &'a ChatRequest) -> Self {
        let max_tokens = request.max_tokens.unwrap_or(MAX_TOKENS);
        let (thinking, output_config) = thinking(request, max_tokens);
        let turns = request.turns.iter().map(|turn| match turn.author {
            Author::User => Message { role: "user", content: content(turn) },
            Author::Assistant => Message { role: "assistant", content: answer(turn, thinking.is_some()) },
        });
        // The vendor's scale ends at 1, everybody else's at 2. Who thinks takes neither number; of the two it takes one.
        let temperature = request.temperature.map(|temperature| temperature.clamp(0.0, 1.0)).filter(|_| thinking.is_none());
        Self {
            model: &request.model,
            system: request.system.as_deref(),
            messages: turns.filter(|message| !matches!(message.content, Content::Text(""))).collect(),
            max_tokens,
            stream: true,
            temperature,
            top_p: request.top_p.filter(|_| thinking.is_none() && temperature.is_none()),
            // White space alone is refused.
            stop_sequences: request.stop.iter().map(String::as_str).filter(|text| !text.trim().is_empty()).collect(),
            thinking,
            output_config,
        }
    }
}

/// How the model is told how long to think (<https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking>).
fn thinking(request: &ChatRequest, max_tokens: u32) -> (Option<Thinking>, Option<Output>) {
    // An answer whose beginning is given is gone on with, not thought about again.
    let continues = request.turns.last().is_some_and(|turn| turn.author == Author::Assistant);
    let (effort, budget) = match request.effort {
        Some(Effort::Low) => ("low", 2_048),
        Some(Effort::Medium) => ("medium", 8_192),
        Some(Effort::High) => ("high", 24_576),
        Some(Effort::Off) | None => return (None, None),
    };
    if continues {
        return (None, None);
    }
    if version(&request.model) >= (4, 6) {
        return (Some(Thinking::Adaptive), Some(Output { effort }));
    }
    // A part of the answer's tokens, at least 1,024; what is left is for the answer itself.
    let budget = budget.min(max_tokens.saturating_sub(1_024));
    ((budget >= 1_024).then_some(Thinking::Enabled { budget_tokens: budget }), None)
}

/// The version in a name: `claude-opus-4-6-20260205` is 4.6, `claude-3-7-sonnet-latest` is 3.7; a name without one is of no version.
pub(super) fn version(model: &str) -> (u32, u32) {
    // A date has eight digits.
    let numbers = model.split(['-', '.', '@']).map(|part| part.parse::<u32>().ok().filter(|number| *number < 1_000));
    let mut numbers = numbers.skip_while(Option::is_none);
    let (major, minor) = (numbers.next().flatten(), numbers.next().flatten());
    (major.unwrap_or(0), minor.unwrap_or(0))
}

/// Parameters that a model does not take: since 4.7 none takes the two of sampling; before 3.7 none thinks.
pub(super) fn ignores(model: &str) -> Vec<Parameter> {
    match version(model) {
        (0, 0) => Vec::new(),
        version if version >= (4, 7) => vec![Parameter::Temperature, Parameter::TopP],
        version if version < (3, 7) => vec![Parameter::ReasoningEffort],
        _ => Vec::new(),
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
        #[serde(default)]
        index: u32,
        content_block: Piece,
    },
    ContentBlockDelta {
        #[serde(default)]
        index: u32,
        delta: Piece,
    },
    ContentBlockStop {},
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
    /// Of thoughts: that they are the model's own.
    signature: Option<String>,
    /// Thoughts that are not shown, encrypted.
    data: Option<String>,
    /// What a block is; of a call of a tool also the next three.
    r#type: Option<String>,
    id: Option<String>,
    name: Option<String>,
    /// The arguments as JSON: empty where they follow in pieces.
    input: Option<Value>,
    partial_json: Option<String>,
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

/// Reads the events of one answer.
#[derive(Default)]
pub(super) struct Reader {
    /// What was counted so far.
    usage: Usage,
    /// The thoughts of the block that is being written, and their signature.
    thought: (String, String),
    /// Thoughts to be sent back.
    thoughts: Vec<Value>,
    /// The block that is being written is a call of a tool of ours; the vendor's own tools are its own affair.
    calls: bool,
}

impl Reader {
    /// What one event says.
    pub fn read(&mut self, event: Event, said: &mut Vec<Said>) {
        match event {
            Event::MessageStart { message } => self.count(message.usage, said),
            Event::ContentBlockStart { index, content_block: piece } => {
                self.calls = piece.r#type.as_deref() == Some("tool_use");
                if self.calls {
                    let input = piece.input.filter(|input| input.as_object().is_none_or(|fields| !fields.is_empty()));
                    let name = piece.name.unwrap_or_default();
                    said.push(Said::ToolCall(ToolCall::named(index, piece.id, name, tool::arguments(input))));
                } else {
                    self.hear(piece, said);
                }
            }
            Event::ContentBlockDelta { index, delta: Piece { partial_json: Some(json), .. } } => {
                said.extend(self.calls.then(|| Said::ToolCall(ToolCall::piece(index, json))));
            }
            Event::ContentBlockDelta { delta: piece, .. } => self.hear(piece, said),
            Event::ContentBlockStop {} => {
                let (thought, signature) = std::mem::take(&mut self.thought);
                if !signature.is_empty() {
                    self.thoughts.push(json!({ "type": "thinking", "thinking": thought, "signature": signature }));
                }
            }
            Event::MessageDelta { delta, usage: counts } => {
                self.count(counts, said);
                if delta.stop_reason.is_some() && !self.thoughts.is_empty() {
                    said.push(Said::Sealed(Value::Array(std::mem::take(&mut self.thoughts)).to_string()));
                }
                said.extend(delta.stop_reason.map(|name| Said::Stop(stop_reason(&name))));
            }
            Event::Error { error } => said.push(Said::Failed(failure::from_event(&error))),
            Event::Other => {}
        }
    }

    fn hear(&mut self, piece: Piece, said: &mut Vec<Said>) {
        let Piece { text, thinking, signature, data, .. } = piece;
        self.thought.1.push_str(signature.as_deref().unwrap_or_default());
        self.thoughts.extend(data.map(|data| json!({ "type": "redacted_thinking", "data": data })));
        if let Some(thinking) = thinking {
            self.thought.0.push_str(&thinking);
            said.push(Said::Reasoning(thinking));
        }
        said.extend(text.map(Said::Text));
    }

    fn count(&mut self, counts: Option<Counts>, said: &mut Vec<Said>) {
        let (Some(counts), usage) = (counts, &mut self.usage) else { return };
        let (read, made) = (counts.cache_read_input_tokens, counts.cache_creation_input_tokens.unwrap_or(0));
        if let Some(fresh) = counts.input_tokens {
            usage.input_tokens = fresh + made + read.unwrap_or(0);
        }
        usage.cached_tokens = read.unwrap_or(usage.cached_tokens);
        usage.output_tokens = counts.output_tokens.unwrap_or(usage.output_tokens);
        said.push(Said::Usage(*usage));
    }
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
