//! Backups that the server makes by itself: when, into which folder, how many stay, and what became of the last one. How a backup is
//! made: `server/backup`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::model::backup::{BackupFailure, BackupFile, BackupStanding};
use crate::model::job::{JobKind, JobState};
use crate::server::Server;
use crate::server::backup::{self, BackupError, Source, Summary};
use crate::server::config::Backups;
use crate::server::db::Db;
use crate::server::error::Result;
use crate::server::job::{self, Failure, Job, NewJob};

/// How often a worker says that it is at it: within a lease of a job.
const ALIVE: Duration = Duration::from_secs(60);
/// The names of the files: others in the folder are somebody else's.
const BEGIN: &str = "liao-";
const STAMP: &str = "%Y%m%dT%H%M%SZ";
const END: &str = ".liao";

fn name(at: DateTime<Utc>) -> String {
    format!("{BEGIN}{}{END}", at.format(STAMP))
}

/// When the backup of this name was begun; none: it is not one of ours.
fn begun(name: &str) -> Option<DateTime<Utc>> {
    let stamp = name.strip_prefix(BEGIN)?.strip_suffix(END)?;
    NaiveDateTime::parse_from_str(stamp, STAMP).ok().map(|at| at.and_utc())
}

/// The backups of the folder, the newest first. None yet where there is no folder.
fn files(dir: &Path) -> io::Result<Vec<BackupFile>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Some((name, made_at)) = entry.file_name().to_str().and_then(|name| Some((name.to_owned(), begun(name)?))) else { continue };
        found.push(BackupFile { name, bytes: entry.metadata()?.len(), made_at });
    }
    found.sort_by_key(|file| std::cmp::Reverse(file.made_at));
    Ok(found)
}

/// Queues the next backup when it is time.
pub async fn queue(server: &Server) -> Result<()> {
    let Some(plan) = &server.config.backups else { return Ok(()) };
    if next(server, plan).await? <= server.clock.now() && !server.db.jobs().is_due(JobKind::Backup).await? {
        job::enqueue(server, NewJob::new(JobKind::Backup, Value::Null)).await?;
    }
    Ok(())
}

/// When the next one is due. What could not be made is not tried for ever: the next one is as far away as after one that was.
async fn next(server: &Server, plan: &Backups) -> Result<DateTime<Utc>> {
    let tried = server.db.jobs().last_of_kind(JobKind::Backup).await?.map(|job| job.created_at);
    // A folder that cannot be read says so when the backup is made.
    let made = files(&plan.dir).ok().and_then(|files| files.first().map(|file| file.made_at));
    Ok(tried.max(made).map_or(server.clock.now(), |last| last + TimeDelta::hours(plan.hours.get().into())))
}

/// How the backups of this node stand; none: it makes none.
pub(super) async fn standing(server: &Server) -> Result<Option<BackupStanding>> {
    let Some(plan) = &server.config.backups else { return Ok(None) };
    let mut failure = None;
    if let Some(job) = server.db.jobs().last_of_kind(JobKind::Backup).await?
        && job.state != JobState::Done
    {
        failure = job.error.map(|error| BackupFailure { at: job.finished_at.unwrap_or(job.created_at), error });
    }
    let (mut files, unreadable) = match files(&plan.dir) {
        Ok(files) => (files, None),
        Err(error) => (Vec::new(), Some(format!("{}: {error}", plan.dir.display()))),
    };
    let unreadable = unreadable.map(|error| BackupFailure { at: server.clock.now(), error });
    Ok(Some(BackupStanding {
        folder: plan.dir.display().to_string(),
        hours: plan.hours.get(),
        keep: plan.keep.get(),
        kept: files.len() as u64,
        last: (!files.is_empty()).then(|| files.swap_remove(0)),
        failure: failure.or(unreadable),
        next_at: next(server, plan).await?,
    }))
}

/// Makes the backup of this job and removes those that are too many.
pub async fn run(server: &Server, job: &Job) -> std::result::Result<Value, Failure> {
    let Some(plan) = &server.config.backups else {
        return Err(Failure::Final("this node has no LIAO_BACKUP_DIR".into()));
    };
    // An alert may look for this line.
    one(server, plan, job).await.inspect_err(|failure| {
        tracing::error!(folder = %plan.dir.display(), attempts = job.attempts, error = %failure, "a scheduled backup failed");
    })
}

async fn one(server: &Server, plan: &Backups, job: &Job) -> std::result::Result<Value, Failure> {
    let failed = |error: io::Error| Failure::Again(format!("{}: {error}", plan.dir.display()));
    prepare(&plan.dir).map_err(failed)?;
    let file = plan.dir.join(name(server.clock.now()));
    let stop = CancellationToken::new();
    // What is computed and read in it takes long without a pause, so it has a thread of its own, and this one says that it is alive.
    let (of, to, stopped, runtime) = (server.clone(), file.clone(), stop.clone(), tokio::runtime::Handle::current());
    let passphrase = plan.passphrase.clone();
    let mut making = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                made = make(&of, &to, passphrase.expose_secret()) => Some(made),
                () = stopped.cancelled() => None,
            }
        })
    });
    let made = loop {
        tokio::select! {
            made = &mut making => break made.map_err(|error| Failure::Again(error.to_string()))?,
            () = tokio::time::sleep(ALIVE) => if !job::progress(server, job.id, 50).await.map_err(Failure::from)? {
                stop.cancel();
            },
        }
    };
    let Some(made) = made else {
        prepare(&plan.dir).map_err(failed)?;
        return Err(Failure::Final("it was cancelled".into()));
    };
    let summary = made.map_err(|error| Failure::Again(error.to_string()))?;
    let removed = rotate(plan).map_err(failed)?;
    let bytes = std::fs::metadata(&file).map_err(failed)?.len();
    tracing::info!(file = %file.display(), bytes, removed, "a scheduled backup was made");
    Ok(json!({ "file": file.file_name().and_then(|name| name.to_str()), "bytes": bytes, "entries": summary.entries, "removed": removed }))
}

/// The folder, for our eyes only, without what a backup that was cut off has left.
fn prepare(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if is_left_over(&path) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Whether it is the beginning of a backup of ours, or the copy of the database that one was made from.
fn is_left_over(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let part = name.strip_suffix(".db").unwrap_or(name);
    part.strip_suffix(".part").is_some_and(|name| begun(name).is_some())
}

/// With connections of its own: SQLite's one writer, which everybody waits for, is not held while the copy is made.
async fn make(server: &Server, to: &Path, passphrase: &str) -> std::result::Result<Summary, BackupError> {
    let db = Db::open(server.config.database_url.expose_secret()).await?;
    let of = Source { config: &server.config, db: &db, storage: &server.storage, clock: &server.clock };
    let made = backup::backup(&of, to, passphrase).await;
    db.close().await;
    made
}

/// Removes the oldest backups beyond those that are to stay; answers how many.
fn rotate(plan: &Backups) -> io::Result<usize> {
    let old: Vec<PathBuf> = files(&plan.dir)?.into_iter().skip(plan.keep.get() as usize).map(|file| plan.dir.join(file.name)).collect();
    old.iter().try_for_each(std::fs::remove_file)?;
    Ok(old.len())
}

#[cfg(test)]
mod tests;
