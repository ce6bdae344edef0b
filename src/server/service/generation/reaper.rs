//! Ends runs whose process is gone: this node's at boot, others' after a silence. Their text is kept and *Continue* resumes it.

use chrono::Duration;
use uuid::Uuid;

use super::event::{self, Event, Kind};
use super::run::told;
use super::{journal, meter, prompt};
use crate::model::generation::{NoticeCode, Status, Usage};
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::db::{Call, Given, Logged, Orphan, Outcome};
use crate::server::error::{Error, Result};
use crate::server::llm::{Resolved, estimate_tokens};
use crate::server::service::queue;

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
    let mut missing = Vec::new();
    loop {
        ticks.tick().await;
        match sweep(&server, &missing).await {
            Ok(found) => missing = found,
            Err(cause) => tracing::error!(%cause, "the sweep of silent runs failed"),
        }
    }
}

/// Ends what has nobody. Answers the runs of this node that nobody here knows of, one of which may be about to begin: what was `missing`
/// the last time too is ended, as the database refused its end.
pub(super) async fn sweep(server: &Server, missing: &[Uuid]) -> Result<Vec<Uuid>> {
    let now = server.clock.now();
    for orphan in server.db.generations().orphans(None, now - SILENCE).await? {
        if !server.generations.is_here(orphan.id) {
            interrupt(server, &orphan, Status::Interrupted).await?;
        }
    }
    let mut gone = server.db.generations().orphans(Some(&server.generations.node), now - SILENCE).await?;
    gone.retain(|orphan| !server.generations.is_here(orphan.id));
    let (again, first): (Vec<_>, Vec<_>) = gone.into_iter().partition(|orphan| missing.contains(&orphan.id));
    for orphan in &again {
        interrupt(server, orphan, Status::Interrupted).await?;
    }
    queue::sweep(server).await?;
    server.db.generations().prune(now - LOG_KEPT).await?;
    server.db.chats().erase_deleted(now - DELETED_KEPT).await?;
    Ok(first.into_iter().map(|orphan| orphan.id).collect())
}

/// Ends a run that has no process, with all of its text: the database's log, and the journal where it has more.
pub async fn interrupt(server: &Server, orphan: &Orphan, status: Status) -> Result<()> {
    let mut events: Vec<Event> = Vec::new();
    for (_, _, part) in server.db.generations().log(orphan.id, 0).await? {
        events.extend(serde_json::from_str::<Vec<Event>>(&part).map_err(Error::internal)?);
    }
    let stored = events.len();
    let more = unstored(server, orphan.id, stored).await?;
    let tail = rest(orphan.id, stored, &more);
    events.extend(more);
    let base = server.db.generations().base(orphan.message_id).await?.unwrap_or_default();
    let calls = vec![call(server, orphan, &events, status).await];
    let outcome = Outcome {
        generation_id: orphan.id,
        chat_id: orphan.chat_id,
        message_id: orphan.message_id,
        status,
        content: base.content + &event::collect(&events, Kind::Text),
        reasoning: Some(base.reasoning + &event::collect(&events, Kind::Reasoning)).filter(|text| !text.is_empty()),
        notices: event::notices(&events),
        usage: meter::used(base.used, &calls),
        calls,
        sealed: None,
        error: None,
        last_seq: events.len() as i64,
        // It was in the memory of the process that is gone.
        trace: None,
        tail,
        after: None,
        now: server.clock.now(),
    };
    let flipped = server.db.generations().finish(outcome).await?;
    journal::forget(&server.generations.journals, orphan.id);
    server.bus.over(orphan.id).await;
    if flipped {
        ended(server, orphan, status).await;
    }
    tracing::info!(id = %orphan.id, events = events.len(), flipped, "a run without a process was ended");
    Ok(())
}

/// What was read and is not in the database: from the journal here, or from what another node kept for the others.
async fn unstored(server: &Server, run: Uuid, stored: usize) -> Result<Vec<Event>> {
    let mut journaled = journal::read(&server.generations.journals, run).map_err(Error::internal)?;
    if journaled.len() > stored {
        return Ok(journaled.split_off(stored));
    }
    match server.bus.line() {
        Some(line) => Ok(journal::shared(line, run, stored).await),
        None => Ok(Vec::new()),
    }
}

/// The same as a part of the log, if there is any.
fn rest(generation_id: Uuid, stored: usize, more: &[Event]) -> Option<Logged> {
    let events = serde_json::to_string(more).unwrap_or_default();
    let last = stored + more.len();
    (last > stored).then_some(Logged { generation_id, first: stored as i64 + 1, last: last as i64, events })
}

/// What follows an end.
async fn ended(server: &Server, orphan: &Orphan, status: Status) {
    if status == Status::Stopped {
        queue::ended(server, orphan.chat_id, status).await;
    }
    told(server, orphan.user_id, (orphan.chat_id, orphan.id), status);
}

/// What was asked for the run, for the ledger. Nobody told how many tokens it took: they are counted here, of what was received and of
/// what the model was shown, as far as that can be made again. Whether it had been asked at all is not known where nothing came; it
/// is taken to have been, since little stands between a run's beginning and that.
async fn call(server: &Server, orphan: &Orphan, events: &[Event], outcome: Status) -> Call {
    let resolved = server.registry.known(&orphan.model);
    let tokens = |text: String| resolved.as_ref().map_or_else(|| estimate_tokens(&text), |found| found.provider.tokens(&text)) as u64;
    let output = tokens(event::collect(events, Kind::Text)) + tokens(event::collect(events, Kind::Reasoning));
    let input = match &resolved {
        Some(resolved) => shown(server, orphan, resolved).await,
        None => 0,
    };
    let retries = event::notices(events).iter().filter(|notice| notice.code == NoticeCode::Retrying).count();
    let (provider, model) = meter::split(&orphan.model);
    Call {
        purpose: Purpose::Chat,
        provider,
        model,
        tokens: Usage::new(input, output),
        estimated: true,
        price: resolved.and_then(|resolved| resolved.facts.price),
        measured: None,
        key: None,
        tries: u32::try_from(retries + 1).unwrap_or(u32::MAX),
        first_token_ms: None,
        tokens_per_second: None,
        outcome,
        failure: None,
        started_at: orphan.started_at,
        finished_at: server.clock.now(),
    }
}

/// Tokens of what the model was shown.
async fn shown(server: &Server, orphan: &Orphan, resolved: &Resolved) -> u64 {
    let system = server.config.models.system_prompt.as_deref();
    let setup = server.db.chats().setup_of(orphan.chat_id).await.unwrap_or_default();
    let (strategy, pinned) = server.db.contexts().of(orphan.chat_id).await.unwrap_or_default();
    let told = Given { setup, strategy, pinned };
    let built = prompt::build(server, resolved, system, told, prompt::Asked::again(orphan.message_id)).await;
    built.map_or(0, |prompt| prompt.tokens)
}
