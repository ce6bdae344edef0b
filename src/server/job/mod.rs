//! Background work that survives a restart: queued in the database, claimed by a worker, retried with growing pauses.
//!
//! A job is begun at least once: its handler must not mind being run again after it was cut off.

mod alive;

use std::sync::Arc;
use std::time::Duration;

pub use alive::alive;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Semaphore;
use tracing::Instrument;
use uuid::Uuid;

use super::Server;
use super::bus::Word;
pub use super::db::Job;
use super::db::{self, Lane};
use super::error::{Error, Result};
use crate::model::job::JobKind;
use crate::server::service::{
    activity, alert, backup, digest, erasure, export, file, generation, import, inspection, mail, passage, provider, push, search, session,
    share, statistics, trace,
};

/// What this node does at a time, of each lane: questions to a model wait for that and take nothing of this machine, but half a minute of
/// them must not keep a mail waiting.
const LANES: [(Lane, usize); 2] = [(Lane::But(JobKind::Suggest), 2), (Lane::Of(JobKind::Suggest), 8)];
/// A worker that is not heard of for this long has died.
const LEASE: chrono::Duration = chrono::Duration::minutes(5);
/// How often the queue is looked at when nobody says that something was added.
const IDLE: Duration = Duration::from_secs(5);
/// How often a job is begun before it is given up.
pub const ATTEMPTS: i64 = 8;
/// Pause after the first failure; each further one is twice as long, up to [`PAUSE_MAX`].
const PAUSE: chrono::Duration = chrono::Duration::seconds(15);
const PAUSE_MAX: chrono::Duration = chrono::Duration::hours(1);
/// How long an ended job stays to be looked at.
const KEEP: chrono::Duration = chrono::Duration::days(14);
/// The same of one that comes every few minutes.
const KEEP_SHORT: chrono::Duration = chrono::Duration::hours(1);

/// Wakes the workers of this node.
#[derive(Default)]
pub struct Bell(tokio::sync::Notify);

/// Work to be queued.
pub struct NewJob {
    kind: JobKind,
    payload: Value,
    user_id: Option<Uuid>,
    after: chrono::Duration,
}

impl NewJob {
    /// Work of this kind, as soon as possible.
    pub fn new(kind: JobKind, payload: Value) -> Self {
        Self { kind, payload, user_id: None, after: chrono::Duration::zero() }
    }

    /// Whose work it is: it goes with the account.
    pub fn of(mut self, user_id: Uuid) -> Self {
        self.user_id = Some(user_id);
        self
    }

    /// Not before this time has passed.
    pub fn after(mut self, pause: chrono::Duration) -> Self {
        self.after = pause;
        self
    }
}

/// Why a job did not do its work. The text is for administrators.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// May succeed later.
    #[error("{0}")]
    Again(String),
    /// Never will.
    #[error("{0}")]
    Final(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Client(error) => Self::Final(error.message),
            other => Self::Again(other.to_string()),
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Again(error.to_string())
    }
}

/// Queues the work; answers the job's id.
pub async fn enqueue(server: &Server, job: NewJob) -> Result<Uuid> {
    Ok(queue(server, job).await?.0)
}

/// The same of work that a person has once at a time. False: it waits or runs already.
pub async fn enqueue_one(server: &Server, job: NewJob) -> Result<bool> {
    Ok(queue(server, job).await?.1)
}

async fn queue(server: &Server, job: NewJob) -> Result<(Uuid, bool)> {
    let (id, now) = (Uuid::now_v7(), server.clock.now());
    let NewJob { kind, payload, user_id, after } = job;
    let added = server.db.jobs().insert(&db::NewJob { id, kind, payload, user_id, run_at: now + after, created_at: now }).await?;
    ring(server);
    Ok((id, added))
}

/// Tells the workers that there is something to do.
pub fn ring(server: &Server) {
    ring_here(server);
    server.bus.tell(Word::Job);
}

/// Tells this node's workers.
pub fn ring_here(server: &Server) {
    server.bell.0.notify_waiters();
}

/// Notes how far a job is, in percent. False: it was cancelled, and its handler should end.
pub async fn progress(server: &Server, id: Uuid, percent: u8) -> Result<bool> {
    Ok(server.db.jobs().progress(id, i64::from(percent.min(100)), server.clock.now() + LEASE).await?)
}

/// Starts the workers.
pub fn start(server: &Server) {
    for (lane, most) in LANES {
        tokio::spawn(work(server.clone(), lane, most));
    }
}

