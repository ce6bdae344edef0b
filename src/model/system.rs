//! What the server says of itself to administrators.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::backup::BackupStanding;
use super::job::JobEntry;
use super::provider::Health;

/// How a part stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standings {
    /// `ok`, `failed` or `silent`.
    pub database: String,
    /// `ok`, `pending` or `unknown`.
    pub migrations: String,
    /// `ok` or `full`.
    pub disk: String,
}

/// A provider, and whether it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderStanding {
    pub provider: String,
    pub health: Health,
}

/// An answer that is being written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Writing {
    pub generation_id: Uuid,
    pub user_id: Uuid,
    /// Null: they are not there any more.
    pub user_name: Option<String>,
    /// `provider/model`.
    pub model: String,
    pub since: DateTime<Utc>,
    /// The node that writes it; null: it waits for a worker.
    pub node: Option<String>,
}

/// A process that serves the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeStanding {
    pub id: String,
    /// `all`, `web`, `worker` or `gateway`.
    pub role: String,
    pub version: String,
    pub started_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    /// It said lately that it lives.
    pub alive: bool,
}

/// How many background jobs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobCounts {
    pub queued: u64,
    pub running: u64,
    /// Given up within the last fourteen days.
    pub failed: u64,
}

/// The server, now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct System {
    pub version: String,
    /// When this process was started.
    pub started_at: DateTime<Utc>,
    /// The name of this node in the database.
    pub node: String,
    /// `all`, `web`, `worker` or `gateway`.
    pub role: String,
    /// The nodes of this installation; empty with SQLite, whose file belongs to one process.
    pub nodes: Vec<NodeStanding>,
    /// Whether the line to the other nodes is there; null: there is to be only this one.
    pub line: Option<bool>,
    /// `SQLite` or `PostgreSQL`.
    pub engine: String,
    pub standings: Standings,
    pub database_bytes: u64,
    /// What people have sent, content that is kept once counted as often as it was sent.
    pub files_bytes: u64,
    /// On the disk of the data folder; null: not known.
    pub disk_free_bytes: Option<u64>,
    /// The last migration that the database has, and the last that this program knows.
    pub schema: u64,
    pub known_schema: u64,
    /// Every request and call is told to Prometheus.
    pub metrics: bool,
    pub online: u64,
    pub providers: Vec<ProviderStanding>,
    /// The longest at it first.
    pub writing: Vec<Writing>,
    pub jobs: JobCounts,
    /// Those that run, then those that are due next.
    pub open_jobs: Vec<JobEntry>,
    /// The newest that were given up.
    pub failed_jobs: Vec<JobEntry>,
    /// The backups that this node makes by itself; null: none.
    pub backup: Option<BackupStanding>,
    /// Mails that were not sent yet.
    pub mails_waiting: u64,
}
