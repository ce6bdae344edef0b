//! How an answer came about, stage by stage, without a word of what was said.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::generation::{FailureKind, Status};
use super::setup::Effort;
use super::usage::Used;

/// Most stages, and most questions to providers, of one trace.
pub const STAGES_MAX: usize = 60;
pub const ASKED_MAX: usize = 16;

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// What the model is told was put together.
    Context,
    /// The question and its answer to be were stored.
    Begin,
    /// The oldest turns were summarised to make room.
    Summary,
    /// It was waited for the person's turn at the provider.
    Queue,
    /// The provider was asked, until it began to answer.
    Connect,
    /// Until the first word.
    FirstToken,
    /// From the first word to the last.
    Answer,
    /// It was waited before the provider was asked again.
    Wait,
    /// From the last word until the end was ready to be stored.
    Finish,
}

/// A stage. Times are in microseconds after the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stage {
    #[serde(rename = "k")]
    pub kind: StageKind,
    #[serde(rename = "f")]
    #[schema(example = 1200)]
    pub from: u64,
    #[serde(rename = "t")]
    #[schema(example = 51300)]
    pub to: u64,
}

/// What a model was asked, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Shape {
    /// Questions and answers that it was shown.
    pub questions: u32,
    pub answers: u32,
    pub pictures: u32,
    /// Characters of the system prompt, and of the turns.
    pub system_characters: u64,
    pub characters: u64,
    /// By our own count.
    #[schema(example = 120)]
    pub tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// How many texts would have ended it.
    pub stop: u32,
}

/// A question to a provider, and the head of what it answered. Headers are a few that are known to hold no secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AskedUpstream {
    /// `provider/model`
    #[schema(example = "openai/gpt-5-mini")]
    pub model: String,
    /// What the key is called that was used last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Host and path; null: it was not asked over HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "api.openai.com/v1/chat/completions")]
    pub address: Option<String>,
    /// Of the request's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// Why it did not answer, or not to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureKind>,
    pub shape: Shape,
}

/// A trace as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trace {
    pub begun_at: DateTime<Utc>,
    pub stages: Vec<Stage>,
    pub asked: Vec<AskedUpstream>,
    /// How often something was read of the provider, and how many characters it said.
    pub reads: u64,
    pub characters: u64,
    /// Time that was spent on rendering for pages, in all, in microseconds; it was spent while the answer came.
    pub render: u64,
    /// The same on writing the journal.
    pub flush: u64,
}

impl Trace {
    /// The end of the last stage, in microseconds.
    pub fn length(&self) -> u64 {
        self.stages.iter().map(|stage| stage.to).max().unwrap_or_default()
    }
}

/// A run, and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TracedRun {
    pub generation_id: Uuid,
    pub message_id: Uuid,
    pub session_id: Uuid,
    pub user_id: Uuid,
    pub user_name: String,
    /// `provider/model`: the one that answered.
    #[schema(example = "openai/gpt-5-mini")]
    pub model: String,
    pub status: Status,
    pub failure: Option<FailureKind>,
    pub used: Option<Used>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Null: it was too long ago, on another node and not over yet, or cut off.
    pub trace: Option<Trace>,
}
