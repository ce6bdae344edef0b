//! The lines that the server logs, as they are kept and read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};

/// How long lines are kept, in days, and how much of the disk they may take, in MiB.
pub const DAYS: std::ops::RangeInclusive<u32> = 1..=90;
pub const MB: std::ops::RangeInclusive<u32> = 8..=4096;

/// How much it matters; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// Every one, the gravest first.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Numbers follow one another in the folder of this node.
    #[serde(rename = "n")]
    #[schema(example = 1042)]
    pub number: u64,
    pub at: DateTime<Utc>,
    pub level: LogLevel,
    /// The part of the program.
    #[schema(example = "liao::server::http::middleware")]
    pub target: String,
    #[schema(example = "a request was answered with an error of ours")]
    pub message: String,
    /// `x-request-id` of the request that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "6f1d0c5e9a3b7f24-1a")]
    pub request: Option<String>,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Uuid>,
    /// The answer that was being written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Uuid>,
    /// The rest, by name. Secrets are not among it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"path": "GET /chats"}))]
    pub fields: BTreeMap<String, String>,
}

/// Which lines are asked for; what is absent allows all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogQuery {
    /// This one and what is graver.
    pub level: Option<LogLevel>,
    /// What the target begins with.
    pub target: Option<String>,
    /// What stands in the message or the fields, in any case.
    pub text: Option<String>,
    /// Id of who asked.
    pub user: Option<String>,
    /// Id of the request.
    pub request: Option<String>,
    /// Id of the answer.
    pub generation: Option<String>,
    /// Not before this day, or this moment (RFC 3339).
    pub from: Option<String>,
    /// Up to the end of this day, or before this moment.
    pub to: Option<String>,
    /// Whose log: the id of a node; this one's if absent.
    #[serde(default)]
    pub node: Option<String>,
}

/// A node whose log can be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogNode {
    pub id: String,
    /// `all`, `web`, `worker` or `gateway`.
    pub role: String,
    /// It said lately that it lives.
    pub alive: bool,
    /// It is the one that answers.
    pub here: bool,
}

/// How much is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// Days: 1 to 90.
    #[schema(example = 7)]
    pub days: u32,
    /// What all of it may take on the disk of a node, in MiB: 8 to 4,096.
    #[schema(example = 64)]
    pub mb: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { days: 7, mb: 64 }
    }
}

impl LogSettings {
    /// Checks every field.
    pub fn checked(self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        for (name, value, range) in [("days", self.days, DAYS), ("mb", self.mb, MB)] {
            if !range.contains(&value) {
                let (min, max) = (*range.start(), *range.end());
                fields.add(name, Rule::Range(min, max), format!("{name} must be from {min} to {max}."));
            }
        }
        fields.check()?;
        Ok(self)
    }
}

/// A page of lines, the newest first, and how much is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogPage {
    pub lines: Vec<LogLine>,
    /// `after` of the next page.
    pub next: Option<u64>,
    pub settings: LogSettings,
    /// What is kept now.
    pub bytes: u64,
    /// Lines that were left out since the server began, because there were too many.
    pub dropped: u64,
    /// All nodes; none: there is only one.
    pub nodes: Vec<LogNode>,
    /// The node that was asked for does not answer.
    pub away: bool,
}
