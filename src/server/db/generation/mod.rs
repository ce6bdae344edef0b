//! Runs: rows of `generations` and their log. How they begin and end is in `change`.

mod change;

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use sqlx::types::Json;
use uuid::Uuid;

pub use change::{Change, Clash, NewChat, NewRun, Outcome, RunKind, clash, request_of};

use super::{Db, Text, on, tx};
use crate::model::chat::Started;
use crate::model::generation::{Failure, Status, Usage};
use crate::model::trace::{Trace, TracedRun};
use crate::model::usage::Used;

/// Part of a run's log: its events `first..=last` as a JSON array.
#[derive(Clone)]
pub struct Logged {
    pub generation_id: Uuid,
    pub first: i64,
    pub last: i64,
    pub events: String,
}

/// What an answer was before a run went on with it.
#[derive(Default)]
pub struct Base {
    pub content: String,
    pub reasoning: String,
    pub used: Option<Used>,
}

/// A run that says it is running.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Orphan {
    pub id: Uuid,
    pub user_id: Uuid,
    pub chat_id: Uuid,
    pub message_id: Uuid,
    /// `provider/model`.
    pub model: String,
    pub started_at: DateTime<Utc>,
}

/// A run that a node has taken to write.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Taken {
    pub id: Uuid,
    pub user_id: Uuid,
    pub chat_id: Uuid,
    pub message_id: Uuid,
    /// `provider/model`.
    pub model: String,
    /// The conversation began with it.
    pub first: bool,
}

/// A run that is being written.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Running {
    pub id: Uuid,
    pub user_id: Uuid,
    /// `provider/model`.
    pub model: String,
    /// Empty: it waits for a worker.
    pub node: String,
    pub started_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    id: Uuid,
    chat_id: Uuid,
    message_id: Uuid,
    parent_id: Option<Uuid>,
    model: String,
    status: Text<Status>,
    last_seq: i64,
    usage: Option<Json<Used>>,
    error: Option<Json<Failure>>,
    started_at: DateTime<Utc>,
}

/// A run as it is stored.
pub struct Found {
    pub started: Started,
    pub status: Status,
    pub last_seq: i64,
    pub usage: Option<Used>,
    pub error: Option<Failure>,
    pub started_at: DateTime<Utc>,
}

impl From<FoundRow> for Found {
    fn from(row: FoundRow) -> Self {
        let started = Started {
            chat_id: row.chat_id,
            question_id: row.parent_id,
            message_id: row.message_id,
            generation_id: row.id,
            model: row.model,
        };
        let (usage, error) = (row.usage.map(|json| json.0), row.error.map(|json| json.0));
        Self { started, status: row.status.0, last_seq: row.last_seq, usage, error, started_at: row.started_at }
    }
}

#[derive(sqlx::FromRow)]
struct TracedRow {
    id: Uuid,
    message_id: Uuid,
    chat_id: Uuid,
    user_id: Uuid,
    name: String,
    model: String,
    status: Text<Status>,
    error: Option<Json<Failure>>,
    usage: Option<Json<Used>>,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    trace: Option<Json<Trace>>,
}

impl From<TracedRow> for TracedRun {
    fn from(row: TracedRow) -> Self {
        Self {
            generation_id: row.id,
            message_id: row.message_id,
            session_id: row.chat_id,
            user_id: row.user_id,
            user_name: row.name,
            model: row.model,
            status: row.status.0,
            failure: row.error.map(|error| error.0.kind),
            used: row.usage.map(|used| used.0),
            started_at: row.started_at,
            finished_at: row.finished_at,
            trace: row.trace.map(|trace| trace.0),
        }
    }
}

const FOUND: &str = "SELECT g.id, g.chat_id, g.message_id, m.parent_id, g.model, g.status, g.last_seq, g.usage, g.error, g.started_at
    FROM generations g JOIN messages m ON m.id = g.message_id JOIN chats c ON c.id = g.chat_id";

/// The runs of [`Db`].
pub struct Generations<'a>(&'a Db);

impl Db {
    pub fn generations(&self) -> Generations<'_> {
        Generations(self)
    }
}

