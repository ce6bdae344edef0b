//! Background work: rows of `jobs`. A worker claims a job for some time; one that is not heard of by then is claimed again.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Pool, Text, on};
use crate::model::job::{JobKind, JobState};

/// A job as it is queued.
#[derive(Clone)]
pub struct NewJob {
    pub id: Uuid,
    pub kind: JobKind,
    pub payload: Value,
    pub user_id: Option<Uuid>,
    pub run_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

/// A job is queued, unless it is one that its person has once at a time.
pub(super) const INSERT: &str = "INSERT INTO jobs (id, kind, payload, user_id, state, run_at, created_at)
    VALUES ($1, $2, $3, $4, 'queued', $5, $6) ON CONFLICT DO NOTHING";

/// Which jobs a worker takes.
#[derive(Clone, Copy, Debug)]
pub enum Lane {
    Any,
    /// Those of this kind only.
    Of(JobKind),
    /// All but those of this kind.
    But(JobKind),
}

impl Lane {
    /// The kind, and whether it is that one or the others.
    fn told(self) -> (Option<Text<JobKind>>, bool) {
        match self {
            Self::Any => (None, true),
            Self::Of(kind) => (Some(Text(kind)), true),
            Self::But(kind) => (Some(Text(kind)), false),
        }
    }
}

/// A job as it stands.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: Uuid,
    pub kind: JobKind,
    pub payload: Value,
    pub user_id: Option<Uuid>,
    pub state: JobState,
    /// How often it was begun.
    pub attempts: i64,
    /// Percent.
    pub progress: i64,
    pub error: Option<String>,
    pub result: Option<Value>,
    pub created_at: DateTime<Utc>,
    /// Not before.
    pub run_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct JobRow {
    id: Uuid,
    kind: Text<JobKind>,
    payload: Json<Value>,
    user_id: Option<Uuid>,
    state: Text<JobState>,
    attempts: i64,
    progress: i64,
    error: Option<String>,
    result: Option<Json<Value>>,
    created_at: DateTime<Utc>,
    run_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        let JobRow { id, kind, payload, user_id, state, attempts, progress, error, result, created_at, run_at, finished_at } = row;
        let (payload, result) = (payload.0, result.map(|result| result.0));
        Self { id, kind: kind.0, payload, user_id, state: state.0, attempts, progress, error, result, created_at, run_at, finished_at }
    }
}

macro_rules! columns {
    () => {
        "id, kind, payload, user_id, state, attempts, progress, error, result, created_at, run_at, finished_at"
    };
}

/// The jobs of [`Db`].
pub struct Jobs<'a>(&'a Db);

impl Db {
    pub fn jobs(&self) -> Jobs<'_> {
        Jobs(self)
    }
}

