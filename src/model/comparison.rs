//! Comparisons: one question, answered by several models at the same time. Nothing is kept of one but its question and the answers to it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::chat::{Chat, Started};
use super::message::{Message, Shown};

/// Fewest models of a comparison.
pub const COMPARED_MIN: usize = 2;
/// Most models of a comparison, and most answers that stand side by side.
pub const COMPARED_MAX: usize = 4;

/// What a program sends to have models compared.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComparison {
    /// The message, Markdown, at most 100,000 characters.
    #[schema(example = "Explain recursion to a child.")]
    pub message: String,
    /// 2 to 4 different models: `provider/model`, or a bare name where it is unambiguous.
    #[schema(min_items = 2, max_items = 4, example = json!(["local/smollm2-135m-instruct", "openai/gpt-5-mini"]))]
    pub models: Vec<String>,
    /// The conversation; absent: a new one.
    pub session_id: Option<Uuid>,
    /// Files that go with the message, in order; at most 10.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub attachments: Vec<Uuid>,
    /// Made by the client, at most 100 characters: the same id starts one comparison however often it arrives.
    pub request_id: Option<String>,
    /// Of a new conversation: the assistant that it begins with.
    pub assistant_id: Option<Uuid>,
    /// Of a new conversation: the folder that it is in.
    pub folder_id: Option<Uuid>,
}

/// A comparison that has begun.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StartedComparison {
    pub session_id: Uuid,
    pub question_id: Uuid,
    /// In the order of the models.
    pub answers: Vec<StartedAnswer>,
}

/// One of its answers, which is being written.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StartedAnswer {
    pub message_id: Uuid,
    /// Follow it at `/api/llm/generations/{id}/events/`.
    pub generation_id: Uuid,
    #[schema(example = "local/smollm2-135m-instruct")]
    pub model: String,
}

impl From<Started> for StartedAnswer {
    fn from(Started { message_id, generation_id, model, .. }: Started) -> Self {
        Self { message_id, generation_id, model }
    }
}

/// A question and its newest answers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    pub question: Message,
    /// At most 4, oldest first. Of one that is being written, what there is so far.
    pub answers: Vec<Message>,
}

/// The same as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub chat: Chat,
    pub question: Message,
    pub answers: Vec<Shown>,
    /// How many older answers are not among them.
    pub older: usize,
}
