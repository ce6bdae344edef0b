//! Runs: rows of `generations` and their log, and the transactions that begin and end a run.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Text, on, tx};
use crate::model::chat::Started;
use crate::model::generation::{Failure, Notice, Status, Usage};

/// All that begins a run, in one transaction.
pub struct NewRun {
    pub started: Started,
    pub user_id: Uuid,
    pub request_id: Option<String>,
    pub node: String,
    pub now: DateTime<Utc>,
    pub kind: RunKind,
}

/// What a run is to write.
pub enum RunKind {
    /// A question, in a new conversation with this title or below `parent`, and its answer.
    Question { title: Option<String>, parent: Option<Uuid>, text: String },
    /// One more answer to this question.
    Answer { parent: Uuid },
    /// The rest of an answer that has ended early.
    Rest,
}

/// Part of a run's log: its events `first..=last` as a JSON array.
pub struct Logged {
    pub generation_id: Uuid,
    pub first: i64,
    pub last: i64,
    pub events: String,
}

/// How a run ended, with all that is stored of it.
pub struct Outcome {
    pub generation_id: Uuid,
    pub chat_id: Uuid,
    pub message_id: Uuid,
    pub status: Status,
    pub content: String,
    pub reasoning: Option<String>,
    pub notices: Vec<Notice>,
    pub usage: Option<Usage>,
    pub error: Option<Failure>,
    pub last_seq: i64,
    /// The part of the log that is not stored yet.
    pub tail: Option<Logged>,
    pub now: DateTime<Utc>,
}

/// A run that says it is running.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Orphan {
    pub id: Uuid,
    pub chat_id: Uuid,
    pub message_id: Uuid,
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
    usage: Option<Json<Usage>>,
    error: Option<Json<Failure>>,
}

/// A run as it is stored.
pub struct Found {
    pub started: Started,
    pub status: Status,
    pub last_seq: i64,
    pub usage: Option<Usage>,
    pub error: Option<Failure>,
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
        Self { started, status: row.status.0, last_seq: row.last_seq, usage, error }
    }
}

