//! What the server knows of itself.

use std::path::Path;

use super::backup;
use crate::model::provider::Circuit;
use crate::server::Server;
use crate::server::db::Db;
use crate::server::error::Result;
use crate::server::metrics::Now;

/// Less room than this on the disk of the data folder, and nothing new should begin.
const ROOM: u64 = 64 * 1024 * 1024;
/// States of jobs that are told.
const STATES: [&str; 3] = ["queued", "running", "failed"];

/// Whether anybody has an account here. On a new server nobody has, and registration comes first.
pub async fn has_users(server: &Server) -> Result<bool> {
    Ok(server.db.has_users().await?)
}

/// Whether this node can do its work; each part says `ok`, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    pub database: &'static str,
    pub migrations: &'static str,
    pub disk: &'static str,
}

impl Readiness {
    /// Whether everything is as it should be.
    pub fn is_ready(self) -> bool {
        [self.database, self.migrations, self.disk].iter().all(|word| *word == "ok")
    }
}

/// How this node stands.
pub async fn readiness(server: &Server) -> Readiness {
    let (database, migrations) = match server.db.schema().await {
        Ok(schema) if schema == Db::newest_schema() => ("ok", "ok"),
        // A newer node has brought the database further: it was made to go on with this one.
        Ok(schema) if schema > Db::newest_schema() => ("ok", "ok"),
        Ok(_) => ("ok", "pending"),
        Err(cause) => {
            tracing::warn!(%cause, "the database does not answer");
            ("failed", "unknown")
        }
    };
    let disk = match disk_free(&server.config.data_dir) {
        Some(free) if free < ROOM => "full",
        _ => "ok",
    };
    Readiness { database, migrations, disk }
}

/// Bytes that are free on the disk of a folder.
pub fn disk_free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// What Prometheus is told besides what was counted. A database that does not answer is told as such.
pub async fn now(server: &Server) -> Now {
    let queues = server.db.queues().await.ok();
    let size = server.db.size().await.ok();
    let last_entry = server.db.activity().last().await.ok().flatten().map(|(seq, _)| seq);
    let (jobs, mails) = queues.unwrap_or_default();
    let backups = backup::standing(server).await.ok().flatten();
    let count = |state: &str| jobs.iter().find(|(name, _)| name == state).map_or(0, |(_, count)| count.unsigned_abs());
    Now {
        running: server.generations.count(),
        online: server.presence.local().len(),
        jobs: STATES.map(|state| (state, count(state))).into(),
        mails: mails.unsigned_abs(),
        last_entry,
        database_bytes: size.map(i64::unsigned_abs),
        disk_free: disk_free(&server.config.data_dir),
        last_backup: backups.and_then(|standing| standing.last).map(|last| last.made_at),
        providers: server.registry.standing().into_iter().map(|(slug, circuit)| (slug, circuit != Circuit::Open)).collect(),
    }
}
