//! Messages that wait for an answer's end, and what somebody is writing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Most messages that wait in one conversation.
pub const QUEUE_MAX: usize = 20;

/// Why a conversation's queue does not go on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paused {
    /// The answer before was stopped.
    Stopped,
    /// The answer before failed.
    Failed,
    /// The next message could not be asked.
    Refused,
    /// Its owner asked for it.
    Asked,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Queued {
    pub id: Uuid,
    /// Markdown.
    pub message: String,
    /// `provider/model`; null: the conversation's.
    #[schema(example = "openai/gpt-5")]
    pub model: Option<String>,
    /// Files that go with it.
    pub attachments: Vec<Uuid>,
    /// Of the run that will ask it.
    pub request_id: String,
    pub created_at: DateTime<Utc>,
}

/// What waits in a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    /// The first is asked first.
    pub items: Vec<Queued>,
    /// Why it does not go on by itself; null: it does.
    pub paused: Option<Paused>,
}

/// A message that is to wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQueued {
    /// The message, Markdown, at most 100,000 characters.
    #[schema(example = "And on Mars?")]
    pub message: String,
    /// `provider/model`; absent: the conversation's.
    #[serde(default)]
    pub model: Option<String>,
    /// Files that go with the message, in order; at most 10.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub attachments: Vec<Uuid>,
    /// Made by the client, at most 100 characters: the same id waits, and is asked, once.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// Changes of a message that waits: what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueuedChange {
    /// Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its place, 1 is the next; behind the last one is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub position: Option<u32>,
    /// True: it is asked now; what is being written is stopped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub now: bool,
}

/// Whether the queue goes on by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueChange {
    /// False: it goes on; what waits first is asked at once where nothing is being written.
    pub paused: bool,
}

/// What somebody is writing in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    /// Empty: nothing.
    #[schema(example = "Compare the two, and")]
    pub text: String,
    /// Null: nothing was ever kept.
    pub updated_at: Option<DateTime<Utc>>,
}

/// What is to be kept of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDraft {
    /// At most 100,000 characters; empty: nothing is kept.
    #[schema(example = "Compare the two, and")]
    pub text: String,
}
