//! Background work: what there is, and how far it is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Removes what has expired: tickets, finished jobs, old activity.
    Sweep,
    /// Puts everything that an account holds into one file.
    Export,
    /// Erases an account.
    Erase,
    /// Hands a mail of the outbox to the mail server.
    Mail,
    /// Reads the text, or the picture, of a file.
    Read,
    /// Has Ollama fetch a model.
    Pull,
    /// Has the passages of a document made into vectors.
    Embed,
    /// Adds what the ledger has new to the hours of the dashboard.
    Statistics,
    /// Takes older messages into the index of the search.
    Index,
    /// Makes a backup.
    Backup,
    /// Reads a file with conversations from elsewhere, or takes them.
    Import,
    /// Looks at the rules of alerts, and tells what there is to tell.
    Alerts,
    /// Asks a model for a title, tags and questions that may come next.
    Suggest,
    /// Tells devices of an answer that has ended.
    Push,
    /// Writes the reports of use that are due, as mails.
    Digest,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Done,
    /// Given up: its error says why.
    Failed,
    Cancelled,
}

/// A background job as administrators see it. What it works on is not told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobEntry {
    pub id: Uuid,
    pub kind: JobKind,
    pub state: JobState,
    /// How often it was begun.
    pub attempts: u64,
    /// Percent.
    pub progress: u8,
    /// Why it failed last.
    pub error: Option<String>,
    /// Whose work it is; null: nobody's.
    pub user_id: Option<Uuid>,
    pub user_name: Option<String>,
    pub created_at: DateTime<Utc>,
    /// It is not begun before.
    pub run_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether it may be tried again now.
    pub can_retry: bool,
    /// Whether it may be cancelled.
    pub can_cancel: bool,
}
