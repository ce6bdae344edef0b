//! Keeps the ledger's hours: by a job every few minutes, and for whoever looks.

use serde_json::{Value, json};

use crate::model::job::JobKind;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::job::{self, Failure, Job, NewJob};

/// How much of what is new is added while somebody waits for the page; the job adds the rest.
const WAIT_FOR: u32 = 5;
/// How often a job that counts for long says that it lives.
const TELL_EVERY: u64 = 50;
/// Hours that are over and counted again: what was written in their last moment may have come later.
const AGAIN: i64 = 2;

/// Queues the counting, if there is anything to count and nobody is at it.
pub async fn queue(server: &Server) -> Result<()> {
    let db = server.db.statistics();
    let over = hour(server) - 1;
    if !db.has_new().await? && db.last_counted().await?.is_some_and(|last| last >= over) {
        return Ok(());
    }
    if !server.db.jobs().is_due(JobKind::Statistics).await? {
        job::enqueue(server, NewJob::new(JobKind::Statistics, Value::Null)).await?;
    }
    Ok(())
}

/// The job. It may be cut off at any time: what was added stays added, and is added once.
pub async fn run(server: &Server, job: &Job) -> Result<Value, Failure> {
    let (db, mut rows, mut batches) = (server.db.statistics(), 0, 0_u64);
    loop {
        let added = db.fold().await?;
        rows += added;
        batches += 1;
        let cancelled = batches.is_multiple_of(TELL_EVERY) && !job::progress(server, job.id, 50).await?;
        if added == 0 || cancelled {
            break;
        }
    }
    let hours = close_hours(server, job).await?;
    Ok(json!({ "rows": rows, "hours": hours }))
}

/// Counts what was written in the hours that are over.
async fn close_hours(server: &Server, job: &Job) -> Result<i64> {
    let (db, now) = (server.db.statistics(), hour(server));
    let begin = match db.last_counted().await? {
        Some(last) => last + 1 - AGAIN,
        None => db.first_written().await?.unwrap_or(now - 1),
    };
    // One hour at least, which says that everything before it was counted.
    let begin = begin.min(now - 1);
    for (done, hour) in (begin..now).enumerate() {
        db.set_hour(hour, db.written(&(hour..hour + 1)).await?).await?;
        if (done as u64 + 1).is_multiple_of(TELL_EVERY * 10) && !job::progress(server, job.id, 75).await? {
            break;
        }
    }
    Ok(now - begin)
}

fn hour(server: &Server) -> i64 {
    server.clock.now().timestamp().div_euclid(3600)
}

/// Adds what is new, up to a bound. True: there is more.
pub async fn catch_up(server: &Server) -> Result<bool> {
    for _ in 0..WAIT_FOR {
        if server.db.statistics().fold().await? == 0 {
            return Ok(false);
        }
    }
    Ok(server.db.statistics().has_new().await?)
}
