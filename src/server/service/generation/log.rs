//! Group commit: five times a second one transaction takes what every run of this node has new. The number of writes
//! is the same for one run and for a thousand.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use uuid::Uuid;

use super::hub::Live;
use crate::model::generation::Status;
use crate::server::Server;
use crate::server::bus::Word;

/// Longest time that a published event is only in memory and in the journal.
const INTERVAL: Duration = Duration::from_millis(200);
/// How often a run says that it is alive, in seconds.
const HEARTBEAT: i64 = 10;

/// Stores the new events of all runs until the program ends.
pub async fn keep(server: Server) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last_beat: Option<DateTime<Utc>> = None;
    let mut missed: Vec<Uuid> = Vec::new();
    loop {
        server.generations.wait_for_runs().await;
        ticks.tick().await;
        let lives = server.generations.stored();
        if let Err(cause) = store(&server, &lives).await {
            // The journal has them; the next tick tries again.
            tracing::error!(%cause, "the log of running answers could not be stored");
        }
        let now = server.clock.now();
        if last_beat.is_none_or(|beat| (now - beat).num_seconds() >= HEARTBEAT) {
            last_beat = Some(now);
            match server.db.generations().heartbeat(&server.generations.node, now).await {
                Ok(running) => missed = let_go(&server, &lives, &running, &missed).await,
                Err(cause) => {
                    // As the one that has to give way where two transactions want the same rows, for example: again in a second.
                    tracing::warn!(%cause, "the heartbeat of running answers could not be stored");
                    last_beat = Some(now - chrono::TimeDelta::seconds(HEARTBEAT - 1));
                }
            }
        }
    }
}

/// Ends runs that the database has not called running twice in a row: another node ended them, and nobody may read what comes. Where that
/// took this node for dead and nobody has gone on from there, they are written to their end, which counts ([`super::late`]). Answers those
/// that were not called running this time; one that is about to end may be among them.
pub(super) async fn let_go(server: &Server, lives: &[Arc<Live>], running: &[Uuid], missed: &[Uuid]) -> Vec<Uuid> {
    let gone: Vec<_> = lives.iter().filter(|live| !running.contains(&live.started.generation_id)).collect();
    let ids: Vec<Uuid> = gone.iter().map(|live| live.started.generation_id).collect();
    let again: Vec<Uuid> = ids.iter().filter(|id| missed.contains(id)).copied().collect();
    match server.db.generations().returning(&again).await {
        Ok(returning) => {
            let over =
                gone.iter().filter(|live| again.contains(&live.started.generation_id) && !returning.contains(&live.started.generation_id));
            over.for_each(|live| live.ask_to_end(Status::Stopped));
        }
        // The next look tells.
        Err(cause) => tracing::warn!(%cause, "what became of runs elsewhere could not be read"),
    }
    ids
}

/// Stores what these runs have new, in one transaction.
async fn store(server: &Server, lives: &[Arc<Live>]) -> sqlx::Result<()> {
    // A run that is ending stores its tail itself, with the flip of its status.
    let mut parts = Vec::new();
    let mut locks = Vec::new();
    for live in lives {
        let Ok(lock) = live.storing.try_lock() else { continue };
        if let Some(part) = live.unstored() {
            parts.push(part);
            locks.push((live, lock));
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    server.db.generations().append(&parts).await?;
    for (part, (live, _lock)) in parts.iter().zip(&locks) {
        live.stored(part.last);
    }
    server.bus.tell(Word::Grown { runs: parts.iter().map(|part| part.generation_id).collect() });
    Ok(())
}
