//! What of a conversation a model is shown: how its oldest messages make room, what a question would take of the window, and the
//! summaries that stand for what no longer fits.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields};
use super::message::Author;

/// Most pinned messages of a conversation.
pub const PINS_MAX: usize = 20;
/// Longest summary, in characters.
pub const SUMMARY_MAX: usize = 20_000;

/// How a conversation makes room when it no longer fits into a model's context window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The oldest messages are left out; the newest whole turns stay.
    #[default]
    Newest,
    /// The oldest messages are summarised by the model; the summary takes their place.
    Summary,
}

impl Strategy {
    pub const ALL: [Self; 2] = [Self::Newest, Self::Summary];

    /// Its name in forms and over the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Summary => "summary",
        }
    }
}

/// What the next question of a conversation would take of a model's context window, in tokens: the provider's own counts where it told
/// them, else counted here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Budget {
    /// `provider/model`.
    #[schema(example = "local/smollm2-135m-instruct")]
    pub model: String,
    /// The model's context window; null: not known. Then so many messages are sent as are likely to fit.
    #[schema(example = 4096)]
    pub window: Option<u32>,
    /// Of the window, what is kept free for the answer.
    #[schema(example = 1024)]
    pub reserved: u32,
    /// The system prompts.
    pub system: u64,
    /// The pinned messages.
    pub pinned: u64,
    /// The summary of the oldest messages.
    pub summary: u64,
    /// The other messages that would be sent.
    pub messages: u64,
    /// All of it together, without the question.
    #[schema(example = 812)]
    pub used: u64,
    /// Some of the oldest messages would make room.
    pub trimmed: bool,
    pub strategy: Strategy,
}

/// What stands for the oldest messages of a branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Summary {
    pub id: Uuid,
    /// The newest message that it covers.
    pub upto_id: Uuid,
    /// What a model is shown in their place.
    #[schema(example = "The user plans a garden on a balcony that faces north; ferns and hostas were chosen.")]
    pub content: String,
    /// How many messages it covers.
    #[schema(example = 24)]
    pub messages: u32,
    /// Older messages are in no summary: they were too long for the model that wrote it.
    pub partial: bool,
    /// `provider/model` that wrote it.
    pub model: String,
    #[serde(with = "super::instant")]
    pub created_at: DateTime<Utc>,
    /// When it was changed by its reader.
    #[serde(default, with = "super::instant::maybe")]
    pub edited_at: Option<DateTime<Utc>>,
}

/// What a model is shown of a conversation, as its page shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    pub title: String,
    pub budget: Budget,
    pub summary: Option<Summary>,
    /// The pinned messages of the branch, in its order: who wrote it, and how it begins.
    pub pins: Vec<Pinned>,
}

/// A pinned message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pinned {
    pub id: Uuid,
    pub author: Author,
    pub beginning: String,
}

/// The text of a summary as it is kept.
pub fn checked_summary(text: &str) -> Result<String, ApiError> {
    let text = text.trim().replace('\0', "\u{FFFD}");
    let mut fields = Fields::default();
    fields.length("content", &text, 1, SUMMARY_MAX);
    fields.check()?;
    Ok(text)
}

/// How many tokens a text has, about, where no tokenizer is at hand; on the safe side for English, code and Chinese. In quarters of a
/// token: letters and single spaces 1 a byte (a token is about four of them), digits and marks 2 (code is made of them, and of little
/// tokens), characters of East Asian scripts 4, and what lies beyond (emoji, rare characters) 8. The sum of two texts' estimates is
/// never less than that of both together.
pub fn estimate_tokens(text: &str) -> usize {
    let quarters = text.chars().map(|c| match c as u32 {
        0x30..=0x39 | 0x21..=0x2F | 0x3A..=0x40 | 0x5B..=0x60 | 0x7B..=0x7E => 2,
        0x2E80..=0xFFFF => 4,
        0x1_0000.. => 8,
        _ => c.len_utf8(),
    });
    quarters.sum::<usize>().div_ceil(4)
}
