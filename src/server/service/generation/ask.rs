//! Where an answer comes from: the model's turn is waited for, it is asked, again where that may help, and another model where it
//! does not. All of that is before the first word; after it, what was read stays and the run fails.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::StreamExt;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::event::{self, End, Event};
use super::meter::{Estimate, Meter};
use super::run::{Plan, failed, publish};
use super::{cite, prompt, trace};
use crate::model::generation::{Failure, FailureKind, Notice, NoticeCode, Status};
use crate::model::trace::StageKind;
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::error::Error;
use crate::server::llm::{self, Begun, Delta, LlmError, Permit, Resolved, StopReason, probe};

/// How often a model is asked again before the first word.
const RETRIES: usize = 3;
/// The same after it took too long: the reader has waited for that already.
const RETRIES_OF_TIMEOUTS: usize = 1;
/// Longest time that a provider which was asked too often is waited for.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Most deltas that one read of the upstream is taken for.
const READ: usize = 256;
/// Most models of one answer.
const MODELS: usize = 5;
/// How often a changed place in the line is told.
const PLACE_PAUSE: Duration = Duration::from_secs(1);

/// Why there is no whole answer of a model.
enum Stopped {
    Provider {
        error: LlmError,
        /// The reader has read a part of it.
        spoken: bool,
    },
    Ended(End),
}

impl From<LlmError> for Stopped {
    fn from(error: LlmError) -> Self {
        Self::Provider { error, spoken: false }
    }
}

/// The answer of the first model that can.
pub(super) async fn answer(server: &Server, plan: &mut Plan) -> End {
    let mut asked = vec![plan.resolved.id.clone()];
    let mut shrunk = false;
    loop {
        let (error, spoken) = match one(server, plan).await {
            Ok(()) => return End { status: Status::Done, usage: None, error: None },
            Err(Stopped::Ended(end)) => return end,
            Err(Stopped::Provider { error, spoken }) => (error, spoken),
        };
        tracing::warn!(kind = ?error.kind, message = %error.message, model = plan.resolved.id, spoken, "the provider failed");
        if !spoken && error.kind == FailureKind::ContextTooLong && !std::mem::replace(&mut shrunk, true) {
            match shrink(server, plan, &error).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(end) => return end,
            }
        }
        let next =
            (!spoken && error.is_of_provider() && asked.len() < MODELS).then(|| server.registry.next(&plan.resolved, plan.who())).flatten();
        let Some(next) = next.filter(|next| !asked.contains(&next.id)) else { return failed(error.failure(plan.words)) };
        asked.push(next.id.clone());
        if let Err(end) = fall_back(server, plan, next, error.kind).await {
            return end;
        }
    }
}

/// The provider finds the conversation too long although it fits by our count: it is asked once more with about half of it. False: there
/// is nothing that could be left out.
async fn shrink(server: &Server, plan: &mut Plan, error: &LlmError) -> Result<bool, End> {
    plan.live.trace(|tracer| tracer.enter(StageKind::Context));
    let system = server.config.models.system_prompt.as_deref();
    let asked = plan.asked.within(half(plan.input_tokens, &error.message));
    let built = prompt::build(server, &plan.resolved, system, plan.told.clone(), asked).await;
    let Some(prompt) = built.ok().filter(|prompt| prompt.tokens < plan.input_tokens) else { return Ok(false) };
    tracing::info!(before = plan.input_tokens, now = prompt.tokens, model = plan.resolved.id, "the provider is asked with less");
    cite::cite(server, &plan.live, prompt.sources).await;
    (plan.request, plan.input_tokens) = (prompt.request, prompt.tokens);
    tell_trimmed(server, plan).await.map(|()| true)
}

/// Half of what was sent, or less where the provider says how much it takes.
fn half(sent: u64, words: &str) -> usize {
    let numbers = words.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u64>().ok());
    let told = numbers.filter(|n| (256..10_000_000).contains(n)).min().map_or(u64::MAX, |n| n / 4 * 3);
    usize::try_from(told.min(sent / 2)).unwrap_or(usize::MAX)
}

/// Says that the oldest messages were left out, unless it was said.
async fn tell_trimmed(server: &Server, plan: &mut Plan) -> Result<(), End> {
    if plan.notices.iter().any(|notice| notice.code == NoticeCode::ContextTrimmed) {
        return Ok(());
    }
    let notice = prompt::trimmed();
    let event = Event::notice(&notice);
    plan.notices.push(notice);
    publish(server, plan, &[event]).await
}

