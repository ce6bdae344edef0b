//! What people are writing: rows of `drafts`, one a conversation.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, on};
use crate::model::queue::Draft;

/// The drafts of [`Db`].
pub struct Drafts<'a>(&'a Db);

impl Db {
    pub fn drafts(&self) -> Drafts<'_> {
        Drafts(self)
    }
}

impl Drafts<'_> {
    /// What the user is writing in this conversation.
    pub async fn find_for(&self, user_id: Uuid, chat_id: Uuid) -> sqlx::Result<Option<Draft>> {
        let sql = "SELECT content, updated_at FROM drafts WHERE chat_id = $1 AND user_id = $2";
        let row: Option<(String, DateTime<Utc>)> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(chat_id).bind(user_id).fetch_optional(c).await)?;
        Ok(row.map(|(text, updated_at)| Draft { text, updated_at: Some(updated_at) }))
    }

    /// Everything that the user is writing, with its conversation.
    pub async fn list_for(&self, user_id: Uuid) -> sqlx::Result<Vec<(Uuid, String)>> {
        let sql = "SELECT chat_id, content FROM drafts WHERE user_id = $1 AND content <> '' ORDER BY chat_id";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_all(c).await)
    }

    /// Keeps it in place of what was kept before. An empty text is kept too: it says to other devices that what they know is over.
    pub async fn set(&self, user_id: Uuid, chat_id: Uuid, text: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "INSERT INTO drafts (chat_id, user_id, content, updated_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (chat_id) DO UPDATE SET content = $3, updated_at = $4 WHERE drafts.user_id = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(chat_id).bind(user_id).bind(text).bind(now).execute(c).await.map(drop))
    }
}