impl Jobs<'_> {
    /// Queues the job. False: of this kind a person has one at a time (exports), and it waits or runs.
    pub async fn insert(&self, job: &NewJob) -> sqlx::Result<bool> {
        on!(self.0.write(), c => {
            let query = sqlx::query(INSERT).bind(job.id).bind(Text(job.kind)).bind(Json(&job.payload)).bind(job.user_id);
            query.bind(job.run_at).bind(job.created_at).execute(c).await.map(|r| r.rows_affected() == 1)
        })
    }

    /// Notes that the worker of a running job lives. False: it runs no longer (cancelled).
    pub async fn touch(&self, id: Uuid, locked_until: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE jobs SET locked_until = $2 WHERE id = $1 AND state = 'running'";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(locked_until).execute(c).await.map(|r| r.rows_affected() == 1))
    }

    /// The next job of this lane that is due (or whose worker is not heard of), as this worker's until `locked_until`.
    pub async fn claim(&self, lane: Lane, now: DateTime<Utc>, locked_until: DateTime<Utc>) -> sqlx::Result<Option<Job>> {
        let due =
            "((state = 'queued' AND run_at <= $1) OR (state = 'running' AND locked_until <= $1)) AND ($2 IS NULL OR (kind = $2) = $3)";
        let (kind, of) = lane.told();
        // Nothing to do is the common case, and asking must not take the writer.
        let any = format!("SELECT 1 FROM jobs WHERE {due} LIMIT 1");
        let any: Option<i32> = match self.0.read() {
            Pool::Sqlite(c) => sqlx::query_scalar(sqlx::AssertSqlSafe(any)).bind(now).bind(kind).bind(of).fetch_optional(c).await?,
            Pool::Postgres(c) => sqlx::query_scalar(sqlx::AssertSqlSafe(any)).bind(now).bind(kind).bind(of).fetch_optional(c).await?,
        };
        if any.is_none() {
            return Ok(None);
        }
        // SQLite has one writer; PostgreSQL has to step over what others are claiming at this moment.
        let skip = if matches!(self.0, Db::Postgres(_)) { "FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE jobs SET state = 'running', attempts = attempts + 1, locked_until = $4
             WHERE id = (SELECT id FROM jobs WHERE {due} ORDER BY run_at, id LIMIT 1 {skip}) RETURNING {}",
            columns!()
        );
        let row: Option<JobRow> = on!(self.0.write(), c => {
            let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(kind).bind(of);
            query.bind(locked_until).fetch_optional(c).await
        })?;
        Ok(row.map(Job::from))
    }

    /// Notes how far a running job is, and that its worker lives. False: it runs no longer (cancelled).
    pub async fn progress(&self, id: Uuid, percent: i64, locked_until: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE jobs SET progress = $2, locked_until = $3 WHERE id = $1 AND state = 'running'";
        let rows = on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(percent).bind(locked_until).execute(c).await.map(|r| r.rows_affected()))?;
        Ok(rows == 1)
    }

    /// Ends a running job.
    pub async fn finish(&self, id: Uuid, outcome: Result<&Value, &str>, now: DateTime<Utc>) -> sqlx::Result<()> {
        let (state, result, error) = match outcome {
            Ok(result) => (JobState::Done, Some(Json(result)), None),
            Err(error) => (JobState::Failed, None, Some(error)),
        };
        let progress = if state == JobState::Done { 100 } else { 0 };
        let sql = "UPDATE jobs SET state = $2, result = $3, error = $4, finished_at = $5, locked_until = NULL,
            progress = CASE WHEN $6 > progress THEN $6 ELSE progress END WHERE id = $1 AND state = 'running'";
        on!(self.0.write(), c => {
            let query = sqlx::query(sql).bind(id).bind(Text(state)).bind(result).bind(error).bind(now);
            query.bind(i64::from(progress)).execute(c).await.map(drop)
        })
    }

    /// Puts a running job back into the queue.
    pub async fn retry(&self, id: Uuid, run_at: DateTime<Utc>, error: &str) -> sqlx::Result<()> {
        let sql = "UPDATE jobs SET state = 'queued', run_at = $2, error = $3, locked_until = NULL WHERE id = $1 AND state = 'running'";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(run_at).bind(error).execute(c).await.map(drop))
    }

    /// The user's last job of this kind.
    pub async fn last_of(&self, user_id: Uuid, kind: JobKind) -> sqlx::Result<Option<Job>> {
        let sql = concat!("SELECT ", columns!(), " FROM jobs WHERE user_id = $1 AND kind = $2 ORDER BY created_at DESC, id DESC LIMIT 1");
        let row: Option<JobRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).bind(Text(kind)).fetch_optional(c).await)?;
        Ok(row.map(Job::from))
    }

    /// The last job of this kind.
    pub async fn last_of_kind(&self, kind: JobKind) -> sqlx::Result<Option<Job>> {
        let sql = concat!("SELECT ", columns!(), " FROM jobs WHERE kind = $1 ORDER BY created_at DESC, id DESC LIMIT 1");
        let row: Option<JobRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(Text(kind)).fetch_optional(c).await)?;
        Ok(row.map(Job::from))
    }

    /// The jobs that were given up last.
    pub async fn last_failed(&self, limit: i64) -> sqlx::Result<Vec<Job>> {
        let sql = concat!("SELECT ", columns!(), " FROM jobs WHERE state = 'failed' ORDER BY finished_at DESC, id DESC LIMIT $1");
        let rows: Vec<JobRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Job::from).collect())
    }

    /// Those that run, then those that wait, the next first.
    pub async fn open(&self, limit: i64) -> sqlx::Result<Vec<Job>> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM jobs WHERE state IN ('queued', 'running') ORDER BY CASE state WHEN 'running' THEN 0 ELSE 1 END, run_at, id LIMIT $1"
        );
        let rows: Vec<JobRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Job::from).collect())
    }

    /// Jobs (in this state) older than this one, the newest first.
    pub async fn list(&self, state: Option<JobState>, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<Job>> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM jobs WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        );
        let rows: Vec<JobRow> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(state.map(Text)).bind(before).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Job::from).collect())
    }

    /// The job with this id.
    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<Job>> {
        let sql = concat!("SELECT ", columns!(), " FROM jobs WHERE id = $1");
        let row: Option<JobRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Job::from))
    }

    /// Queues anew what was given up or cancelled, or waits after a failure: as if it had never been begun. What has not been begun yet
    /// keeps its time. False: it runs, is done, or waits for its first time.
    pub async fn again(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE jobs SET state = 'queued', progress = 0, finished_at = NULL, locked_until = NULL,
            run_at = CASE WHEN attempts = 0 AND run_at > $2 THEN run_at ELSE $2 END, attempts = 0
            WHERE id = $1 AND (state IN ('failed', 'cancelled') OR (state = 'queued' AND attempts > 0))";
        match on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected())) {
            // Another one of those of which a person has one at a time was begun meanwhile.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            done => done.map(|rows| rows == 1),
        }
    }

    /// Cancels the job unless it has ended.
    pub async fn cancel(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql =
            "UPDATE jobs SET state = 'cancelled', finished_at = $2, locked_until = NULL WHERE id = $1 AND state IN ('queued', 'running')";
        let rows = on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
        Ok(rows == 1)
    }

    /// Removes the jobs (of one kind) that ended before then; answers how many.
    pub async fn delete_finished(&self, before: DateTime<Utc>, kind: Option<JobKind>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM jobs WHERE finished_at < $1 AND ($2 IS NULL OR kind = $2)";
        on!(self.0.write(), c => sqlx::query(sql).bind(before).bind(kind.map(Text)).execute(c).await.map(|r| r.rows_affected()))
    }

    /// Removes the jobs of this kind that were done, or cancelled, before then; what was given up stays to be looked at.
    pub async fn delete_done(&self, before: DateTime<Utc>, kind: JobKind) -> sqlx::Result<u64> {
        let sql = "DELETE FROM jobs WHERE finished_at < $1 AND kind = $2 AND state <> 'failed'";
        on!(self.0.write(), c => sqlx::query(sql).bind(before).bind(Text(kind)).execute(c).await.map(|r| r.rows_affected()))
    }

    /// Whether a job of this kind waits or runs.
    pub async fn is_due(&self, kind: JobKind) -> sqlx::Result<bool> {
        let sql = "SELECT 1 FROM jobs WHERE kind = $1 AND state IN ('queued', 'running') LIMIT 1";
        on!(self.0.read(), c => sqlx::query(sql).bind(Text(kind)).fetch_optional(c).await.map(|row| row.is_some()))
    }
}
