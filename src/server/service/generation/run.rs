//! One run: publishes what comes, and ends exactly once. Where the answer comes from is in `ask`.

use std::sync::Arc;

use futures::FutureExt;
use tokio::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

use super::aside::Aside;
use super::event::{End, Event, Kind};
use super::hub::Live;
use super::journal::Journal;
use super::late::{self, Fate};
use super::meter::{self, Estimate, Meter};
use super::prompt::Asked;
use super::{after, ask, compact, passing};
use crate::model::generation::{Failure, FailureKind, Notice, Status};
use crate::model::presence::Happened;
use crate::model::suggestion::SuggestionSettings;
use crate::model::trace::StageKind;
use crate::model::usage::Used;
use crate::server::db::{Call, Given, NewJob, Outcome};
use crate::server::llm::{ChatRequest, Resolved, Who};
use crate::server::service::{presence, push, queue};
use crate::server::{Server, telemetry};

/// What a run needs to begin.
pub struct Plan {
    pub live: Arc<Live>,
    /// Where it is kept until the database has it. None: nothing of it is kept, here or there (`passing.rs`).
    pub journal: Option<Journal>,
    pub user_id: Uuid,
    /// Whether its reader may know the provider's own words: an administrator may.
    pub words: bool,
    /// The model that is asked now: another one where the chosen one could not answer.
    pub resolved: Resolved,
    pub request: ChatRequest,
    /// What the request is built from, for another model.
    pub asked: Asked,
    pub told: Given,
    /// The oldest turns did not fit.
    pub trimmed: bool,
    /// A call beside the answer that is under way.
    pub aside: Option<Aside>,
    /// Notices that are known before the first word.
    pub notices: Vec<Notice>,
    /// Tokens of the request, for providers that do not count.
    pub input_tokens: u64,
    /// What the call uses and takes.
    pub meter: Meter,
    /// The calls before it, of models that could not answer.
    pub calls: Vec<Call>,
    /// What the answer had used before, where the rest of it is written.
    pub used: Option<Used>,
    /// What the vendor wants back with the next question.
    pub sealed: Option<String>,
    /// The names of the tools that the model called.
    pub called: Vec<String>,
    /// It is the first answer of its conversation.
    pub first: bool,
    /// What its reader wants to be suggested, where administrators want it too.
    pub likes: SuggestionSettings,
}

impl Plan {
    /// Whose run it is.
    pub fn who(&self) -> Who {
        Who { user_id: self.user_id, admin: self.words }
    }
}

/// Starts the run on its own task; it goes on whoever reads.
pub fn spawn(server: Server, plan: Plan) {
    let (started, traced) = (&plan.live.started, server.telemetry.run(&plan.live.traced()));
    let (trace_id, span_id) = (traced.trace_id(), traced.span_id());
    let span =
        tracing::info_span!("generation.run", id = %started.generation_id, model = %started.model, user = %plan.user_id, trace_id, span_id);
    let tracker = server.generations.tracker.clone();
    tracker.spawn(traced.within(run(server, plan)).instrument(span));
}

async fn run(server: Server, mut plan: Plan) {
    plan.live.trace(|tracer| tracer.enter(StageKind::Queue));
    let driven = std::panic::AssertUnwindSafe(drive(&server, &mut plan)).catch_unwind().await;
    plan.live.trace(|tracer| tracer.enter(StageKind::Finish));
    let end = driven.unwrap_or_else(|_| failed(Failure::plain(FailureKind::Internal)));
    let after = (end.status == Status::Done && plan.journal.is_some()).then(|| after::wanted(&server, &plan)).flatten();
    let calls = calls(&server, &mut plan, &end);
    let end = End { usage: meter::used(plan.used, &calls), ..end };
    let Plan { live, journal, user_id, sealed, .. } = plan;
    match journal {
        Some(journal) => finish(&server, (&live, user_id), journal, Ended { end, calls, sealed, after }).await,
        None => passing::finish(&server, (&live, user_id), end, calls).await,
    }
}

