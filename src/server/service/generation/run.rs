//! One run: asks the provider, publishes what comes, and ends exactly once.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::{FutureExt, StreamExt};
use tracing::Instrument;

use super::event::{self, End, Event, Kind};
use super::hub::Live;
use super::journal::Journal;
use super::meter::{self, Estimate, Meter};
use super::{store, title};
use crate::model::generation::{Failure, FailureKind, Notice, NoticeCode, Status};
use crate::model::usage::Used;
use crate::server::Server;
use crate::server::db::{Call, Change, Outcome};
use crate::server::llm::{ChatRequest, Delta, DeltaStream, LlmError, Resolved, StopReason};

/// Attempts before the first byte: the first and its retries.
const RETRIES: usize = 3;
/// Most deltas that one read of the upstream is taken for.
const READ: usize = 256;
/// How often the end is tried to be stored, a second apart, before the run is left to the reaper.
const FINISH_TRIES: u32 = 5;

/// What a run needs to begin.
pub struct Plan {
    pub live: Arc<Live>,
    pub journal: Journal,
    pub resolved: Resolved,
    pub request: ChatRequest,
    /// Notices that are known before the first word.
    pub notices: Vec<Notice>,
    /// Tokens of the request, for providers that do not count.
    pub input_tokens: u64,
    /// What the call uses and takes.
    pub meter: Meter,
    /// What the answer had used before, where the rest of it is written.
    pub used: Option<Used>,
    /// The provisional title to be replaced after the first answer.
    pub title: Option<String>,
}

/// Starts the run on its own task; it goes on whoever reads.
pub fn spawn(server: Server, plan: Plan) {
    let span = tracing::info_span!("generation.run", id = %plan.live.started.generation_id, model = %plan.live.started.model);
    let tracker = server.generations.tracker.clone();
    tracker.spawn(run(server, plan).instrument(span));
}

async fn run(server: Server, mut plan: Plan) {
    let driven = std::panic::AssertUnwindSafe(drive(&server, &mut plan)).catch_unwind().await;
    let end = driven.unwrap_or_else(|_| failed(FailureKind::Internal, "The run failed on the server."));
    let title = plan.title.take().filter(|_| end.status == Status::Done);
    let calls = calls(&server, &plan, &end);
    let end = End { usage: meter::used(plan.used, &calls), ..end };
    let Plan { live, journal, resolved, .. } = plan;
    finish(&server, &live, journal, (end, calls)).await;
    if let Some(provisional) = title {
        title::make(&server, &live, &resolved, &provisional).await;
    }
}

/// Reads the provider until the answer ends, fails, or is asked to end.
async fn drive(server: &Server, plan: &mut Plan) -> End {
    let live = plan.live.clone();
    let notices: Vec<Event> = plan.notices.iter().map(Event::notice).collect();
    if let Err(end) = publish(&live, &mut plan.journal, &notices) {
        return end;
    }
    tokio::select! {
        biased;
        () = live.cancel.cancelled() => End { status: live.ending(), usage: None, error: None },
        end = read(server, plan) => end,
    }
}

