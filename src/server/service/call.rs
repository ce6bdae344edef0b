//! A call to a model that hears, speaks or embeds: the user's turn is waited for, it is asked, again where that may help, then the model
//! that stands in for it, and the ledger is told of each. A caller who goes away ends it.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::model::error::Code;
use crate::model::generation::{FailureKind, Status, Usage};
use crate::model::usage::Purpose;
use crate::model::voice::Task;
use crate::server::Server;
use crate::server::db::Change;
use crate::server::error::{Error, Result};
use crate::server::llm::{Delta, Label, LlmError, Permit, Resolved, Sound, Transcript, Vectors, Who, estimate_tokens};
use crate::server::service::generation::{self, Estimate, Meter};
use crate::server::service::viewer::Viewer;

/// How often a model is asked again: somebody waits with a microphone in the hand.
const RETRIES: usize = 2;
/// Longest time that a provider which was asked too often is waited for.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Most models of one call.
const MODELS: usize = 3;

/// What is asked.
pub struct What {
    pub resolved: Resolved,
    pub purpose: Purpose,
    /// Tokens of what is sent, counted here.
    pub input: u64,
    /// The same in characters.
    pub characters: u64,
}

/// What such a model answers.
pub trait Answer: Send + 'static {
    /// Tokens, as the provider counted them.
    fn usage(&self) -> Option<Usage>;
    /// Its words; nothing where it has none.
    fn words(&self) -> &str {
        ""
    }
    /// How long what was heard is, in seconds, where the provider tells.
    fn seconds(&self) -> Option<f64> {
        None
    }
}

impl Answer for Transcript {
    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn words(&self) -> &str {
        &self.text
    }

    fn seconds(&self) -> Option<f64> {
        self.duration
    }
}

impl Answer for Sound {
    fn usage(&self) -> Option<Usage> {
        None
    }
}

