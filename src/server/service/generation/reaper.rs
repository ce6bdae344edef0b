//! Ends runs whose process is gone: this node's at boot, others' after a silence. Their text is kept and *Continue* resumes it.

use chrono::Duration;

use super::event::{self, Event, Kind};
use super::journal;
use crate::model::generation::Status;
use crate::server::Server;
use crate::server::db::{Logged, Orphan, Outcome};
use crate::server::error::{Error, Result};

/// A run that is silent this long has nobody.
const SILENCE: Duration = Duration::seconds(90);
/// How long the log of an ended run stays, for readers that come back to their place in it.
const LOG_KEPT: Duration = Duration::hours(1);
/// How long a deleted conversation can be brought back.
const DELETED_KEPT: Duration = Duration::days(7);

/// At boot: nothing of this node can be running, so whatever says so was cut off.
pub async fn recover(server: &Server) -> Result<usize> {
    let node = server.generations.node.clone();
    let orphans = server.db.generations().orphans(Some(&node), server.clock.now() - SILENCE).await?;
    for orphan in &orphans {
        interrupt(server, orphan, Status::Interrupted).await?;
    }
    let left = journal::left_behind(&server.generations.journals).map_err(Error::internal)?;
    for run in left {
        journal::forget(&server.generations.journals, run);
    }
    Ok(orphans.len())
}

/// Looks for silent runs of other nodes and prunes what is old, until the program ends.
pub async fn keep(server: Server) {
    let mut ticks = tokio::time::interval(std::time::Duration::from_secs(30));
    loop {
        ticks.tick().await;
        if let Err(cause) = sweep(&server).await {
            tracing::error!(%cause, "the sweep of silent runs failed");
        }
    }
}

async fn sweep(server: &Server) -> Result<()> {
    let now = server.clock.now();
    for orphan in server.db.generations().orphans(None, now - SILENCE).await? {
        if !server.generations.is_here(orphan.id) {
            interrupt(server, &orphan, Status::Interrupted).await?;
        }
    }
    server.db.generations().prune(now - LOG_KEPT).await?;
    server.db.chats().erase_deleted(now - DELETED_KEPT).await?;
    Ok(())
}

/// Ends a run that has no process, with all of its text: the database's log, and the journal where it has more.
pub async fn interrupt(server: &Server, orphan: &Orphan, status: Status) -> Result<()> {
    let mut events: Vec<Event> = Vec::new();
    for (_, _, part) in server.db.generations().log(orphan.id, 0).await? {
        events.extend(serde_json::from_str::<Vec<Event>>(&part).map_err(Error::internal)?);
    }
    let stored = events.len();
    let journaled = journal::read(&server.generations.journals, orphan.id).map_err(Error::internal)?;
    let more = journaled.get(stored..).unwrap_or_default();
    let tail = (!more.is_empty()).then(|| Logged {
        generation_id: orphan.id,
        first: stored as i64 + 1,
        last: (stored + more.len()) as i64,
        events: serde_json::to_string(more).unwrap_or_default(),
    });
    events.extend_from_slice(more);
    let (content, reasoning) = server.db.generations().base(orphan.message_id).await?.unwrap_or_default();
    let reasoning = reasoning.unwrap_or_default() + &event::collect(&events, Kind::Reasoning);
    let outcome = Outcome {
        generation_id: orphan.id,
        chat_id: orphan.chat_id,
        message_id: orphan.message_id,
        status,
        content: content + &event::collect(&events, Kind::Text),
        reasoning: Some(reasoning).filter(|text| !text.is_empty()),
        notices: event::notices(&events),
        usage: None,
        error: None,
        last_seq: events.len() as i64,
        tail,
        now: server.clock.now(),
    };
    let flipped = server.db.generations().finish(outcome).await?;
    journal::forget(&server.generations.journals, orphan.id);
    tracing::info!(id = %orphan.id, events = events.len(), flipped, "a run without a process was ended");
    Ok(())
}
