//! Messages: rows of `messages`, read as branches from a leaf upwards.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use sqlx::types::Json;
use uuid::Uuid;

use super::context::PINNED;
use super::{Db, Text, on};
use crate::model::context::Strategy;
use crate::model::file::Attachment;
use crate::model::generation::{Failure, Notice, Status};
use crate::model::message::{Author, Message};
use crate::model::passage::Source;
use crate::model::setup::Setup;
use crate::model::usage::Used;

pub(super) const COLUMNS: &str = "m.id, m.chat_id, m.parent_id, m.role, m.content, m.reasoning, m.model, m.status, m.generation_id,
    m.usage, m.error, m.notices, m.attachments, m.created_at, m.pinned_at";

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Uuid,
    chat_id: Uuid,
    parent_id: Option<Uuid>,
    role: Text<Author>,
    content: String,
    reasoning: Option<String>,
    model: Option<String>,
    status: Text<Status>,
    generation_id: Option<Uuid>,
    usage: Option<Json<Used>>,
    error: Option<Json<Failure>>,
    notices: Option<Json<Vec<Notice>>>,
    attachments: Option<Json<Vec<Attachment>>>,
    created_at: DateTime<Utc>,
    pinned_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Set {
    #[sqlx(flatten)]
    message: Row,
    setup: Option<Json<Setup>>,
    context: Option<Text<Strategy>>,
    pinned: bool,
}

/// What a conversation's models are told, set to and shown.
#[derive(Clone, Default)]
pub struct Given {
    pub setup: Setup,
    pub strategy: Strategy,
    /// Some of its messages are pinned.
    pub pinned: bool,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            session_id: row.chat_id,
            parent_id: row.parent_id,
            role: row.role.0,
            content: row.content,
            reasoning: row.reasoning,
            model: row.model,
            status: row.status.0,
            generation_id: row.generation_id,
            usage: row.usage.map(|json| json.0),
            error: row.error.map(|json| json.0),
            notices: row.notices.map(|json| json.0).unwrap_or_default(),
            attachments: row.attachments.map(|json| json.0).unwrap_or_default(),
            created_at: row.created_at,
            pinned: row.pinned_at.is_some(),
        }
    }
}

/// The messages of [`Db`].
pub struct Messages<'a>(pub(super) &'a Db);

impl Db {
    pub fn messages(&self) -> Messages<'_> {
        Messages(self)
    }
}

