//! Conversations. In the REST API they are called sessions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::context::{Strategy, Summary};
use super::message::Shown;
use super::setup::{Setup, Typed};
use super::usage::Sum;

/// Longest title, in characters.
pub const TITLE_MAX: usize = 120;

/// A conversation, as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Chat {
    pub id: Uuid,
    /// Empty until a title was made or typed.
    pub title: String,
    /// `provider/model` used last.
    pub model: Option<String>,
    /// The assistant that it was begun with; null: none, or it is gone.
    #[serde(default)]
    pub assistant: Option<Badge>,
    /// An answer is being written now.
    pub running: bool,
    /// An answer ended that nobody has looked at.
    #[serde(default)]
    pub unread: bool,
    /// It stands above the others.
    #[serde(default)]
    pub pinned: bool,
    /// It is put away: lists show it only where they are asked for what is archived.
    #[serde(default)]
    pub archived: bool,
    /// The folder that it is in.
    #[serde(default)]
    pub folder_id: Option<Uuid>,
    /// By their names.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(with = "super::instant")]
    pub created_at: DateTime<Utc>,
    /// When it was last written in.
    #[serde(with = "super::instant")]
    pub updated_at: DateTime<Utc>,
}

/// An assistant, as its conversations show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Badge {
    pub id: Uuid,
    pub name: String,
    /// An emoji or a letter.
    #[schema(example = "🌱")]
    pub icon: String,
}

/// A conversation, and what its models are told, set to and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChatSetup {
    #[serde(flatten)]
    pub chat: Chat,
    #[serde(flatten)]
    pub setup: Setup,
    /// How it makes room when it no longer fits into the model's context window.
    pub context: Strategy,
}

/// What a new conversation begins with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opening {
    /// Absent: the assistant's, else the models' own.
    pub setup: Option<Setup>,
    pub assistant: Option<Uuid>,
    /// What the folder says holds where the assistant says nothing.
    pub folder: Option<Uuid>,
}

/// A conversation opened in the page: the newest messages of the branch that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub chat: Chat,
    /// Oldest first.
    pub messages: Vec<Shown>,
    /// Cursor for the messages before these.
    pub earlier: Option<Uuid>,
    /// What its panel shows.
    #[serde(default)]
    pub setup: Typed,
    /// What stands for the oldest messages of the branch, where the conversation makes room so.
    #[serde(default)]
    pub summary: Option<Summary>,
    /// What all of it used, titles and branches that are not shown among it.
    pub used: Sum,
}

/// What the page sends to get an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Absent: a new conversation.
    pub chat_id: Option<Uuid>,
    pub text: String,
    /// `provider/model`; absent: the conversation's, else the default.
    pub model: Option<String>,
    /// Made by the client: the same id starts one run however often it arrives.
    pub request_id: Option<String>,
    /// The message this one replaces (edit and resend: a sibling of it); absent: it follows the shown leaf.
    pub replaces: Option<Uuid>,
}

/// What a started run answers with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    pub chat_id: Uuid,
    /// The question; absent for a regeneration.
    pub question_id: Option<Uuid>,
    /// The answer that is being written.
    pub message_id: Uuid,
    pub generation_id: Uuid,
    pub model: String,
}

/// Longest provisional title, in characters.
const PROVISIONAL: usize = 48;

/// A title from the question alone: its first line, cut at a word.
pub fn provisional_title(question: &str) -> String {
    let line = question.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line = line.trim_start_matches(['#', '>', '*', '-', '`', ' ']);
    if line.chars().count() <= PROVISIONAL {
        return line.to_owned();
    }
    let cut: String = line.chars().take(PROVISIONAL).collect();
    let at = cut.rfind(char::is_whitespace).filter(|&at| at > PROVISIONAL / 2).unwrap_or(cut.len());
    format!("{}…", cut[..at].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provisional_title_is_the_first_line_cut_at_a_word() {
        assert_eq!(provisional_title("\n## Hello there\nmore"), "Hello there");
        let long = provisional_title("How do I compute a moving average over a stream without keeping the whole window?");
        assert_eq!(long, "How do I compute a moving average over a stream…");
        assert_eq!(provisional_title(&"聊".repeat(100)).chars().count(), 49);
    }
}
