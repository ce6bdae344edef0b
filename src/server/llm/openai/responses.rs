//! OpenAI's Responses API (<https://platform.openai.com/docs/api-reference/responses>), through async-openai with types of our own, read
//! leniently: events, items and fields that are not known are passed over. Nothing is stored at the vendor: what a model thought comes
//! encrypted, is kept here, and is sent back with the next question.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::deltas::Said;
use super::super::{ChatRequest, LlmError, StopReason, ToolCall, Turn, failure, tool};
use super::dialect::Dialect;
use super::wire::Content;
use crate::model::generation::{FailureKind, Usage};
use crate::model::message::Author;
use crate::model::setup::Effort;

/// The shortest answer that can be asked for, in tokens.
const LEAST: u32 = 16;

/// What is left out of a question because it was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spare {
    /// Summaries of thoughts: some accounts may not have them.
    pub summary: bool,
    /// Thoughts of before: an account cannot read what another's key was answered.
    pub thoughts: bool,
}

impl Spare {
    /// What to leave out the next time, where this error is about what can be left out and was not.
    pub fn after(self, error: &LlmError) -> Option<Self> {
        let says = |needle: &str| error.kind == FailureKind::Protocol && error.message.to_lowercase().contains(needle);
        let less = Self {
            summary: self.summary || says("reasoning summar") || says("reasoning.summary"),
            thoughts: self.thoughts || says("encrypted content") || says("encrypted_content"),
        };
        (less != self).then_some(less)
    }
}