/// Takes the jobs of this lane, so many at a time.
async fn work(server: Server, lane: Lane, most: usize) {
    let places = Arc::new(Semaphore::new(most));
    loop {
        // It is never closed.
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let rung = server.bell.0.notified();
        match next(&server, lane).await {
            Ok(Some(job)) => {
                let server = server.clone();
                tokio::spawn(async move {
                    if let Err(cause) = perform(&server, job).await {
                        tracing::error!(%cause, "the end of a job could not be noted");
                    }
                    drop(place);
                });
                continue;
            }
            Ok(None) => {}
            Err(cause) => tracing::error!(%cause, "the job queue could not be read"),
        }
        let _ = tokio::time::timeout(IDLE, rung).await;
    }
}

/// The next job that is due, as ours.
async fn next(server: &Server, lane: Lane) -> Result<Option<Job>> {
    let now = server.clock.now();
    Ok(server.db.jobs().claim(lane, now, now + LEASE).await?)
}

/// Runs the next job that is due, whichever it is. False: there was none.
pub async fn run_next(server: &Server) -> Result<bool> {
    let Some(job) = next(server, Lane::Any).await? else { return Ok(false) };
    perform(server, job).await?;
    Ok(true)
}

/// Does the job, and notes what became of it.
async fn perform(server: &Server, job: Job) -> Result<()> {
    let (id, kind, attempts) = (job.id, job.kind, job.attempts);
    let traced = server.telemetry.job(&job);
    let span = tracing::info_span!("job.run", %id, ?kind, trace_id = traced.trace_id(), span_id = traced.span_id());
    let handled = traced.within(async { handle(server, &job).await }).instrument(span);
    // A handler that panics must not take the worker with it.
    let outcome = match futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(handled)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::Again("the handler panicked".into())),
    };
    traced.done(outcome.is_ok());
    let (jobs, now) = (server.db.jobs(), server.clock.now());
    match outcome {
        Ok(result) => jobs.finish(id, Ok(&result), now).await?,
        Err(Failure::Again(error)) if attempts < ATTEMPTS => {
            let pause = pause(attempts);
            tracing::warn!(job = %id, ?kind, attempts, %error, seconds = pause.num_seconds(), "a job failed and will be tried again");
            jobs.retry(id, now + pause, &error).await?;
        }
        Err(failure) => {
            tracing::error!(job = %id, ?kind, attempts, error = %failure, "a job failed for good");
            jobs.finish(id, Err(&failure.to_string()), now).await?;
        }
    }
    Ok(())
}

/// The pause after so many attempts.
fn pause(attempts: i64) -> chrono::Duration {
    let doubled = PAUSE * 2_i32.pow(attempts.clamp(1, 12) as u32 - 1);
    doubled.min(PAUSE_MAX)
}

/// Who does what. On the heap: in one frame they would take the room of the largest for each of them.
fn handle<'a>(server: &'a Server, job: &'a Job) -> BoxFuture<'a, Result<Value, Failure>> {
    match job.kind {
        JobKind::Sweep => Box::pin(sweep(server)),
        JobKind::Export => Box::pin(export::run(server, job)),
        JobKind::Erase => Box::pin(erasure::run(server, job)),
        JobKind::Mail => Box::pin(mail::run(server, job)),
        JobKind::Read => Box::pin(file::read(server, job)),
        JobKind::Pull => Box::pin(provider::pulling(server, job)),
        JobKind::Embed => Box::pin(passage::embed(server, job)),
        JobKind::Statistics => Box::pin(statistics::run(server, job)),
        JobKind::Index => Box::pin(search::run(server, job)),
        JobKind::Backup => Box::pin(backup::run(server, job)),
        JobKind::Import => Box::pin(import::run(server, job)),
        JobKind::Alerts => Box::pin(alert::run(server, job)),
        JobKind::Suggest => Box::pin(generation::suggesting(server, job)),
        JobKind::Push => Box::pin(push::run(server, job)),
        JobKind::Digest => Box::pin(digest::run(server, job)),
    }
}

