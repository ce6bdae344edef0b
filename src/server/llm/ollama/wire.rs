//! What goes over the wire, read leniently.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::deltas::Said;
use super::super::{ChatRequest, Picture, StopReason, ToolCall, failure, tool};
use crate::model::generation::Usage;
use crate::model::message::Author;
use crate::model::setup::Effort;

/// The body of `POST /api/chat`.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    /// Whether, or how long, to think; a model that does not think refuses to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Think>,
    /// How long the model stays in memory, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_alive: Option<u32>,
    options: Options<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Think {
    Whether(bool),
    /// Only this family has levels, and cannot be told not to think.
    Level(&'static str),
}

impl Think {
    fn of(model: &str, effort: Effort) -> Self {
        if model.contains("gpt-oss") {
            return Self::Level(if effort == Effort::Off { "low" } else { effort.name() });
        }
        Self::Whether(effort != Effort::Off)
    }
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    /// In base64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Options<'a> {
    /// Context window in tokens.
    num_ctx: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
}

impl<'a> Body<'a> {
    /// A request in a window of so many tokens, after which the model stays in memory for so long.
    pub fn new(request: &'a ChatRequest, context: u32, keep_alive: Option<u32>) -> Self {
        let system = request.system.iter().map(|text| Message { role: "system", content: text, images: Vec::new() });
        let turns = request.turns.iter().map(|turn| Message {
            role: role(turn.author),
            content: &turn.text,
            images: turn.pictures.iter().map(Picture::base64).collect(),
        });
        Self {
            model: &request.model,
            messages: system.chain(turns).collect(),
            stream: true,
            think: request.effort.map(|effort| Think::of(&request.model, effort)),
            keep_alive,
            options: Options {
                num_ctx: context,
                num_predict: request.max_tokens,
                temperature: request.temperature,
                top_p: request.top_p,
                stop: &request.stop,
            },
        }
    }
}

fn role(author: Author) -> &'static str {
    match author {
        Author::User => "user",
        Author::Assistant => "assistant",
    }
}

/// One line of the answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    message: Option<Piece>,
    done: bool,
    done_reason: Option<String>,
    prompt_eval_count: Option<u64>,
    eval_count: Option<u64>,
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Piece {
    content: Option<String>,
    thinking: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

/// A call of a tool; it comes whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Call {
    id: Option<String>,
    function: Function,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Function {
    index: Option<u32>,
    name: String,
    arguments: Option<Value>,
}

/// What one line says; `calls`: how many tools were called before it.
pub(super) fn read(line: Line, calls: &mut u32, said: &mut Vec<Said>) {
    if let Some(error) = line.error.filter(|error| !error.is_null()) {
        return said.push(Said::Failed(failure::from_event(&error)));
    }
    if let Some(piece) = line.message {
        said.extend(piece.thinking.map(Said::Reasoning));
        said.extend(piece.content.map(Said::Text));
        for Call { id, function } in piece.tool_calls.into_iter().flatten() {
            // Lines that hold a call each may all say that it is their first.
            let index = function.index.unwrap_or(0).max(*calls);
            *calls = index.saturating_add(1);
            said.push(Said::ToolCall(ToolCall::named(index, id, function.name, tool::arguments(function.arguments))));
        }
    }
    if !line.done {
        return;
    }
    // A prompt that was in the cache as a whole is not counted.
    said.push(Said::Usage(Usage::new(line.prompt_eval_count.unwrap_or(0), line.eval_count.unwrap_or(0))));
    said.push(Said::Stop(if line.done_reason.as_deref() == Some("length") { StopReason::Length } else { StopReason::End }));
}

/// The answer of `GET /api/tags`.
#[derive(Debug, Deserialize)]
pub(super) struct Models {
    #[serde(default)]
    pub models: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub name: String,
}

/// The answer of `POST /api/show`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    model_info: Map<String, Value>,
    capabilities: Option<Vec<String>>,
}

impl Shown {
    /// Its context window in tokens: the key begins with the name of its architecture.
    pub fn context(&self) -> Option<u32> {
        let (_, value) = self.model_info.iter().find(|(key, _)| key.ends_with(".context_length"))?;
        u32::try_from(value.as_u64()?).ok()
    }

    /// Whether it can be told to think.
    pub fn thinks(&self) -> bool {
        self.capabilities.iter().flatten().any(|one| one == "thinking")
    }

    /// Whether it embeds texts.
    pub fn embeds(&self) -> bool {
        self.capabilities.iter().flatten().any(|one| one == "embedding")
    }

    /// Whether it can be chatted with: models that only embed cannot. Older servers do not tell.
    pub fn chats(&self) -> bool {
        self.capabilities.as_ref().is_none_or(|all| all.iter().any(|one| one == "completion"))
    }
}