/// From now on another model answers: its window may be another, and everybody is told, now and later.
async fn fall_back(server: &Server, plan: &mut Plan, next: Resolved, why: FailureKind) -> Result<(), End> {
    plan.live.trace(|tracer| tracer.enter(StageKind::Context));
    let started = &plan.live.started;
    tracing::info!(from = plan.resolved.id, to = next.id, "another model is asked");
    let system = server.config.models.system_prompt.as_deref();
    let built = prompt::build(server, &next, system, plan.told.clone(), plan.asked.clone()).await;
    let stored = match plan.journal {
        Some(_) => server.db.generations().answers(started.generation_id, started.message_id, &next.id).await,
        None => Ok(()),
    };
    let prompt = match (built, stored) {
        (Ok(prompt), Ok(())) => prompt,
        // Its window is too small for the question.
        (Err(Error::Client(_)), _) => return Err(failed(Failure::plain(FailureKind::ContextTooLong))),
        (built, stored) => {
            let cause = built.err().map(|cause| cause.to_string()).or(stored.err().map(|cause| cause.to_string()));
            tracing::error!(?cause, "another model could not be asked");
            return Err(failed(Failure::plain(FailureKind::Internal)));
        }
    };
    let mut notices = vec![Notice { code: NoticeCode::FellBack, message: next.id.clone() }];
    if prompt.trimmed && !plan.notices.iter().any(|notice| notice.code == NoticeCode::ContextTrimmed) {
        notices.push(prompt::trimmed());
    }
    let told = |name: &String| plan.notices.iter().any(|notice| notice.code == NoticeCode::FileCut && notice.message == *name);
    notices.extend(prompt.cut.iter().filter(|name| !told(name)).cloned().map(prompt::cut));
    let nothing = Estimate { input: plan.input_tokens, output: 0 };
    plan.calls.extend(plan.meter.call(nothing, Status::Failed, Some(why), server.clock.now()));
    plan.meter = Meter::new(&next, Purpose::Chat);
    cite::cite(server, &plan.live, prompt.sources).await;
    (plan.request, plan.input_tokens, plan.resolved) = (prompt.request, prompt.tokens, next);
    let events: Vec<Event> = notices.iter().map(Event::notice).collect();
    plan.notices.extend(notices);
    publish(server, plan, &events).await
}

/// The answer of one model.
async fn one(server: &Server, plan: &mut Plan) -> Result<(), Stopped> {
    plan.live.trace(|tracer| tracer.enter(StageKind::Queue));
    let _permit = turn(server, plan).await?;
    let bounds = plan.resolved.upstream.bounds;
    let deadline = Instant::now() + bounds.total;
    let mut delays = ExponentialBuilder::default().with_min_delay(Duration::from_millis(400)).with_jitter().with_max_times(RETRIES).build();
    let mut timeouts = 0;
    loop {
        let before = plan.live.seq();
        let upstream = plan.resolved.upstream.clone();
        plan.meter.ask(server.clock.now());
        plan.sealed = None;
        plan.called.clear();
        plan.live.trace(|tracer| tracer.enter(StageKind::Connect));
        let (asked, seen) = probe::watching(timeout_at(deadline, upstream.ask(&plan.request))).await;
        note(plan, &asked, seen);
        let error = match asked.unwrap_or_else(|_| Err(endless(bounds.total))) {
            Ok(begun) => {
                plan.meter.with(begun.label.as_ref());
                match relay(server, plan, begun, deadline).await {
                    Err(Stopped::Provider { error, .. }) => error,
                    ended => return ended,
                }
            }
            Err(error) if error.unasked => {
                plan.meter.unask();
                error
            }
            Err(error) => {
                plan.meter.with(error.key.as_ref());
                error
            }
        };
        let spoken = plan.live.so_far_is_more_than_notices(before);
        timeouts += usize::from(error.kind == FailureKind::Timeout);
        let patient = error.retry_after.is_none_or(|wait| wait <= WAIT_MAX) && timeouts <= RETRIES_OF_TIMEOUTS;
        let again = error.is_retryable() && !spoken && patient && Instant::now() < deadline;
        let Some(delay) = delays.next().filter(|_| again) else { return Err(Stopped::Provider { error, spoken }) };
        wait(server, plan, &error, delay).await?;
    }
}

/// Waits before the provider is asked again, at least as long as it said.
async fn wait(server: &Server, plan: &mut Plan, error: &LlmError, delay: Duration) -> Result<(), Stopped> {
    let delay = error.retry_after.map_or(delay, |wait| wait.max(delay));
    tracing::info!(kind = ?error.kind, message = %error.message, ?delay, "the provider is asked again");
    notify(server, plan, NoticeCode::Retrying, error.kind.sentence().into()).await?;
    plan.live.trace(|tracer| tracer.enter(StageKind::Wait));
    tokio::time::sleep(delay).await;
    Ok(())
}