impl Answer for Vectors {
    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

impl What {
    /// What its models have to be there for.
    fn task(&self) -> Task {
        match self.purpose {
            Purpose::Speech => Task::Speech,
            Purpose::Embedding => Task::Embedding,
            _ => Task::Transcription,
        }
    }
}

/// Makes the call; `once` asks this model one time. The answer comes with the model that gave it (`provider/model`). The call is noted
/// whether or not anybody waits for its answer.
pub async fn make<T: Answer, F>(
    server: &Server,
    viewer: &Viewer,
    what: What,
    once: impl Fn(&Resolved) -> F + Send + Sync + 'static,
) -> Result<(T, String)>
where
    F: Future<Output = Result<(T, Label), LlmError>> + Send + 'static,
{
    let gone = CancellationToken::new();
    let _here = gone.clone().drop_guard();
    let (purpose, words) = (what.purpose, viewer.user.is_admin());
    let task = server.generations.task(run(server.clone(), viewer.who(), what, gone, once));
    match task.await.map_err(Error::internal)? {
        Ok(answer) => Ok(answer),
        Err(error) if error.kind == FailureKind::ContextTooLong => {
            let what = if purpose == Purpose::Speech { "text" } else { "recording" };
            Err(Error::new(Code::TooLarge, format!("The {what} is too long for the model.")))
        }
        Err(error) => Err(Error::upstream(&error.failure(words))),
    }
}

/// The answer of the first model that can.
async fn run<T: Answer, F>(
    server: Server,
    who: Who,
    mut what: What,
    gone: CancellationToken,
    once: impl Fn(&Resolved) -> F + Send + Sync + 'static,
) -> Result<(T, String), LlmError>
where
    F: Future<Output = Result<(T, Label), LlmError>> + Send + 'static,
{
    let mut asked = Vec::new();
    loop {
        asked.push(what.resolved.id.clone());
        let error = match one(&server, who.user_id, &what, &gone, || once(&what.resolved)).await {
            Ok(answer) => return Ok((answer, what.resolved.id)),
            Err(error) => error,
        };
        let more = error.is_of_provider() && asked.len() < MODELS && !gone.is_cancelled();
        let next = more.then(|| server.registry.next(&what.resolved, who)).flatten();
        let Some(next) = next.filter(|next| next.does(what.task()) && !asked.contains(&next.id)) else { return Err(error) };
        tracing::info!(from = what.resolved.id, to = next.id, "another model is asked");
        what.resolved = next;
    }
}

/// The answer of one model, and its line in the ledger.
pub async fn one<T: Answer, F>(
    server: &Server,
    user_id: Uuid,
    what: &What,
    gone: &CancellationToken,
    once: impl Fn() -> F,
) -> Result<T, LlmError>
where
    F: Future<Output = Result<(T, Label), LlmError>>,
{
    let mut meter = Meter::new(&what.resolved, what.purpose);
    let answer = tokio::select! {
        answer = ask(server, user_id, (&what.resolved, &mut meter), once) => Some(answer),
        () = gone.cancelled() => None,
    };
    let (status, failure) = match &answer {
        Some(Ok(answer)) => {
            meter.hear(&Delta::Text(answer.words().to_owned()));
            answer.usage().into_iter().for_each(|usage| meter.hear(&Delta::Usage(usage)));
            meter.measure(answer.seconds(), what.characters);
            (Status::Done, None)
        }
        Some(Err(error)) => (Status::Failed, Some(error.kind)),
        None => (Status::Stopped, None),
    };
    let words = answer.as_ref().and_then(|answer| answer.as_ref().ok()).map(Answer::words).unwrap_or_default();
    let estimate = Estimate { input: what.input, output: estimate_tokens(words) as u64 };
    if let Some(call) = meter.call(estimate, status, failure, server.clock.now())
        && let Err(cause) = generation::store(server, Change::Alone(user_id, Box::new(call))).await
    {
        tracing::error!(%cause, "a call could not be noted in the ledger");
    }
    answer.unwrap_or_else(|| Err(LlmError::new(FailureKind::Internal, "Nobody waits for the answer any more.")))
}

/// Asks, again where that may help.
async fn ask<T, F>(server: &Server, user_id: Uuid, asked: (&Resolved, &mut Meter), once: impl Fn() -> F) -> Result<T, LlmError>
where
    F: Future<Output = Result<(T, Label), LlmError>>,
{
    let (resolved, meter) = asked;
    let _permit = turn(resolved, user_id).await?;
    let mut delays = ExponentialBuilder::default().with_min_delay(Duration::from_millis(400)).with_jitter().with_max_times(RETRIES).build();
    loop {
        meter.ask(server.clock.now());
        let error = match once().await {
            Ok((answer, label)) => {
                meter.with(label.as_ref());
                return Ok(answer);
            }
            Err(error) => error,
        };
        if error.unasked {
            meter.unask();
        } else {
            meter.with(error.key.as_ref());
        }
        tracing::warn!(kind = ?error.kind, message = %error.message, model = resolved.id, "the provider failed");
        let patient = error.kind != FailureKind::Timeout && error.retry_after.is_none_or(|wait| wait <= WAIT_MAX);
        let Some(delay) = delays.next().filter(|_| error.is_retryable() && patient) else { return Err(error) };
        tokio::time::sleep(error.retry_after.map_or(delay, |wait| wait.max(delay))).await;
    }
}

/// Waits until it is the user's turn at the provider.
async fn turn(resolved: &Resolved, user_id: Uuid) -> Result<Permit, LlmError> {
    let mut waiting = match resolved.upstream.enter(user_id) {
        Ok(permit) => return Ok(permit),
        Err(waiting) => waiting,
    };
    let patience = resolved.upstream.bounds.queue;
    let late = |_| LlmError::new(FailureKind::Busy, format!("It waited {} s for its turn at the provider.", patience.as_secs()));
    tokio::time::timeout(patience, waiting.admitted()).await.map_err(late)
}