impl Messages<'_> {
    /// The branch that ends in `leaf`, newest first, at most `limit` messages. Reads that many rows, however long the conversation.
    pub async fn branch(&self, leaf: Uuid, limit: i64) -> sqlx::Result<Vec<Message>> {
        let sql = format!(
            "WITH RECURSIVE branch (id, parent_id, depth) AS (
                SELECT id, parent_id, CAST(1 AS BIGINT) FROM messages WHERE id = $1
                UNION ALL
                SELECT p.id, p.parent_id, b.depth + 1 FROM branch b JOIN messages p ON p.id = b.parent_id WHERE b.depth < $2)
            SELECT {COLUMNS} FROM branch b JOIN messages m ON m.id = b.id ORDER BY b.depth"
        );
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(leaf).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Message::from).collect())
    }

    /// `(parent, id)` of every sibling of the newest `limit` messages of a branch, themselves included, oldest first.
    pub async fn siblings(&self, chat_id: Uuid, leaf: Uuid, limit: i64) -> sqlx::Result<Vec<(Option<Uuid>, Uuid)>> {
        let sql = "WITH RECURSIVE branch (id, parent_id, depth) AS (
                SELECT id, parent_id, CAST(1 AS BIGINT) FROM messages WHERE id = $2
                UNION ALL
                SELECT p.id, p.parent_id, b.depth + 1 FROM branch b JOIN messages p ON p.id = b.parent_id WHERE b.depth < $3)
            SELECT s.parent_id, s.id FROM branch b JOIN messages s ON s.chat_id = $1 AND s.parent_id = b.parent_id
            UNION ALL
            SELECT s.parent_id, s.id FROM branch b JOIN messages s ON s.chat_id = $1 AND s.parent_id IS NULL WHERE b.parent_id IS NULL
            ORDER BY 2";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(chat_id).bind(leaf).bind(limit).fetch_all(c).await)
    }

    /// The user's message with this id, unless its conversation is deleted.
    pub async fn find_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<Option<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM messages m JOIN chats c ON c.id = m.chat_id
            WHERE m.id = $1 AND c.user_id = $2 AND c.deleted_at IS NULL"
        );
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(id).bind(user_id).fetch_optional(c).await)?;
        Ok(row.map(Message::from))
    }

    /// The same, and what its conversation's models are told, set to and shown.
    pub async fn find_with_setup(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<Option<(Message, Given)>> {
        let sql = format!(
            "SELECT {COLUMNS}, c.setup, c.context, {PINNED} FROM messages m JOIN chats c ON c.id = m.chat_id
            WHERE m.id = $1 AND c.user_id = $2 AND c.deleted_at IS NULL"
        );
        let row: Option<Set> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(id).bind(user_id).fetch_optional(c).await)?;
        let given = |setup: Option<Json<Setup>>, context: Option<Text<Strategy>>, pinned| Given {
            setup: setup.map(|json| json.0).unwrap_or_default(),
            strategy: context.map(|text| text.0).unwrap_or_default(),
            pinned,
        };
        Ok(row.map(|row| (row.message.into(), given(row.setup, row.context, row.pinned))))
    }

    /// Of the newest `limit` messages of a branch, this model's answers and what its vendor wants back of them with the next question.
    pub async fn sealed(&self, leaf: Uuid, limit: i64, model: &str) -> sqlx::Result<Vec<(Uuid, String)>> {
        let sql = "WITH RECURSIVE branch (id, parent_id, depth) AS (
                SELECT id, parent_id, CAST(1 AS BIGINT) FROM messages WHERE id = $1
                UNION ALL
                SELECT p.id, p.parent_id, b.depth + 1 FROM branch b JOIN messages p ON p.id = b.parent_id WHERE b.depth < $2)
            SELECT m.id, m.sealed FROM branch b JOIN messages m ON m.id = b.id WHERE m.model = $3 AND m.sealed IS NOT NULL";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(leaf).bind(limit).bind(model).fetch_all(c).await)
    }

    /// What this answer can cite.
    pub async fn sources(&self, id: Uuid) -> sqlx::Result<Vec<Source>> {
        let sql = "SELECT sources FROM messages WHERE id = $1";
        let found: Option<Option<Json<Vec<Source>>>> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(id).fetch_optional(c).await)?;
        Ok(found.flatten().map(|json| json.0).unwrap_or_default())
    }

    /// Keeps what this answer can cite.
    pub async fn set_sources(&self, id: Uuid, sources: &[Source]) -> sqlx::Result<()> {
        let sql = "UPDATE messages SET sources = $2 WHERE id = $1";
        let sources = Some(Json(sources)).filter(|sources| !sources.0.is_empty());
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(sources).execute(c).await.map(drop))
    }

    /// The first message since then, on the branch that ends in this leaf.
    pub async fn first_since(&self, leaf: Uuid, since: DateTime<Utc>) -> sqlx::Result<Option<Uuid>> {
        let sql = "WITH RECURSIVE branch (id, parent_id, created_at, depth) AS (
                SELECT id, parent_id, created_at, CAST(1 AS BIGINT) FROM messages WHERE id = $1
                UNION ALL
                SELECT p.id, p.parent_id, p.created_at, b.depth + 1 FROM branch b JOIN messages p ON p.id = b.parent_id WHERE b.depth < 100000)
            SELECT id FROM branch WHERE created_at >= $2 ORDER BY depth DESC LIMIT 1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(leaf).bind(since).fetch_optional(c).await)
    }

    /// The questions that may follow this answer.
    pub async fn follow_ups(&self, id: Uuid) -> sqlx::Result<Vec<String>> {
        let sql = "SELECT follow_ups FROM messages WHERE id = $1";
        let found: Option<Option<Json<Vec<String>>>> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(id).fetch_optional(c).await)?;
        Ok(found.flatten().map(|json| json.0).unwrap_or_default())
    }

    /// Keeps the questions that may follow this answer, if it is a whole one.
    pub async fn set_follow_ups(&self, id: Uuid, questions: &[String]) -> sqlx::Result<()> {
        let sql = "UPDATE messages SET follow_ups = $2 WHERE id = $1 AND status = 'done'";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Json(questions)).execute(c).await.map(drop))
    }

    /// Every message of a conversation, all branches, oldest first, after this id.
    pub async fn list(&self, chat_id: Uuid, after: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<Message>> {
        let sql = format!("SELECT {COLUMNS} FROM messages m WHERE m.chat_id = $1 AND m.id > $2 ORDER BY m.id LIMIT $3");
        let after = after.unwrap_or(Uuid::nil());
        let rows: Vec<Row> =
            on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(chat_id).bind(after).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Message::from).collect())
    }

    /// The newest `limit` answers to this question, oldest first, and how many there are of all.
    pub async fn answers(&self, chat_id: Uuid, question_id: Uuid, limit: i64) -> sqlx::Result<(Vec<Message>, usize)> {
        let sql = format!("SELECT {COLUMNS} FROM messages m WHERE m.chat_id = $1 AND m.parent_id = $2 ORDER BY m.id DESC LIMIT $3");
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(chat_id).bind(question_id).bind(limit)
            .fetch_all(c).await)?;
        let sql = "SELECT COUNT(*) FROM messages WHERE chat_id = $1 AND parent_id = $2";
        let all: i64 = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(chat_id).bind(question_id).fetch_one(c).await)?;
        Ok((rows.into_iter().rev().map(Message::from).collect(), usize::try_from(all).unwrap_or_default()))
    }

    /// The messages below `top` on the branch that ends in `leaf`, newest first; nothing if it is not on that branch.
    pub async fn down_to(&self, leaf: Uuid, top: Uuid) -> sqlx::Result<Option<Vec<Uuid>>> {
        let sql = "WITH RECURSIVE branch (id, parent_id, depth) AS (
                SELECT id, parent_id, CAST(1 AS BIGINT) FROM messages WHERE id = $1
                UNION ALL
                SELECT p.id, p.parent_id, b.depth + 1 FROM branch b JOIN messages p ON p.id = b.parent_id WHERE b.id <> $2 AND b.depth < 100000)
            SELECT id FROM branch ORDER BY depth";
        let mut ids: Vec<Uuid> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(leaf).bind(top).fetch_all(c).await)?;
        Ok((ids.pop() == Some(top)).then_some(ids))
    }

    /// The newest message below this one: following the newest child each time.
    pub async fn newest_leaf(&self, chat_id: Uuid, from: Uuid) -> sqlx::Result<Uuid> {
        let sql = "WITH RECURSIVE down (id, depth) AS (
                SELECT id, CAST(1 AS BIGINT) FROM messages WHERE id = $2
                UNION ALL
                SELECT (SELECT n.id FROM messages n WHERE n.chat_id = $1 AND n.parent_id = d.id ORDER BY n.id DESC LIMIT 1), d.depth + 1
                FROM down d WHERE EXISTS (SELECT 1 FROM messages n WHERE n.chat_id = $1 AND n.parent_id = d.id))
            SELECT id FROM down ORDER BY depth DESC LIMIT 1";
        let row: Option<(Uuid,)> = on!(self.0.read(), c => sqlx::query_as(sql).bind(chat_id).bind(from).fetch_optional(c).await)?;
        Ok(row.map_or(from, |(id,)| id))
    }
}