const FOUND: &str = "SELECT g.id, g.chat_id, g.message_id, m.parent_id, g.model, g.status, g.last_seq, g.usage, g.error
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

    /// Stores the question, the empty answer and the run, or nothing.
    /// A second run in the same conversation, or with the same request id, is a unique violation.
    pub async fn begin(&self, run: &NewRun) -> sqlx::Result<()> {
        let Started { chat_id, question_id, message_id, generation_id, model } = &run.started;
        tx!(self.0, tx => {
            let (new_chat, title) = match &run.kind {
                RunKind::Question { title: Some(title), .. } => (true, title.as_str()),
                _ => (false, ""),
            };
            if new_chat {
                let sql = "INSERT INTO chats (id, user_id, title, model, leaf_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)";
                sqlx::query(sql).bind(chat_id).bind(run.user_id).bind(title).bind(model).bind(message_id).bind(run.now).execute(&mut *tx).await?;
            } else {
                let sql = "UPDATE chats SET model = $2, leaf_id = $3, updated_at = $4 WHERE id = $1";
                sqlx::query(sql).bind(chat_id).bind(model).bind(message_id).bind(run.now).execute(&mut *tx).await?;
            }
            let question = "INSERT INTO messages (id, chat_id, parent_id, role, content, status, created_at) VALUES ($1, $2, $3, 'user', $4, 'done', $5)";
            let answer = "INSERT INTO messages (id, chat_id, parent_id, role, content, model, status, generation_id, created_at)
                VALUES ($1, $2, $3, 'assistant', '', $4, 'running', $5, $6)";
            match &run.kind {
                RunKind::Question { parent, text, .. } => {
                    sqlx::query(question).bind(question_id).bind(chat_id).bind(parent).bind(text).bind(run.now).execute(&mut *tx).await?;
                    sqlx::query(answer).bind(message_id).bind(chat_id).bind(question_id).bind(model).bind(generation_id).bind(run.now).execute(&mut *tx).await?;
                }
                RunKind::Answer { parent } => {
                    sqlx::query(answer).bind(message_id).bind(chat_id).bind(parent).bind(model).bind(generation_id).bind(run.now).execute(&mut *tx).await?;
                }
                RunKind::Rest => {
                    let sql = "UPDATE messages SET status = 'running', generation_id = $2, error = NULL, notices = NULL WHERE id = $1";
                    sqlx::query(sql).bind(message_id).bind(generation_id).execute(&mut *tx).await?;
                }
            }
            let sql = "INSERT INTO generations (id, user_id, chat_id, message_id, request_id, model, node, status, last_seq, started_at, heartbeat_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, 'running', 0, $8, $8)";
            sqlx::query(sql).bind(generation_id).bind(run.user_id).bind(chat_id).bind(message_id).bind(&run.request_id).bind(model)
                .bind(&run.node).bind(run.now).execute(&mut *tx).await?;
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
                insert.build().execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Ends a run: the rest of the log, the message and the status, in one transaction.
    /// False when somebody else ended it before: then nothing is changed.
    pub async fn finish(&self, end: &Outcome) -> sqlx::Result<bool> {
        let flipped = tx!(self.0, tx => {
            let sql = "UPDATE generations SET status = $2, usage = $3, error = $4, last_seq = $5, finished_at = $6 WHERE id = $1 AND status = 'running'";
            let done = sqlx::query(sql).bind(end.generation_id).bind(Text(end.status)).bind(end.usage.map(Json)).bind(end.error.as_ref().map(Json))
                .bind(end.last_seq).bind(end.now).execute(&mut *tx).await?;
            let flipped = done.rows_affected() == 1;
            if flipped {
                if let Some(tail) = &end.tail {
                    let sql = "INSERT INTO generation_log (generation_id, first_seq, last_seq, events) VALUES ($1, $2, $3, $4)";
                    sqlx::query(sql).bind(tail.generation_id).bind(tail.first).bind(tail.last).bind(&tail.events).execute(&mut *tx).await?;
                }
                let sql = "UPDATE messages SET status = $2, content = $3, reasoning = $4, usage = $5, error = $6, notices = $7 WHERE id = $1";
                let notices = (!end.notices.is_empty()).then_some(Json(&end.notices));
                sqlx::query(sql).bind(end.message_id).bind(Text(end.status)).bind(&end.content).bind(&end.reasoning).bind(end.usage.map(Json))
                    .bind(end.error.as_ref().map(Json)).bind(notices).execute(&mut *tx).await?;
            }
            flipped
        });
        Ok(flipped)
    }

    /// Says that this node's runs are alive.
    pub async fn heartbeat(&self, node: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE generations SET heartbeat_at = $2 WHERE node = $1 AND status = 'running'";
        on!(self.0.write(), c => sqlx::query(sql).bind(node).bind(now).execute(c).await.map(drop))
    }

    /// Runs that say they are running: this node's, and others' that were silent since `silent_since`.
    pub async fn orphans(&self, node: Option<&str>, silent_since: DateTime<Utc>) -> sqlx::Result<Vec<Orphan>> {
        let sql = "SELECT id, chat_id, message_id FROM generations WHERE status = 'running' AND (node = $1 OR heartbeat_at < $2)";
        let node = node.unwrap_or_default();
        on!(self.0.read(), c => sqlx::query_as(sql).bind(node).bind(silent_since).fetch_all(c).await)
    }

    /// The run's stored events after `after`, in order: `(first, last, JSON array)`.
    pub async fn log(&self, id: Uuid, after: i64) -> sqlx::Result<Vec<(i64, i64, String)>> {
        let sql = "SELECT first_seq, last_seq, events FROM generation_log WHERE generation_id = $1 AND last_seq > $2 ORDER BY first_seq";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(id).bind(after).fetch_all(c).await)
    }

    /// The text that a message had before this run, for the rest of an answer.
    pub async fn base(&self, message_id: Uuid) -> sqlx::Result<Option<(String, Option<String>)>> {
        let sql = "SELECT content, reasoning FROM messages WHERE id = $1";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(message_id).fetch_optional(c).await)
    }

    /// Removes the logs of runs that ended before this time: their messages hold the text.
    pub async fn prune(&self, ended_before: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM generation_log WHERE generation_id IN
            (SELECT id FROM generations WHERE status <> 'running' AND finished_at < $1)";
        on!(self.0.write(), c => sqlx::query(sql).bind(ended_before).execute(c).await.map(|done| done.rows_affected()))
    }
}

/// Which uniqueness a failed [`Generations::begin`] broke.
pub enum Clash {
    /// The request id was used before.
    Request,
    /// The conversation has a running answer.
    Running,
}

/// Tells a clash from other errors. SQLite names the columns, PostgreSQL the constraint.
pub fn clash(error: &sqlx::Error) -> Option<Clash> {
    let error = error.as_database_error().filter(|error| error.is_unique_violation())?;
    let named = error.constraint().unwrap_or_else(|| error.message());
    if named.contains("request_id") { Some(Clash::Request) } else { Some(Clash::Running) }
}
