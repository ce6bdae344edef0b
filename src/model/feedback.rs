//! What people think of answers: 👍 or 👎, why, and in their words. Kept for who chooses models, and for datasets.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields};

/// Longest note, in characters.
pub const NOTE_MAX: usize = 2_000;

/// Whether an answer helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    Bad,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What it says is wrong.
    Incorrect,
    /// Something is missing.
    Incomplete,
    /// It does not do what was asked.
    Instructions,
    /// How it says it.
    Style,
    /// It harms.
    Unsafe,
    Other,
}

/// What somebody thinks of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Feedback {
    pub message_id: Uuid,
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    /// In their words; empty: none.
    #[schema(example = "The second step is wrong.")]
    pub note: String,
    pub updated_at: DateTime<Utc>,
}

/// What is said of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackForm {
    pub verdict: Verdict,
    #[serde(default)]
    pub reason: Option<Reason>,
    /// At most 2,000 characters.
    #[serde(default)]
    #[schema(example = "The second step is wrong.")]
    pub note: String,
}

/// How many answers of a model were found so. Nobody's name, and nothing of what was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackCount {
    /// `provider/model`; absent where it is not known.
    #[schema(example = "local/smollm2-135m-instruct")]
    pub model: Option<String>,
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    pub count: i64,
}

impl FeedbackForm {
    /// Trims and checks.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.note = self.note.trim().replace("\r\n", "\n").replace('\0', "\u{FFFD}");
        let mut fields = Fields::default();
        fields.length("note", &self.note, 0, NOTE_MAX);
        fields.check()?;
        Ok(self)
    }
}
