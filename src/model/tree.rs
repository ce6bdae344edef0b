//! A conversation as a tree: its branches, drawn along the one that is shown.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::feedback::Verdict;
use super::generation::Status;
use super::message::Author;

/// Which part of a tree is drawn; by default the end of the branch that is shown, with what branches off from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TreeQuery {
    /// The line begins with this message.
    pub from: Option<Uuid>,
    /// With `from`: the versions of that message that are younger stand beside it.
    pub beside: bool,
    /// The line ends above this message.
    pub before: Option<Uuid>,
    /// Of the run that this message is folded into, the messages from this one on are shown.
    pub open: Option<Uuid>,
}

/// A part of a conversation's tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tree {
    pub session_id: Uuid,
    /// The conversation's; empty until one was made or typed.
    #[schema(example = "Tides")]
    pub title: String,
    /// The newest message of the branch that is shown.
    pub leaf_id: Option<Uuid>,
    /// Of the whole conversation, in all branches.
    #[schema(example = 12)]
    pub messages: u32,
    /// How many ends the whole of it has.
    #[schema(example = 3)]
    pub branches: u32,
    /// `before` of the part of this line above; null: it begins here.
    pub earlier: Option<Uuid>,
    /// One line, from its top down. What begins in another version of a message follows that message, one deeper, line by line.
    pub items: Vec<TreeItem>,
}

/// What a place in the drawing stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TreeKind {
    Message,
    /// A run of messages without a fork; `open` with its `id` shows them.
    Fold,
    /// Versions that are not drawn here; `from` with its `id` and `beside=true` draws them.
    Beside,
    /// The line goes on; `from` with its `id` draws it.
    Below,
}

/// One place in the drawing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TreeItem {
    pub kind: TreeKind,
    /// The message, or where to go on.
    pub id: Uuid,
    /// How many lines stand around its own.
    #[schema(example = 0)]
    pub depth: u32,
    /// It is the first of its line.
    pub begins: bool,
    /// It is on the branch that is shown.
    pub active: bool,
    /// How many messages it stands for.
    #[schema(example = 1)]
    pub messages: u32,
    /// How many versions of this message there are, itself among them; of `beside`: how many are not drawn.
    #[schema(example = 1)]
    pub versions: u32,
    /// Which of them it is, from 1.
    #[schema(example = 1)]
    pub version: u32,
    /// Of a message: what is shown of it.
    pub message: Option<TreeMessage>,
}

/// What a tree shows of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = TreeMessage)]
pub struct TreeMessage {
    pub parent_id: Option<Uuid>,
    pub role: Author,
    /// Its first words, on one line.
    #[schema(example = "How do tides work?")]
    pub beginning: String,
    /// `provider/model` of an answer.
    pub model: Option<String>,
    pub status: Status,
    /// Files were sent with it.
    pub files: bool,
    /// It stays in what models are shown.
    pub pinned: bool,
    /// What its reader thinks of it.
    pub verdict: Option<Verdict>,
    pub created_at: DateTime<Utc>,
}

/// Most characters of a message's first words.
const BEGINNING: usize = 140;

/// The first words of a message on one line, without the marks that a line of Markdown may begin with.
pub fn first_words(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !word.chars().all(|c| "#>*-`|".contains(c)));
    let line = words.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= BEGINNING {
        return line;
    }
    let cut: String = line.chars().take(BEGINNING).collect();
    // A language may have no spaces.
    let at = cut.rfind(' ').filter(|&at| at > cut.len() / 2).unwrap_or(cut.len());
    format!("{}…", &cut[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_stand_on_one_line_and_are_cut_at_a_word() {
        assert_eq!(first_words("\n## Tides\n\n- come\n- go  "), "Tides come go");
        assert_eq!(first_words(""), "");
        assert_eq!(first_words(&"聊".repeat(500)), format!("{}…", "聊".repeat(140)));
        let cut = first_words(&"word ".repeat(100));
        assert!(cut.ends_with("word…") && cut.chars().count() <= 141, "{cut}");
    }
}
