//! Reports of abuse: what somebody finds wrong with a message, and what became of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields};

/// Longest note, in characters.
pub const NOTE_MAX: usize = 2_000;
/// Most reports of one person that are open at a time.
pub const OPEN_MAX: i64 = 50;

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportReason {
    Illegal,
    Hate,
    Sexual,
    Violence,
    SelfHarm,
    /// It tells what somebody's own business is.
    Privacy,
    Other,
}

impl ReportReason {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 7] = [Self::Illegal, Self::Hate, Self::Sexual, Self::Violence, Self::SelfHarm, Self::Privacy, Self::Other];
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    Open,
    /// Something was done about it.
    Upheld,
    /// There was nothing to do.
    Dismissed,
}

impl ReportState {
    pub const ALL: [Self; 3] = [Self::Open, Self::Upheld, Self::Dismissed];
}

/// What is said of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportForm {
    pub reason: ReportReason,
    /// At most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000, example = "It names my address.")]
    pub note: String,
}

impl ReportForm {
    /// Trims and checks.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.note = self.note.trim().replace("\r\n", "\n").replace('\0', "\u{FFFD}");
        let mut fields = Fields::default();
        fields.length("note", &self.note, 0, NOTE_MAX);
        fields.check()?;
        Ok(self)
    }
}

/// A report, as who wrote it sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OwnReport {
    pub id: Uuid,
    /// Null: it is gone.
    pub message_id: Option<Uuid>,
    pub reason: ReportReason,
    pub note: String,
    pub state: ReportState,
    pub created_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
}

/// A report, as administrators see it. What the message says is seen by opening its conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = AbuseReport)]
pub struct Report {
    #[serde(flatten)]
    pub report: OwnReport,
    pub reporter_id: Uuid,
    #[schema(example = "Ada Lovelace")]
    pub reporter_name: String,
    /// Whose conversation the message is in.
    pub owner_id: Uuid,
    #[schema(example = "Bob")]
    pub owner_name: String,
    /// Null: it was deleted.
    pub session_id: Option<Uuid>,
    /// It was found by a link to the conversation.
    pub shared: bool,
    pub resolved_by: Option<Uuid>,
    pub resolved_name: Option<String>,
}

/// What an administrator makes of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    Upheld,
    Dismissed,
}

impl From<Ruling> for ReportState {
    fn from(ruling: Ruling) -> Self {
        match ruling {
            Ruling::Upheld => Self::Upheld,
            Ruling::Dismissed => Self::Dismissed,
        }
    }
}

/// A message that may be reported: enough of it to know which one it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reportable {
    pub message_id: Uuid,
    /// Its beginning.
    pub excerpt: String,
}
