//! Conversations that are shared by a link.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::file::Attachment;
use super::message::{Author, Shown};

/// Most links that somebody has at a time.
pub const SHARES_MAX: i64 = 1_000;
/// Days after which a link ends at the latest, if it ends by itself.
pub const DAYS_MAX: u32 = 3_650;

/// A link to a conversation, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    pub id: Uuid,
    pub session_id: Uuid,
    /// The conversation's title.
    #[schema(example = "Why the sky is blue")]
    pub title: String,
    /// Who has it may read.
    #[schema(example = "https://chat.example.org/share/Zm9vYmFy")]
    pub url: String,
    /// It shows what is written later, too.
    pub live: bool,
    /// Only who is signed in here may read.
    pub sign_in: bool,
    /// Search engines may list it.
    pub indexed: bool,
    /// With the files of the messages.
    pub files: bool,
    /// How often others have opened it.
    pub views: u64,
    pub created_at: DateTime<Utc>,
    /// From then on it leads nowhere.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What is said to share a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareForm {
    pub session_id: Uuid,
    /// Show what is written later, too; else what is there now.
    #[serde(default)]
    pub live: bool,
    /// Only to who is signed in here.
    #[serde(default)]
    pub sign_in: bool,
    /// Let search engines list it.
    #[serde(default)]
    pub indexed: bool,
    /// With the files of the messages.
    #[serde(default)]
    pub files: bool,
    /// Days until the link ends, 1 to 3650; absent: it does not end by itself.
    #[schema(minimum = 1, maximum = 3650, example = 30)]
    pub days: Option<u32>,
}

/// A shared conversation, as its page shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharedPage {
    pub title: String,
    pub messages: Vec<Shown>,
    /// There are messages before these: the id of the oldest one here.
    pub earlier: Option<Uuid>,
    pub live: bool,
    pub indexed: bool,
    /// Whether its files can be had.
    pub files: bool,
    pub created_at: DateTime<Utc>,
    /// The beginning of its first answer, for who is shown the link.
    pub summary: String,
    /// Whether who looks at it is signed in, and can have a copy.
    pub signed_in: bool,
}

/// A message of a shared conversation, as programs see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SharedMessage {
    pub id: Uuid,
    pub role: Author,
    /// Markdown.
    pub content: String,
    /// `provider/model` of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Their names; what they hold only where files are shared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    pub created_at: DateTime<Utc>,
}

/// In which form a conversation leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Markdown,
    /// All of it, every branch.
    Json,
    /// A page of its own, to look at and to print.
    Html,
    Text,
}

impl Format {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Markdown, Self::Html, Self::Text, Self::Json];

    /// As it stands in an address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Html => "html",
            Self::Text => "text",
        }
    }

    /// The ending of its file, and its media type.
    pub fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Markdown => ("md", "text/markdown; charset=utf-8"),
            Self::Json => ("json", "application/json"),
            Self::Html => ("html", "text/html; charset=utf-8"),
            Self::Text => ("txt", "text/plain; charset=utf-8"),
        }
    }
}
