//! Background work: what there is, and how far it is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// Adds what the ledger has new to the hours of the dashboard.
    Statistics,
    /// Takes older messages into the index of the search.
    Index,
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