/// How a run ended, and what is left of it.
struct Ended {
    end: End,
    calls: Vec<Call>,
    sealed: Option<String>,
    after: Option<NewJob>,
}

/// Reads the provider until the answer ends, fails, or is asked to end.
async fn drive(server: &Server, plan: &mut Plan) -> End {
    let live = plan.live.clone();
    let notices: Vec<Event> = plan.notices.iter().map(Event::notice).collect();
    if let Err(end) = publish(server, plan, &notices).await {
        return end;
    }
    tokio::select! {
        biased;
        () = live.cancel.cancelled() => End { status: live.ending(), usage: None, error: None },
        end = answer(server, plan) => end,
    }
}

async fn answer(server: &Server, plan: &mut Plan) -> End {
    match compact::make_room(server, plan).await {
        Ok(()) => ask::answer(server, plan).await,
        Err(end) => end,
    }
}

/// What was asked of models, for the ledger.
fn calls(server: &Server, plan: &mut Plan, end: &End) -> Vec<Call> {
    let estimate = Estimate { input: plan.input_tokens, output: written(plan) };
    let failure = end.error.as_ref().map(|error| error.kind);
    let last = plan.meter.call(estimate, end.status, failure, server.clock.now());
    let aside = plan.aside.take().and_then(|aside| aside.given_up(server, &plan.resolved, end.status));
    std::mem::take(&mut plan.calls).into_iter().chain(aside).chain(last).collect()
}

/// Tokens of what this run wrote, by our own count.
fn written(plan: &Plan) -> u64 {
    let (mut text, mut reasoning) = (String::new(), String::new());
    plan.live.since(0, |_, kind, piece| match kind {
        Kind::Text => text.push_str(piece),
        Kind::Reasoning => reasoning.push_str(piece),
        Kind::Notice => {}
    });
    let tokens = |text: &str| plan.resolved.provider.tokens(text) as u64;
    tokens(&text) + tokens(&reasoning)
}

/// Journal first, then memory: nobody sees what a crash could lose. What is not kept is in memory only.
pub(super) async fn publish(server: &Server, plan: &mut Plan, events: &[Event]) -> Result<(), End> {
    if events.is_empty() {
        return Ok(());
    }
    if let Some(journal) = &mut plan.journal {
        let since = Instant::now();
        let written = journal.append(events);
        plan.live.trace(|tracer| tracer.flushed(since));
        if let Err(cause) = written {
            tracing::error!(%cause, "the journal cannot be written");
            return Err(failed(Failure::plain(FailureKind::Internal)));
        }
        journal.share(&server.bus, events).await;
    }
    plan.live.publish(events);
    Ok(())
}

/// A run that failed.
pub(super) fn failed(error: Failure) -> End {
    End { status: Status::Failed, usage: None, error: Some(error) }
}

/// Tells those who look at something else that a run has ended. Who stops one is looking; while other models still answer the same
/// question, there is nothing to come back for.
pub(super) fn told(server: &Server, user_id: Uuid, (chat_id, run): (Uuid, Uuid), status: Status) {
    let more = server.generations.has_other(chat_id, run);
    let happened = if more || status == Status::Stopped { Happened::Changed } else { Happened::Ended };
    presence::news(server, user_id, Some(chat_id), happened);
    if happened == Happened::Ended {
        push::answered(server, user_id, chat_id);
    }
}

/// All that is stored of the end.
fn outcome(server: &Server, live: &Live, ended: Ended) -> Outcome {
    let Ended { end, calls, sealed, after } = ended;
    let (content, reasoning, last_seq) = live.so_far();
    let started = &live.started;
    Outcome {
        generation_id: started.generation_id,
        chat_id: started.chat_id,
        message_id: started.message_id,
        status: end.status,
        content,
        reasoning: Some(reasoning).filter(|text| !text.is_empty()),
        notices: live.notices().into_iter().filter(|notice| !notice.code.counts()).collect(),
        usage: end.usage,
        calls,
        sealed,
        error: end.error,
        last_seq: last_seq as i64,
        trace: Some(live.traced()),
        tail: live.unstored(),
        after,
        now: server.clock.now(),
    }
}

