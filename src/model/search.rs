//! Searching all messages: what is asked, and what is found.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::message::Author;

/// Longest question to the search, in characters.
pub const QUERY_MAX: usize = 400;

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    pub session_id: Uuid,
    /// The title of its conversation.
    pub title: String,
    pub message_id: Uuid,
    pub role: Author,
    /// `provider/model` of an answer.
    pub model: Option<String>,
    /// What stands around the first place that was found, in pieces.
    pub snippet: Vec<Piece>,
    pub created_at: DateTime<Utc>,
}

/// A piece of a snippet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Piece {
    pub text: String,
    /// It is what was looked for.
    pub hit: bool,
}

/// A conversation whose title was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Titled {
    pub id: Uuid,
    pub title: String,
}

/// A page of what was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Found {
    /// Newest first.
    pub items: Vec<Hit>,
    /// The cursor of the page after this one; null on the last.
    pub next: Option<String>,
    /// Conversations whose titles fit; on the first page only.
    pub sessions: Vec<Titled>,
    /// Older messages are still being taken into the index: so much is done, in percent.
    pub indexed: Option<u8>,
}
