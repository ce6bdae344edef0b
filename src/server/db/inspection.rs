//! Everybody's conversations, for administrators: what is known of them, and rows of `inspections`, the leave to read one.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

use super::chat::{COLUMNS as CHAT, FROM as FROM_CHATS, Found, Row as ChatRow};
use super::context::PINNED;
use super::{Db, on};
use crate::model::inspection::{Access, Metadata};

/// What is known of a conversation without a word of it.
const KNOWN: &str = "SELECT c.id, c.user_id, u.name, c.model, c.created_at, c.updated_at,
    (SELECT COUNT(*) FROM messages m WHERE m.chat_id = c.id) AS messages,
    (SELECT CAST(COALESCE(SUM(LENGTH(m.content)), 0) AS BIGINT) FROM messages m WHERE m.chat_id = c.id) AS characters,
    (SELECT COUNT(*) FROM shares s WHERE s.chat_id = c.id) AS links,
    (SELECT COUNT(*) FROM reports r WHERE r.chat_id = c.id AND r.state = 'open') AS reports
    FROM chats c JOIN users u ON u.id = c.user_id";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    user_id: Uuid,
    name: String,
    model: Option<String>,
    messages: i64,
    characters: i64,
    links: i64,
    reports: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Metadata {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            owner_id: row.user_id,
            owner_name: row.name,
            model: row.model,
            messages: row.messages.unsigned_abs(),
            characters: row.characters.unsigned_abs(),
            links: row.links.unsigned_abs(),
            reports: row.reports.unsigned_abs(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

#[derive(sqlx::FromRow)]
struct AccessRow {
    reason: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// Which conversations are asked for. Absent: any.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub owner: Option<Uuid>,
    pub model: Option<String>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// At least so many messages.
    pub messages: Option<u32>,
    pub reported: Option<bool>,
    /// Only those after this one.
    pub after: Option<(DateTime<Utc>, Uuid)>,
}

/// The inspections of [`Db`].
pub struct Inspections<'a>(&'a Db);

impl Db {
    pub fn inspections(&self) -> Inspections<'_> {
        Inspections(self)
    }
}

impl Inspections<'_> {
    /// Conversations that are not deleted, last written first. The page's ids are found within an index; only then their messages are counted.
    pub async fn list(&self, filter: &Filter, limit: i64) -> sqlx::Result<Vec<Metadata>> {
        let rows: Vec<Row> = on!(self.0.read(), c => {
            let mut query = QueryBuilder::new(format!("{KNOWN} JOIN (SELECT id FROM chats WHERE deleted_at IS NULL"));
            if let Some(owner) = filter.owner {
                query.push(" AND user_id = ").push_bind(owner);
            }
            if let Some(model) = &filter.model {
                query.push(" AND model = ").push_bind(model.as_str());
            }
            if let Some(since) = filter.since {
                query.push(" AND updated_at >= ").push_bind(since);
            }
            if let Some(until) = filter.until {
                query.push(" AND updated_at < ").push_bind(until);
            }
            if let Some(least) = filter.messages {
                // No more are counted than are asked for.
                query.push(format!(
                    " AND (SELECT COUNT(*) FROM (SELECT 1 FROM messages m WHERE m.chat_id = chats.id LIMIT {least}) n) >= {least}"
                ));
            }
            match filter.reported {
                Some(true) => _ = query.push(" AND id IN (SELECT r.chat_id FROM reports r WHERE r.state = 'open')"),
                Some(false) => {
                    query.push(" AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.chat_id = chats.id AND r.state = 'open')");
                }
                None => {}
            }
            if let Some((at, id)) = filter.after {
                query.push(" AND (updated_at, id) < (").push_bind(at).push(", ").push_bind(id).push(")");
            }
            // As a number and not bound, as in the list of people.
            query.push(format!(" ORDER BY updated_at DESC, id DESC LIMIT {limit}) k ON k.id = c.id ORDER BY c.updated_at DESC, c.id DESC"));
            query.build_query_as().fetch_all(c).await
        })?;
        Ok(rows.into_iter().map(Metadata::from).collect())
    }

    /// What is known of a conversation, unless it is deleted.
    pub async fn find(&self, chat_id: Uuid) -> sqlx::Result<Option<Metadata>> {
        let sql = format!("{KNOWN} WHERE c.id = $1 AND c.deleted_at IS NULL");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(chat_id).fetch_optional(c).await)?;
        Ok(row.map(Metadata::from))
    }

    /// A conversation, whosever it is, unless it is deleted. Only for who has leave to read it.
    pub async fn chat(&self, id: Uuid) -> sqlx::Result<Option<Found>> {
        let sql = format!("{CHAT}, c.setup, c.context, {PINNED} {FROM_CHATS} WHERE c.id = $1 AND c.deleted_at IS NULL");
        let row: Option<ChatRow> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Found::from))
    }

    /// Whether the message is one of this conversation's.
    pub async fn has(&self, chat_id: Uuid, message_id: Uuid) -> sqlx::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE id = $2 AND chat_id = $1)";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(chat_id).bind(message_id).fetch_one(c).await)
    }

    /// The administrator's leave to read the conversation, if there is one that holds.
    pub async fn access(&self, admin_id: Uuid, chat_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<Option<Access>> {
        let sql = "SELECT reason, created_at, expires_at FROM inspections WHERE admin_id = $1 AND chat_id = $2 AND expires_at > $3
            ORDER BY expires_at DESC LIMIT 1";
        let row: Option<AccessRow> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(admin_id).bind(chat_id).bind(now).fetch_optional(c).await)?;
        Ok(row.map(|AccessRow { reason, created_at, expires_at }| Access { reason, created_at, expires_at }))
    }

    /// Gives the administrator leave to read the conversation.
    pub async fn insert(&self, id: Uuid, admin_id: Uuid, chat_id: Uuid, access: &Access) -> sqlx::Result<()> {
        let sql = "INSERT INTO inspections (id, admin_id, chat_id, reason, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(admin_id).bind(chat_id).bind(&access.reason).bind(access.created_at)
            .bind(access.expires_at).execute(c).await.map(drop))
    }

    /// Whether an answer is being written in the conversation, on whichever node.
    pub async fn is_running(&self, chat_id: Uuid) -> sqlx::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM generations WHERE chat_id = $1 AND status = 'running')";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(chat_id).fetch_one(c).await)
    }

    /// Erases the conversation with all that is in it; false when it is gone.
    pub async fn erase(&self, chat_id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM chats WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(chat_id).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Removes leave that does not hold any more.
    pub async fn delete_expired(&self, now: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM inspections WHERE expires_at <= $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(now).execute(c).await.map(|done| done.rows_affected()))
    }
}