/// Removes what has expired.
async fn sweep(server: &Server) -> Result<Value, Failure> {
    let now = server.clock.now();
    session::sweep(server).await?;
    activity::prune(server).await?;
    activity::announce(server).await?;
    export::sweep(server).await?;
    mail::sweep(server).await?;
    file::sweep(server).await?;
    import::sweep(server).await?;
    let shares = share::sweep(server).await?;
    inspection::sweep(server).await?;
    server.db.pushes().delete_ended(now).await?;
    let tickets = server.db.tickets().delete_expired(now).await?;
    let jobs = server.db.jobs().delete_finished(now - KEEP, None).await?;
    alert::sweep(server).await?;
    trace::sweep(server).await?;
    digest::sweep(server).await?;
    // Every few minutes one more, of which nobody wants to read.
    let counted = server.db.jobs().delete_finished(now - KEEP_SHORT, Some(JobKind::Statistics)).await?;
    let watched = server.db.jobs().delete_finished(now - KEEP_SHORT, Some(JobKind::Alerts)).await?;
    // With every answer one more of each.
    let told = server.db.jobs().delete_finished(now - KEEP_SHORT, Some(JobKind::Push)).await?;
    let asked = server.db.jobs().delete_done(now - KEEP_SHORT, JobKind::Suggest).await?;
    Ok(serde_json::json!({"tickets": tickets, "jobs": jobs + counted + watched + told + asked, "shares": shares}))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::job::JobState;
    use crate::server::clock::Clock;
    use crate::server::db::testing::databases;
    use crate::server::testing::server;

    #[tokio::test]
    async fn a_job_is_run_once_by_one_of_many_workers() {
        for test in databases().await {
            let server = server(test.db.clone(), Clock::default()).await;
            let id = enqueue(&server, NewJob::new(JobKind::Sweep, json!({}))).await.unwrap();
            let (a, b, c) = tokio::join!(run_next(&server), run_next(&server), run_next(&server));
            let ran = [a, b, c].into_iter().filter(|ran| *ran.as_ref().unwrap()).count();
            assert_eq!(ran, 1, "{}", test.engine);
            let job = server.db.jobs().find(id).await.unwrap().unwrap();
            assert_eq!((job.state, job.attempts, job.progress), (JobState::Done, 1, 100));
        }
    }

    #[tokio::test]
    async fn a_job_waits_for_its_time_and_is_taken_over_when_its_worker_died() {
        for test in databases().await {
            let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
            let server = server(test.db.clone(), clock.clone()).await;
            enqueue(&server, NewJob::new(JobKind::Sweep, json!({})).after(chrono::Duration::minutes(1))).await.unwrap();
            assert!(!run_next(&server).await.unwrap(), "too early");
            clock.advance(chrono::Duration::minutes(1));
            let claimed = server.db.jobs().claim(Lane::Any, clock.now(), clock.now() + LEASE).await.unwrap().unwrap();
            assert!(!run_next(&server).await.unwrap(), "somebody is at it");
            clock.advance(LEASE);
            assert!(run_next(&server).await.unwrap());
            assert_eq!(server.db.jobs().find(claimed.id).await.unwrap().unwrap().attempts, 2, "{}", test.engine);
        }
    }

    #[tokio::test]
    async fn a_cancelled_job_is_not_run_and_hears_of_it() {
        for test in databases().await {
            let server = server(test.db.clone(), Clock::default()).await;
            let id = enqueue(&server, NewJob::new(JobKind::Sweep, json!({}))).await.unwrap();
            let now = server.clock.now();
            server.db.jobs().claim(Lane::Any, now, now + LEASE).await.unwrap().unwrap();
            assert!(progress(&server, id, 40).await.unwrap());
            assert!(server.db.jobs().cancel(id, now).await.unwrap());
            assert!(!progress(&server, id, 50).await.unwrap());
            server.db.jobs().finish(id, Ok(&json!(1)), now).await.unwrap();
            assert_eq!(server.db.jobs().find(id).await.unwrap().unwrap().state, JobState::Cancelled, "{}", test.engine);
        }
    }

    #[tokio::test]
    async fn each_lane_takes_its_own_jobs_and_what_was_done_goes_before_what_was_given_up() {
        for test in databases().await {
            let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
            let server = server(test.db.clone(), clock.clone()).await;
            let [asks, sweeps, fails] = [JobKind::Suggest, JobKind::Sweep, JobKind::Suggest].map(|kind| NewJob::new(kind, json!({})));
            let (asks, sweeps) = (enqueue(&server, asks).await.unwrap(), enqueue(&server, sweeps).await.unwrap());
            let [but, of] = [LANES[0].0, LANES[1].0];
            let taken = async |lane| next(&server, lane).await.unwrap().map(|job| job.id);
            assert_eq!((taken(but).await, taken(but).await), (Some(sweeps), None), "{}", test.engine);
            assert_eq!((taken(of).await, taken(of).await), (Some(asks), None), "{}", test.engine);
            let fails = enqueue(&server, fails).await.unwrap();
            assert_eq!(taken(Lane::Any).await, Some(fails), "{}", test.engine);
            let jobs = server.db.jobs();
            jobs.finish(asks, Ok(&json!({})), clock.now()).await.unwrap();
            jobs.finish(fails, Err("no"), clock.now()).await.unwrap();
            clock.advance(KEEP_SHORT + chrono::Duration::seconds(1));
            assert_eq!(jobs.delete_done(clock.now() - KEEP_SHORT, JobKind::Suggest).await.unwrap(), 1, "{}", test.engine);
            assert!(jobs.find(fails).await.unwrap().is_some() && jobs.find(asks).await.unwrap().is_none(), "{}", test.engine);
        }
    }

    #[test]
    fn pauses_grow_up_to_an_hour() {
        assert_eq!([1, 2, 3, 8, 99].map(|n| pause(n).num_seconds()), [15, 30, 60, 1920, 3600]);
    }
}
