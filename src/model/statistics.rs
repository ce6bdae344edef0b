//! What the dashboard asks for and shows: how the server was used in some time, and before.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::generation::{FailureKind, Status};
use super::usage::{Consumer, Purpose, Sum};

/// How far back the dashboard looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Range {
    #[serde(rename = "24h")]
    Day,
    /// The last days, today among them.
    #[default]
    #[serde(rename = "7d")]
    Week,
    #[serde(rename = "30d")]
    Month,
    #[serde(rename = "90d")]
    Quarter,
    /// From `from` to `to`.
    #[serde(rename = "custom")]
    Custom,
}

impl Range {
    /// Every range, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Custom];
}

/// Longest time that can be asked for, in days.
pub const DAYS_MAX: i64 = 366;
/// Most characters of a filter.
pub const FILTER_MAX: usize = 200;

/// What is asked for. Texts, because people type them into an address; the service says what is wrong with one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    #[serde(default)]
    pub range: Range,
    /// Of a custom range: a day, or a moment (RFC 3339).
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub to: Option<String>,
    #[serde(default)]
    pub provider: Option<String>,
    #[serde(default)]
    pub model: Option<String>,
    /// An id or an e-mail address; [`ERASED`]: those whose accounts were erased.
    #[serde(default)]
    pub user: Option<String>,
    /// Of rows only.
    #[serde(default)]
    pub failure: Option<FailureKind>,
    /// Of rows only: what a provider's key is called.
    #[serde(default)]
    pub key: Option<String>,
}

/// Names the people whose accounts were erased, in a query.
pub const ERASED: &str = "erased";

/// How long one found out about the first token after asking, in milliseconds; within five in a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Wait {
    /// Half of the answers began by then.
    pub p50_ms: u64,
    /// 95 of 100 did.
    pub p95_ms: u64,
}

/// How models were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// Calls, tokens and costs.
    pub sum: Sum,
    /// Calls that wrote an answer; the others wrote titles and summaries.
    pub answers: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Until the first token; null: nobody saw one.
    pub wait: Option<Wait>,
    /// Mean of the calls that have a rate.
    pub tokens_per_second: Option<f32>,
}

/// A number, and what it was in the period before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Compared {
    pub now: u64,
    pub before: u64,
}

/// People and what they wrote; of everybody, whatever is filtered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct People {
    /// With a page open at this moment, on this node.
    pub online: u64,
    /// Accounts that were made, and still exist.
    pub new: Compared,
    /// Who asked a model in the last 24 hours of the period, and in the 24 before.
    pub day: Compared,
    /// In the last 7 days of it.
    pub week: Compared,
    /// In the last 30 days of it.
    pub month: Compared,
    /// In all of it.
    pub active: Compared,
    /// Conversations that were begun.
    pub chats: Compared,
    /// Questions and answers that were written.
    pub messages: Compared,
}

/// A part of the time: an hour, or a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub figures: Figures,
}

/// What one model did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelFigures {
    pub provider: String,
    /// Empty: the name went with somebody who was erased.
    pub model: String,
    pub figures: Figures,
}

/// What one provider did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderFigures {
    pub provider: String,
    pub figures: Figures,
}

/// What one person used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserFigures {
    /// Null: those whose accounts were erased, together.
    pub user: Option<Consumer>,
    pub sum: Sum,
    /// Calls that failed.
    pub failed: u64,
}

/// How often calls failed for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailureCount {
    pub failure: FailureKind,
    pub calls: Compared,
}

/// Everything that the dashboard shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Statistics {
    /// A whole hour.
    pub from: DateTime<Utc>,
    /// Not among it; a whole hour.
    pub until: DateTime<Utc>,
    /// Where the period before begins, which is as long and ends at `from`.
    pub before: DateTime<Utc>,
    /// Where days begin: the zone of the profile, else UTC; at a whole hour of UTC.
    #[schema(example = "Asia/Shanghai")]
    pub time_zone: String,
    /// Older rows of the ledger are still being counted.
    pub counting: bool,
    /// Whom the filter names.
    pub user: Option<Consumer>,
    pub now: Figures,
    pub previous: Figures,
    pub people: People,
    /// Hours of a time of up to two days, else days; oldest first, those without a call among them.
    pub points: Vec<Point>,
    /// By the hour of the day, where the reader lives: 24 of them.
    pub hours: Vec<Figures>,
    /// What cost or was used most comes first.
    pub models: Vec<ModelFigures>,
    pub providers: Vec<ProviderFigures>,
    /// The first twenty of them.
    pub users: Vec<UserFigures>,
    /// What happened most comes first.
    pub failures: Vec<FailureCount>,
}

/// A chart, drawn: SVG without text of its own language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Charts {
    pub calls: String,
    pub tokens: String,
    pub cost: String,
    pub wait: String,
    pub hours: String,
}

/// A call to a model, as the ledger has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallRow {
    pub id: Uuid,
    /// To the quarter of an hour, of somebody who was erased.
    pub finished_at: DateTime<Utc>,
    /// Null: erased.
    pub user_id: Option<Uuid>,
    pub user_name: Option<String>,
    pub purpose: Purpose,
    pub provider: String,
    pub model: String,
    /// What the provider's key is called that was used last, as it was called then; null: it had none.
    pub key: Option<String>,
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    pub reasoning_tokens: u64,
    /// The tokens were counted here.
    pub estimated: bool,
    /// In millionths of a US dollar; null: not known.
    pub cost: Option<u64>,
    /// How often the provider was asked.
    pub tries: u64,
    pub first_token_ms: Option<u64>,
    pub tokens_per_second: Option<f64>,
    pub outcome: Status,
    pub failure: Option<FailureKind>,
}
