//! Messages: the nodes of a conversation's tree.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::file::Attachment;
use super::generation::{Failure, Notice, NoticeCode, Status};
use super::usage::Used;

/// Longest message a user may send, in characters.
pub const MESSAGE_MAX: usize = 100_000;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    User,
    Assistant,
}

/// A stored message. `content` of a running one is what is on disk so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    pub id: Uuid,
    pub session_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub role: Author,
    /// Markdown, as it was typed or generated.
    pub content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// `provider/model` of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub status: Status,
    /// The run that writes or wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Used>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// The files that were sent with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    #[serde(with = "super::instant")]
    pub created_at: DateTime<Utc>,
    /// It stays in what models are shown, however long the conversation becomes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

impl Message {
    /// Whether the answer ended because it became too long, not because all was said.
    pub fn is_cut(&self) -> bool {
        self.status == Status::Done && self.notices.iter().any(|notice| notice.code == NoticeCode::LengthLimit)
    }
}

/// A message as the page shows it: rendered, with its place among its siblings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    pub message: Message,
    /// Rendered blocks of an answer (HTML); empty for a question, which is shown as typed.
    /// The last one of a running answer is still open.
    pub blocks: Vec<String>,
    /// The same for its reasoning.
    pub reasoning_blocks: Vec<String>,
    /// Ids of the messages with the same parent, oldest first, this one among them.
    pub siblings: Vec<Uuid>,
}