impl Generations<'_> {
    /// The user's run with this id.
    pub async fn find_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<Option<Found>> {
        let sql = format!("{FOUND} WHERE g.id = $1 AND g.user_id = $2 AND c.deleted_at IS NULL");
        let row: Option<FoundRow> =
            on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(user_id).fetch_optional(c).await)?;
        Ok(row.map(Found::from))
    }

    /// The user's run that this request began.
    pub async fn find_by_request(&self, user_id: Uuid, request_id: &str) -> sqlx::Result<Option<Found>> {
        let sql = format!("{FOUND} WHERE g.user_id = $1 AND g.request_id = $2");
        let row: Option<FoundRow> =
            on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user_id).bind(request_id).fetch_optional(c).await)?;
        Ok(row.map(Found::from))
    }

    /// Anybody's run: by its id, by that of its message, or by that of a line of the ledger.
    pub async fn traced(&self, id: Uuid) -> sqlx::Result<Option<TracedRun>> {
        let sql = "SELECT g.id, g.message_id, g.chat_id, g.user_id, u.name, g.model, g.status, g.error, g.usage, g.started_at, g.finished_at, g.trace
            FROM generations g JOIN users u ON u.id = g.user_id WHERE g.id = COALESCE(
            (SELECT m.generation_id FROM messages m WHERE m.id = $1),
            (SELECT m.generation_id FROM ledger l JOIN messages m ON m.id = l.message_id WHERE l.id = $1), $1)";
        let row: Option<TracedRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(TracedRun::from))
    }

    /// Takes out the traces of runs that had ended before this.
    pub async fn forget_traces(&self, before: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "UPDATE generations SET trace = NULL WHERE trace IS NOT NULL AND finished_at < $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(before).execute(c).await.map(|done| done.rows_affected()))
    }

    /// Another model answers than the one that was chosen.
    pub async fn answers(&self, id: Uuid, message_id: Uuid, model: &str) -> sqlx::Result<()> {
        tx!(self.0, tx => {
            let sql = "UPDATE generations SET model = $2 WHERE id = $1";
            sqlx::query(sql).bind(id).bind(model).execute(&mut *tx).await?;
            let sql = "UPDATE messages SET model = $2 WHERE id = $1";
            sqlx::query(sql).bind(message_id).bind(model).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Appends parts of the logs of many runs in one transaction.
    pub async fn append(&self, parts: &[Logged]) -> sqlx::Result<()> {
        tx!(self.0, tx => {
            // 4 values a row; SQLite takes 32,766 of them in a statement.
            for some in parts.chunks(500) {
                let mut insert = QueryBuilder::new("INSERT INTO generation_log (generation_id, first_seq, last_seq, events) ");
                insert.push_values(some, |mut row, part| {
                    row.push_bind(part.generation_id).push_bind(part.first).push_bind(part.last).push_bind(part.events.as_str());
                });
                // Who took this node for dead has stored them before, as far as they were known elsewhere.
                insert.push(" ON CONFLICT DO NOTHING");
                // The text depends on the number of parts, so it is not worth keeping.
                insert.build().persistent(false).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Says that this node's runs are alive. Answers those that nobody else has ended.
    pub async fn heartbeat(&self, node: &str, now: DateTime<Utc>) -> sqlx::Result<Vec<Uuid>> {
        let sql = "UPDATE generations SET heartbeat_at = $2 WHERE node = $1 AND status = 'running' RETURNING id";
        on!(self.0.write(), c => sqlx::query_scalar(sql).bind(node).bind(now).fetch_all(c).await)
    }

    /// Those of these runs that somebody else called interrupted while nobody has gone on from there: their own end still counts.
    pub async fn returning(&self, runs: &[Uuid]) -> sqlx::Result<Vec<Uuid>> {
        let mut found = Vec::new();
        for run in runs {
            let sql = concat!("SELECT id FROM generations WHERE id = $1 AND ", change::returns!());
            let one: Option<Uuid> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(run).fetch_optional(c).await)?;
            found.extend(one);
        }
        Ok(found)
    }

    /// What is stored of how it ended, and the tokens that the ledger has of it from who ended it in its place. None: it is gone.
    pub async fn instead(&self, run: Uuid) -> sqlx::Result<Option<(Status, Usage)>> {
        let sql = "SELECT g.status, CAST(COALESCE(SUM(l.input_tokens), 0) AS BIGINT), CAST(COALESCE(SUM(l.output_tokens), 0) AS BIGINT)
            FROM generations g LEFT JOIN ledger l ON l.message_id = g.message_id AND l.started_at = g.started_at AND l.outcome = 'interrupted'
            WHERE g.id = $1 GROUP BY g.status";
        let row: Option<(Text<Status>, i64, i64)> = on!(self.0.write(), c => sqlx::query_as(sql).bind(run).fetch_optional(c).await)?;
        Ok(row.map(|(status, input, output)| (status.0, Usage::new(input.unsigned_abs(), output.unsigned_abs()))))
    }

    /// Takes the run that waits longest for a node to write it. Of two nodes that ask at once, each gets another one.
    pub async fn take(&self, node: &str, now: DateTime<Utc>) -> sqlx::Result<Option<Taken>> {
        let lock = if matches!(self.0, Db::Postgres(_)) { " FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE generations SET node = $1, heartbeat_at = $2 WHERE id = (SELECT id FROM generations
                WHERE status = 'running' AND node = '' ORDER BY started_at LIMIT 1{lock}) AND node = ''
            RETURNING id, user_id, chat_id, message_id, model,
                seat = 0 AND EXISTS (SELECT 1 FROM chats c WHERE c.id = chat_id AND c.created_at = generations.started_at) AS first"
        );
        on!(self.0.write(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(node).bind(now).fetch_optional(c).await)
    }

    /// The runs of all nodes that are being written, the longest at it first.
    pub async fn running(&self) -> sqlx::Result<Vec<Running>> {
        let sql = "SELECT id, user_id, model, node, started_at FROM generations WHERE status = 'running' ORDER BY started_at, id";
        on!(self.0.read(), c => sqlx::query_as(sql).fetch_all(c).await)
    }

    /// How many runs of somebody's are being written, wherever.
    pub async fn running_of(&self, user_id: Uuid) -> sqlx::Result<i64> {
        let sql = "SELECT COUNT(*) FROM generations WHERE status = 'running' AND user_id = $1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).fetch_one(c).await)
    }

    /// Runs that say they are running: this node's, and others' that were silent since `silent_since`. A node that says by itself that it
    /// lives is not judged by that: clocks differ.
    pub async fn orphans(&self, node: Option<&str>, silent_since: DateTime<Utc>) -> sqlx::Result<Vec<Orphan>> {
        let sql = "SELECT id, user_id, chat_id, message_id, model, started_at FROM generations WHERE status = 'running'
            AND ((node = $1 AND $1 <> '') OR (heartbeat_at < $2 AND node <> '' AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = generations.node)))";
        let node = node.unwrap_or_default();
        on!(self.0.read(), c => sqlx::query_as(sql).bind(node).bind(silent_since).fetch_all(c).await)
    }

    /// The run's stored events after `after`, in order: `(first, last, JSON array)`.
    pub async fn log(&self, id: Uuid, after: i64) -> sqlx::Result<Vec<(i64, i64, String)>> {
        let sql = "SELECT first_seq, last_seq, events FROM generation_log WHERE generation_id = $1 AND last_seq > $2 ORDER BY first_seq";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(id).bind(after).fetch_all(c).await)
    }

    /// The text that a message had before this run, and what it had used, for the rest of an answer.
    pub async fn base(&self, message_id: Uuid) -> sqlx::Result<Option<Base>> {
        let sql = "SELECT content, reasoning, usage FROM messages WHERE id = $1";
        let row: Option<(String, Option<String>, Option<Json<Used>>)> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(message_id).fetch_optional(c).await)?;
        let base = |(content, reasoning, used): (_, Option<_>, Option<Json<_>>)| Base {
            content,
            reasoning: reasoning.unwrap_or_default(),
            used: used.map(|json| json.0),
        };
        Ok(row.map(base))
    }

    /// Removes the logs of runs that ended before this time: their messages hold the text.
    pub async fn prune(&self, ended_before: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM generation_log WHERE generation_id IN
            (SELECT id FROM generations WHERE status <> 'running' AND finished_at < $1)";
        on!(self.0.write(), c => sqlx::query(sql).bind(ended_before).execute(c).await.map(|done| done.rows_affected()))
    }
}