/// Notes for the trace what was asked, and what began to be answered.
fn note(plan: &Plan, asked: &Result<Result<Begun, LlmError>, Elapsed>, seen: Option<probe::Seen>) {
    let key = match asked {
        Ok(Ok(begun)) => begun.label.as_deref(),
        Ok(Err(error)) => error.key.as_deref(),
        Err(_) => None,
    };
    let asked_of = trace::asked((plan.resolved.id.as_str(), key), &plan.request, plan.input_tokens, seen);
    plan.live.trace(|tracer| {
        tracer.asked(asked_of);
        match asked {
            Ok(Ok(_)) => tracer.enter(StageKind::FirstToken),
            Ok(Err(error)) => tracer.failed(error.kind),
            Err(_) => tracer.failed(FailureKind::Timeout),
        }
    });
}

/// Waits until it is the user's turn, telling them their place.
async fn turn(server: &Server, plan: &mut Plan) -> Result<Permit, Stopped> {
    let upstream = plan.resolved.upstream.clone();
    let mut waiting = match upstream.enter(plan.user_id) {
        Ok(permit) => return Ok(permit),
        Err(waiting) => waiting,
    };
    let patience = upstream.bounds.queue;
    let deadline = Instant::now() + patience;
    let mut told = None;
    loop {
        if let Some(place) = waiting.place().filter(|place| told != Some(*place)) {
            notify(server, plan, NoticeCode::Queued, place.to_string()).await?;
            told = Some(place);
        }
        match timeout_at(deadline, waiting.news(Instant::now() + PLACE_PAUSE)).await {
            Ok(Some(permit)) => return Ok(permit),
            Ok(None) => {}
            Err(_) => {
                let message =
                    format!("The question waited {} s for its turn; the provider answers only some at a time.", patience.as_secs());
                return Err(LlmError::new(FailureKind::Busy, message).into());
            }
        }
    }
}

async fn notify(server: &Server, plan: &mut Plan, code: NoticeCode, message: String) -> Result<(), Stopped> {
    publish(server, plan, &[Event::notice(&Notice { code, message })]).await.map_err(Stopped::Ended)
}

fn endless(total: Duration) -> LlmError {
    LlmError::new(FailureKind::Timeout, format!("The answer took longer than {} s.", total.as_secs()))
}

/// Publishes everything that comes: what one read of the upstream brought becomes one write and one wake-up.
async fn relay(server: &Server, plan: &mut Plan, begun: Begun, deadline: Instant) -> Result<(), Stopped> {
    let (upstream, index) = (plan.resolved.upstream.clone(), begun.index());
    let bounds = upstream.bounds;
    let mut reads = begun.stream.ready_chunks(READ);
    let failure = loop {
        let patience = deadline.min(Instant::now() + bounds.idle);
        let read = match timeout_at(patience, reads.next()).await {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(()),
            Err(_) if patience == deadline => break endless(bounds.total),
            Err(_) => {
                break LlmError::new(FailureKind::Timeout, format!("The model was silent for {} s.", bounds.idle.as_secs()));
            }
        };
        let (deltas, failure) = sort(read, plan);
        plan.live.trace(|tracer| tracer.read(deltas.iter().map(Delta::characters).sum()));
        publish(server, plan, &event::merge(deltas)).await.map_err(Stopped::Ended)?;
        if let Some(error) = failure {
            break error;
        }
    };
    upstream.broke(index, &failure);
    plan.live.trace(|tracer| tracer.failed(failure.kind));
    Err(failure.into())
}

/// What of one read is published, and the failure that ends it.
fn sort(read: Vec<Result<Delta, LlmError>>, plan: &mut Plan) -> (Vec<Delta>, Option<LlmError>) {
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
            Ok(Delta::Stop(StopReason::Tool)) => failure = Some(llm::called(&plan.called)),
            Ok(Delta::Sealed(text)) => plan.sealed = Some(text),
            Ok(Delta::ToolCall(call)) => plan.called.extend(call.name),
            Ok(Delta::Stop(StopReason::Length)) => deltas.push(Delta::Notice(cut_off())),
            Ok(delta) => deltas.push(delta),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    (deltas, failure)
}

fn cut_off() -> Notice {
    Notice { code: NoticeCode::LengthLimit, message: "The answer reached the length limit and was cut off.".into() }
}

#[cfg(test)]
mod tests;