/// The body of `POST /responses`.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
    input: Vec<Item<'a>>,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Reasoning {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Item<'a> {
    Message {
        role: &'static str,
        content: Content<'a, Part<'a>>,
    },
    /// As the vendor gave it.
    Thought(Value),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Part<'a> {
    #[serde(rename = "input_text")]
    Text { text: &'a str },
    #[serde(rename = "input_image")]
    Image { image_url: String, detail: &'static str },
    #[serde(rename = "input_file")]
    File { filename: &'a str, file_data: String },
}

fn content(turn: &Turn) -> Content<'_, Part<'_>> {
    Content::of(
        turn,
        |document| Part::File { filename: &document.name, file_data: document.url() },
        |image_url| Part::Image { image_url, detail: "auto" },
        |text| Part::Text { text },
    )
}

/// A turn: an answer's thoughts stand before its words.
fn items(turn: &Turn, spare: Spare) -> Vec<Item<'_>> {
    let sealed = turn.sealed.as_deref().filter(|_| !spare.thoughts);
    let thoughts = sealed.and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok()).unwrap_or_default();
    let role = match turn.author {
        Author::User => "user",
        Author::Assistant => "assistant",
    };
    thoughts.into_iter().map(Item::Thought).chain([Item::Message { role, content: content(turn) }]).collect()
}

impl<'a> Body<'a> {
    /// For a server that understands these words.
    pub fn new(request: &'a ChatRequest, dialect: Dialect, spare: Spare) -> Self {
        let effort = request.effort.and_then(|effort| dialect.effort(&request.model, effort));
        let tells = dialect.tells_thoughts(&request.model);
        let summary = (tells && !spare.summary && request.effort != Some(Effort::Off)).then_some("auto");
        Self {
            model: &request.model,
            instructions: request.system.as_deref(),
            input: request.turns.iter().flat_map(|turn| items(turn, spare)).collect(),
            stream: true,
            store: false,
            max_output_tokens: request.max_tokens.map(|most| most.max(LEAST)),
            temperature: request.temperature,
            top_p: request.top_p,
            reasoning: (effort.is_some() || summary.is_some()).then_some(Reasoning { effort, summary }),
            include: if tells { vec!["reasoning.encrypted_content"] } else { Vec::new() },
        }
    }
}

/// One event of the answer (<https://platform.openai.com/docs/api-reference/responses-streaming>).
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Event {
    #[serde(rename = "response.output_text.delta")]
    Text { delta: String },
    #[serde(rename = "response.refusal.delta")]
    Refusal { delta: String },
    /// Of open models the thoughts themselves come.
    #[serde(rename = "response.reasoning_summary_text.delta", alias = "response.reasoning_text.delta")]
    Thought { delta: String },
    #[serde(rename = "response.reasoning_summary_part.added")]
    NextThought {},
    #[serde(rename = "response.output_item.added")]
    Begun {
        #[serde(default)]
        output_index: u32,
        item: Output,
    },
    #[serde(rename = "response.function_call_arguments.delta")]
    Arguments {
        #[serde(default)]
        output_index: u32,
        delta: String,
    },
    #[serde(rename = "response.output_item.done")]
    Item {
        #[serde(default)]
        output_index: u32,
        item: Output,
    },
    #[serde(rename = "response.completed")]
    Completed { response: Response },
    #[serde(rename = "response.incomplete")]
    Incomplete { response: Response },
    #[serde(rename = "response.failed")]
    Failed { response: Response },
    #[serde(rename = "error")]
    Error(Value),
    #[serde(other)]
    Other,
}

/// What the model put out, when it is whole.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Output {
    Reasoning {
        #[serde(default)]
        summary: Value,
        encrypted_content: Option<String>,
    },
    FunctionCall {
        #[serde(default)]
        call_id: Option<String>,
        #[serde(default)]
        name: String,
        #[serde(default)]
        arguments: Option<Value>,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(super) struct Response {
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    incomplete_details: Option<Details>,
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Details {
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Counts {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    input_tokens_details: Option<Parts>,
    #[serde(default)]
    output_tokens_details: Option<Parts>,
}

#[derive(Debug, Deserialize)]
struct Parts {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Self {
        let cached = counts.input_tokens_details.and_then(|parts| parts.cached_tokens);
        let reasoning = counts.output_tokens_details.and_then(|parts| parts.reasoning_tokens);
        let whole = Self::new(counts.input_tokens, counts.output_tokens);
        Self { cached_tokens: cached.unwrap_or(0), reasoning_tokens: reasoning.unwrap_or(0), ..whole }
    }
}

/// Reads the events of one answer.
#[derive(Default)]
pub(super) struct Reader {
    /// Thoughts to be sent back.
    thoughts: Vec<Value>,
    thought: bool,
    refused: bool,
    /// The calls whose beginning was told.
    calls: Vec<u32>,
}

impl Reader {
    /// What one event says.
    pub fn read(&mut self, event: Event, said: &mut Vec<Said>) {
        match event {
            Event::Text { delta } => said.push(Said::Text(delta)),
            Event::Refusal { delta } => {
                self.refused = true;
                said.push(Said::Text(delta));
            }
            Event::Thought { delta } => {
                self.thought = true;
                said.push(Said::Reasoning(delta));
            }
            // A part has a heading of its own: it begins a paragraph.
            Event::NextThought {} => said.extend(self.thought.then(|| Said::Reasoning("\n\n".into()))),
            Event::Item { item: Output::Reasoning { summary, encrypted_content: Some(sealed) }, .. } => {
                let summary = if summary.is_array() { summary } else { json!([]) };
                self.thoughts.push(json!({ "type": "reasoning", "summary": summary, "encrypted_content": sealed }));
            }
            // Told when it begins, as its pieces follow; or whole at its end, where a server has no pieces.
            Event::Begun { output_index, item: Output::FunctionCall { call_id, name, arguments } }
            | Event::Item { output_index, item: Output::FunctionCall { call_id, name, arguments } }
                if !self.calls.contains(&output_index) =>
            {
                self.calls.push(output_index);
                said.push(Said::ToolCall(ToolCall::named(output_index, call_id, name, tool::arguments(arguments))));
            }
            Event::Arguments { output_index, delta } => said.push(Said::ToolCall(ToolCall::piece(output_index, delta))),
            Event::Begun { .. } | Event::Item { .. } | Event::Other => {}
            Event::Completed { response } => self.end(response, None, said),
            Event::Incomplete { mut response } => {
                let reason = response.incomplete_details.take().and_then(|details| details.reason);
                self.end(response, Some(reason.unwrap_or_default()), said);
            }
            Event::Failed { response } => {
                said.extend(response.usage.map(|counts| Said::Usage(counts.into())));
                said.push(Said::Failed(failure::from_event(&response.error.unwrap_or_default())));
            }
            Event::Error(error) => said.push(Said::Failed(failure::from_event(error.get("error").unwrap_or(&error)))),
        }
    }

    /// The end of an answer; `early`: why it ended before all was said.
    fn end(&mut self, response: Response, early: Option<String>, said: &mut Vec<Said>) {
        if !self.thoughts.is_empty() {
            said.push(Said::Sealed(Value::Array(std::mem::take(&mut self.thoughts)).to_string()));
        }
        said.extend(response.usage.map(|counts| Said::Usage(counts.into())));
        said.push(Said::Stop(match early.as_deref() {
            Some("content_filter") => StopReason::Filter,
            Some(_) => StopReason::Length,
            None if self.refused => StopReason::Filter,
            None => StopReason::End,
        }));
    }
}