/// What was asked of models, for the ledger.
fn calls(server: &Server, plan: &Plan, end: &End) -> Vec<Call> {
    let estimate = Estimate { input: plan.input_tokens, output: written(plan) };
    let failure = end.error.as_ref().map(|error| error.kind);
    plan.meter.call(estimate, end.status, failure, server.clock.now()).into_iter().collect()
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

/// Asks, again where that may help, until there is a first word; then reads to the end.
async fn read(server: &Server, plan: &mut Plan) -> End {
    let idle = server.config.models.idle_timeout;
    let mut delays = ExponentialBuilder::default().with_min_delay(Duration::from_millis(400)).with_jitter().with_max_times(RETRIES).build();
    loop {
        let before = plan.live.seq();
        plan.meter.ask(server.clock.now());
        let error = match ask(plan, idle).await {
            Ok(stream) => match relay(plan, stream, idle).await {
                Ok(()) => return End { status: Status::Done, usage: None, error: None },
                Err(Stopped::Ended(end)) => return end,
                Err(Stopped::Provider(error)) => error,
            },
            Err(error) => error,
        };
        let spoken = plan.live.so_far_is_more_than_notices(before);
        let Some(delay) = delays.next().filter(|_| error.is_retryable() && !spoken) else {
            tracing::warn!(kind = ?error.kind, message = %error.message, spoken, "the provider failed");
            return End { status: Status::Failed, usage: None, error: Some(error.failure()) };
        };
        let delay = error.retry_after.map_or(delay, |asked| asked.min(Duration::from_secs(30)).max(delay));
        tracing::info!(kind = ?error.kind, message = %error.message, ?delay, "the provider is asked again");
        let notice = Notice { code: NoticeCode::Retrying, message: error.message };
        if let Err(end) = publish(&plan.live, &mut plan.journal, &[Event::notice(&notice)]) {
            return end;
        }
        tokio::time::sleep(delay).await;
    }
}

/// Why relaying ended early.
enum Stopped {
    Provider(LlmError),
    Ended(End),
}

async fn ask(plan: &Plan, idle: Duration) -> Result<DeltaStream, LlmError> {
    let answer = tokio::time::timeout(idle, plan.resolved.provider.chat(plan.request.clone())).await;
    answer.unwrap_or_else(|_| Err(silent(idle)))
}

fn silent(idle: Duration) -> LlmError {
    LlmError::new(FailureKind::Transient, format!("The model was silent for {} s.", idle.as_secs()))
}

/// Publishes everything that comes: what one read of the upstream brought becomes one write and one wake-up.
async fn relay(plan: &mut Plan, stream: DeltaStream, idle: Duration) -> Result<(), Stopped> {
    let mut reads = stream.ready_chunks(READ);
    while let Some(read) = tokio::time::timeout(idle, reads.next()).await.map_err(|_| Stopped::Provider(silent(idle)))? {
        let mut failure = None;
        let mut deltas = Vec::with_capacity(read.len());
        for item in read {
            if let Ok(delta) = &item {
                plan.meter.hear(delta);
            }
            match item {
                Ok(Delta::Stop(StopReason::Filter)) => {
                    failure = Some(LlmError::new(FailureKind::Refused, "The provider's filter stopped the answer."));
                }
                Ok(Delta::Stop(StopReason::Length)) => deltas.push(Delta::Notice(cut_off())),
                Ok(delta) => deltas.push(delta),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        publish(&plan.live, &mut plan.journal, &event::merge(deltas)).map_err(Stopped::Ended)?;
        if let Some(error) = failure {
            return Err(Stopped::Provider(error));
        }
    }
    Ok(())
}

/// Journal first, then memory: nobody sees what a crash could lose.
fn publish(live: &Live, journal: &mut Journal, events: &[Event]) -> Result<(), End> {
    if events.is_empty() {
        return Ok(());
    }
    if let Err(cause) = journal.append(events) {
        tracing::error!(%cause, "the journal cannot be written");
        return Err(failed(FailureKind::Internal, "The server cannot write to its disk."));
    }
    live.publish(events);
    Ok(())
}

fn cut_off() -> Notice {
    Notice { code: NoticeCode::LengthLimit, message: "The answer reached the length limit and was cut off.".into() }
}

fn failed(kind: FailureKind, message: &str) -> End {
    End { status: Status::Failed, usage: None, error: Some(Failure { kind, message: message.into() }) }
}

/// Stores the end, tells the readers, and forgets the run. What cannot be stored stays in the journal for the reaper.
async fn finish(server: &Server, live: &Arc<Live>, journal: Journal, (end, calls): (End, Vec<Call>)) {
    // No tick of the log stores a part while the rest is being stored with the end.
    let _storing = live.storing.lock().await;
    let (content, reasoning, last_seq) = live.so_far();
    let started = &live.started;
    let outcome = Arc::new(Outcome {
        generation_id: started.generation_id,
        chat_id: started.chat_id,
        message_id: started.message_id,
        status: end.status,
        content,
        reasoning: Some(reasoning).filter(|text| !text.is_empty()),
        notices: live.notices(),
        usage: end.usage,
        calls,
        error: end.error.clone(),
        last_seq: last_seq as i64,
        tail: live.unstored(),
        now: server.clock.now(),
    });
    let mut stored = Ok(false);
    for attempt in 0..FINISH_TRIES {
        stored = store::store(server, Change::End(outcome.clone())).await;
        let Err(cause) = &stored else { break };
        tracing::error!(%cause, attempt, "the end of a run could not be stored");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    match stored {
        Ok(_) => {
            // A tick of the log that took this run for a living one finds nothing to store.
            live.stored(outcome.last_seq);
            journal.remove();
        }
        Err(_) => drop(journal),
    }
    live.close(end);
    server.generations.forget(started.generation_id);
}
