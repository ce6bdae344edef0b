//! Backups that the server makes by itself, as administrators see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A backup in the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupFile {
    pub name: String,
    pub bytes: u64,
    /// When it was begun.
    pub made_at: DateTime<Utc>,
}

/// Why the last one could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupFailure {
    pub at: DateTime<Utc>,
    pub error: String,
}

/// How they stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupStanding {
    pub folder: String,
    /// Between two of them.
    pub hours: u32,
    /// So many stay at most.
    pub keep: u32,
    /// So many are there.
    pub kept: u64,
    pub last: Option<BackupFile>,
    /// Null: the last one was made.
    pub failure: Option<BackupFailure>,
    pub next_at: DateTime<Utc>,
}
