//! Conversations out of the files of ChatGPT, Claude, Open WebUI, LibreChat and Liao itself. A file is told by its content, and read
//! conversation by conversation: however large it is, one of them is held in memory, and what is larger than [`ELEMENT_MAX`] is not.
//!
//! Nothing here trusts a file: it may be cut, nested without end, lead in circles, or unpack to more than any disk holds.

mod archive;
mod chatgpt;
mod claude;
mod lenient;
mod librechat;
mod open_webui;
mod own;
mod piece;
mod split;
mod text;
mod tree;

#[cfg(test)]
mod tests;

pub use archive::{Found, read};
use chrono::{DateTime, Utc};
use lenient::{TOO_MANY, Words};
use serde::Deserialize;
use serde::de::IgnoredAny;
pub use tree::{Grown, grow};

use crate::model::import::{SkipReason, Skipped, Source};

/// Largest conversation, in bytes of JSON.
pub const ELEMENT_MAX: usize = 32 * 1024 * 1024;
/// Most values in it: what is small in JSON may be large in memory.
pub const VALUES_MAX: usize = 2_000_000;
/// Most messages in it.
pub const NODES_MAX: usize = 20_000;
/// Longest message, in characters.
pub const TEXT_MAX: usize = 1_000_000;

/// A conversation as its source tells it.
#[derive(Debug)]
pub struct Conversation {
    pub source: Source,
    /// How the source calls it; empty: it does not.
    pub id: String,
    pub title: String,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
    pub pinned: bool,
    pub archived: bool,
    pub tags: Vec<String>,
    /// The newest message of the branch that was shown.
    pub shown: Option<String>,
    pub nodes: Vec<Node>,
    /// Files that were sent in it.
    pub files: u64,
}

/// Who speaks in a node of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
    /// Nobody: it only holds the tree together. What it thought is the next answer's reasoning.
    Silent,
}

/// A node of the tree.
#[derive(Debug)]
pub struct Node {
    pub id: String,
    pub parent: Option<String>,
    pub role: Role,
    pub content: String,
    pub reasoning: String,
    pub model: Option<String>,
    pub at: Option<DateTime<Utc>>,
}

/// By what a conversation is told.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Signs {
    title: Words,
    name: Words,
    mapping: Option<IgnoredAny>,
    chat_messages: Option<IgnoredAny>,
    chat: Option<IgnoredAny>,
    conversation: Option<IgnoredAny>,
    #[serde(rename = "conversationId")]
    conversation_id: Option<IgnoredAny>,
    messages: Option<IgnoredAny>,
    #[serde(rename = "messagesTree")]
    messages_tree: Option<IgnoredAny>,
}

impl Signs {
    fn source(&self) -> Option<Source> {
        let listed = self.messages.is_some() || self.messages_tree.is_some();
        match () {
            () if self.mapping.is_some() => Some(Source::Chatgpt),
            () if self.chat_messages.is_some() => Some(Source::Claude),
            () if self.conversation_id.is_some() && listed => Some(Source::Librechat),
            () if self.conversation.is_some() && listed => Some(Source::Liao),
            () if self.chat.is_some() => Some(Source::OpenWebui),
            () => None,
        }
    }
}

/// Reads one conversation: the JSON of one element of a file.
pub fn conversation(bytes: &[u8]) -> Result<Conversation, Skipped> {
    let skipped = |title: &str, reason| Skipped { title: text::title(title), reason };
    let signs: Signs = match serde_json::from_slice(bytes) {
        Ok(signs) => signs,
        // Something else than an object is nobody's form.
        Err(error) if error.is_data() && !bytes.starts_with(b"{") => return Err(skipped("", SkipReason::Unknown)),
        Err(_) => return Err(skipped("", SkipReason::Unreadable)),
    };
    let title = if signs.title.0.is_empty() { &signs.name.0 } else { &signs.title.0 };
    let Some(source) = signs.source() else { return Err(skipped(title, SkipReason::Unknown)) };
    let read = match source {
        Source::Chatgpt => chatgpt::read(bytes),
        Source::Claude => claude::read(bytes),
        Source::OpenWebui => open_webui::read(bytes),
        Source::Librechat => librechat::read(bytes),
        Source::Liao => own::read(bytes),
    };
    let mut read = read.map_err(|error| {
        let reason = if error.to_string().starts_with(TOO_MANY) { SkipReason::TooLarge } else { SkipReason::Unreadable };
        skipped(title, reason)
    })?;
    read.title = text::title(&read.title);
    if read.nodes.iter().any(|node| node.content.chars().count() > TEXT_MAX || node.reasoning.chars().count() > TEXT_MAX) {
        return Err(Skipped { title: read.title, reason: SkipReason::MessageTooLong });
    }
    Ok(read)
}
