//! Group commit: five times a second one transaction takes what every run of this node has new. The number of writes
//! is the same for one run and for a thousand.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::hub::Live;
use crate::server::Server;

/// Longest time that a published event is only in memory and in the journal.
const INTERVAL: Duration = Duration::from_millis(200);
/// How often a run says that it is alive, in seconds.
const HEARTBEAT: i64 = 10;

/// Stores the new events of all runs until the program ends.
pub async fn keep(server: Server) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last_beat: Option<DateTime<Utc>> = None;
    loop {
        server.generations.wait_for_runs().await;
        ticks.tick().await;
        let lives = server.generations.lives();
        if let Err(cause) = store(&server, &lives).await {
            // The journal has them; the next tick tries again.
            tracing::error!(%cause, "the log of running answers could not be stored");
        }
        let now = server.clock.now();
        if last_beat.is_none_or(|beat| (now - beat).num_seconds() >= HEARTBEAT) {
            last_beat = Some(now);
            if let Err(cause) = server.db.generations().heartbeat(&server.generations.node, now).await {
                tracing::error!(%cause, "the heartbeat of running answers could not be stored");
            }
        }
    }
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
    Ok(())
}
