//! Links to conversations: rows of `shares`. One of a conversation that is deleted, or of a locked account, leads nowhere.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, on};

const FROM: &str = "FROM shares s JOIN chats c ON c.id = s.chat_id AND c.deleted_at IS NULL";
const COLUMNS: &str =
    "SELECT s.id, s.user_id, s.chat_id, s.leaf_id, s.token, s.sign_in, s.indexed, s.files, s.views, s.created_at, s.expires_at,
    c.title, c.leaf_id AS chat_leaf_id";

/// A link, and of its conversation what is needed with it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SharedChat {
    pub id: Uuid,
    pub user_id: Uuid,
    pub chat_id: Uuid,
    /// Where a link to what was there then ends; absent: it is live.
    pub leaf_id: Option<Uuid>,
    /// Encrypted.
    pub token: Vec<u8>,
    pub sign_in: bool,
    pub indexed: bool,
    pub files: bool,
    pub views: i64,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub title: String,
    pub chat_leaf_id: Option<Uuid>,
}

/// A link that is made.
pub struct NewShare<'a> {
    pub id: Uuid,
    pub user_id: Uuid,
    pub chat_id: Uuid,
    pub leaf_id: Option<Uuid>,
    pub token_hash: [u8; 32],
    pub token: &'a [u8],
    pub sign_in: bool,
    pub indexed: bool,
    pub files: bool,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// The links of [`Db`].
pub struct Shares<'a>(&'a Db);

impl Db {
    pub fn shares(&self) -> Shares<'_> {
        Shares(self)
    }
}

impl Shares<'_> {
    pub async fn insert(&self, new: &NewShare<'_>) -> sqlx::Result<()> {
        let sql =
            "INSERT INTO shares (id, user_id, chat_id, leaf_id, token_hash, token, sign_in, indexed, files, views, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)";
        on!(self.0.write(), c => sqlx::query(sql).bind(new.id).bind(new.user_id).bind(new.chat_id).bind(new.leaf_id)
            .bind(new.token_hash.as_slice()).bind(new.token).bind(new.sign_in).bind(new.indexed).bind(new.files)
            .bind(new.created_at).bind(new.expires_at).execute(c).await.map(drop))
    }

    /// The user's links that hold, newest first; with `chat_id` those to that conversation.
    pub async fn list_for(&self, user_id: Uuid, chat_id: Option<Uuid>, now: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<SharedChat>> {
        let sql = format!(
            "{COLUMNS} {FROM} WHERE s.user_id = $1 AND (s.expires_at IS NULL OR s.expires_at > $2) AND ($3 IS NULL OR s.chat_id = $3)
            ORDER BY s.id DESC LIMIT $4"
        );
        on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user_id).bind(now).bind(chat_id).bind(limit).fetch_all(c).await)
    }

    /// How many links the user has.
    pub async fn count(&self, user_id: Uuid) -> sqlx::Result<i64> {
        let sql = "SELECT count(*) FROM shares WHERE user_id = $1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).fetch_one(c).await)
    }

    /// The link with this token, if it holds.
    pub async fn find(&self, token_hash: &[u8], now: DateTime<Utc>) -> sqlx::Result<Option<SharedChat>> {
        let sql = format!(
            "{COLUMNS} {FROM} JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL AND u.delete_after IS NULL
            WHERE s.token_hash = $1 AND (s.expires_at IS NULL OR s.expires_at > $2)"
        );
        on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(token_hash).bind(now).fetch_optional(c).await)
    }

    /// Counts that somebody looked.
    pub async fn seen(&self, id: Uuid) -> sqlx::Result<()> {
        let sql = "UPDATE shares SET views = views + 1 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(drop))
    }

    /// Ends a link; false when the user has none such.
    pub async fn delete_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM shares WHERE id = $2 AND user_id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(user_id).bind(id).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Removes links that have ended; answers how many.
    pub async fn delete_expired(&self, now: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM shares WHERE expires_at <= $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(now).execute(c).await.map(|done| done.rows_affected()))
    }
}