/// Stores the end, tells the readers, and forgets the run. What cannot be stored stays in the journal for the reaper.
async fn finish(server: &Server, (live, user_id): (&Arc<Live>, Uuid), journal: Journal, ended: Ended) {
    let (end, started) = (ended.end.clone(), &live.started);
    // No tick of the log stores a part while the rest is being stored with the end.
    let storing = live.storing.lock().await;
    let outcome = Arc::new(outcome(server, live, ended));
    let fate = late::keep(server, live, &outcome).await;
    match fate {
        Fate::Ours | Fate::Theirs(_) => {
            // A tick of the log that took this run for a living one finds nothing to store.
            live.stored(outcome.last_seq);
            journal.remove();
            server.bus.over(started.generation_id).await;
        }
        Fate::Refused => drop(journal),
    }
    drop(storing);
    let end = match fate {
        Fate::Ours => end,
        // Who ended it has told the others.
        Fate::Theirs(status) => End { status, usage: None, error: None },
        // What the reaper will make of it.
        Fate::Refused => End { status: Status::Interrupted, ..end },
    };
    // What waits is asked before readers hear of the end, so that they find it there.
    if fate == Fate::Ours {
        queue::ended(server, started.chat_id, end.status).await;
        told(server, user_id, (started.chat_id, started.generation_id), end.status);
    }
    telemetry::ended(&server.telemetry, &live.traced(), (started.generation_id, &end));
    live.close(end);
    server.generations.forget(started.generation_id);
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::model::chat::Ask;
    use crate::model::user::{Registration, Role};
    use crate::server::clock::Clock;
    use crate::server::db::on;
    use crate::server::db::testing::databases;
    use crate::server::service::generation::{reaper, send, whole};
    use crate::server::service::viewer::{Via, Viewer};
    use crate::server::service::{account, chat, provider};
    use crate::server::testing;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_end_that_the_database_refuses_is_told_as_what_it_is_and_its_text_is_kept() {
        for test in databases().await {
            let server = testing::server(test.db.clone(), Clock::default()).await;
            provider::start(&server).await.unwrap();
            let registration =
                Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
            let user = account::create(&server, registration, Role::User).await.unwrap();
            let ada = Viewer { user, via: Via::Token { family: Uuid::nil() } };
            let rename = async |from: &str, to: &str| {
                let sql = format!("ALTER TABLE {from} RENAME TO {to}");
                on!(test.db.write(), c => sqlx::query(AssertSqlSafe(sql)).execute(c).await.map(drop)).unwrap();
            };
            rename("ledger", "elsewhere").await;
            let ask = Ask { chat_id: None, text: "go".into(), model: Some("fake/words-20@0".into()), request_id: None, replaces: None };
            let started = send(&server, &ada, ask).await.unwrap();
            let read = whole(&server, &ada, &started).await.unwrap();
            assert_eq!(read.end.status, Status::Interrupted, "{}: it has not been stored as done", test.engine);
            rename("elsewhere", "ledger").await;

            let mut missing = Vec::new();
            for expected in [Status::Running, Status::Interrupted] {
                missing = reaper::sweep(&server, &missing).await.unwrap();
                let message = chat::message(&server, &ada, started.message_id).await.unwrap();
                assert_eq!(message.status, expected, "{}", test.engine);
            }
            let message = chat::message(&server, &ada, started.message_id).await.unwrap();
            assert_eq!(message.content, read.content, "{}: all of it was in the journal", test.engine);
            assert!(missing.is_empty() && message.content.ends_with("w20"), "{}: {}", test.engine, message.content);
        }
    }
}
