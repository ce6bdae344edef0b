//! What people tell about themselves, and when they were here: columns of `users` that only their owner writes.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::user::{UserRow, user_columns};
use super::{Db, on, tx};
use crate::model::look::Look;
use crate::model::preference::Preferences;
use crate::model::user::User;

/// The people of [`Db`], by their own doing.
pub struct People<'a>(pub(super) &'a Db);

impl Db {
    pub fn people(&self) -> People<'_> {
        People(self)
    }
}

impl People<'_> {
    /// The user's display name.
    pub async fn name(&self, id: Uuid) -> sqlx::Result<Option<String>> {
        on!(self.0.read(), c => sqlx::query_scalar("SELECT name FROM users WHERE id = $1").bind(id).fetch_optional(c).await)
    }

    /// The user as they are now.
    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<User>> {
        let sql = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = $1");
        let row: Option<UserRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(User::from))
    }

    /// How many conversations the user has.
    pub async fn chats(&self, id: Uuid) -> sqlx::Result<i64> {
        let sql = "SELECT COUNT(*) FROM chats WHERE user_id = $1 AND deleted_at IS NULL";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(id).fetch_one(c).await)
    }

    /// The picture's hash, if there is one.
    pub async fn avatar(&self, id: Uuid) -> sqlx::Result<Option<String>> {
        let sql = "SELECT avatar FROM users WHERE id = $1";
        let row: Option<Option<String>> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.flatten())
    }

    /// Sets the picture's hash and answers the one before. Absent: there is no such user.
    pub async fn set_avatar(&self, id: Uuid, hash: Option<&str>, now: DateTime<Utc>) -> sqlx::Result<Option<Option<String>>> {
        // Of two pictures at once each has to know which one it takes the place of: nobody else would remove that one's files.
        let before = match self.0 {
            Db::Postgres(_) => "SELECT avatar FROM users WHERE id = $1 FOR UPDATE",
            Db::Sqlite { .. } => "SELECT avatar FROM users WHERE id = $1",
        };
        tx!(self.0, tx => {
            let before: Option<Option<String>> = sqlx::query_scalar(before).bind(id).fetch_optional(&mut *tx).await?;
            let sql = "UPDATE users SET avatar = $2, updated_at = $3 WHERE id = $1";
            sqlx::query(sql).bind(id).bind(hash).bind(now).execute(&mut *tx).await?;
            Ok(before)
        })
    }

    /// Replaces the preferences. False: there is no such user.
    pub async fn set_preferences(&self, id: Uuid, preferences: &Preferences, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE users SET preferences = $2, updated_at = $3 WHERE id = $1";
        let rows = on!(self.0.write(), c => {
            sqlx::query(sql).bind(id).bind(Json(preferences)).bind(now).execute(c).await.map(|r| r.rows_affected())
        })?;
        Ok(rows == 1)
    }

    /// Replaces the look of the pages. False: there is no such user.
    pub async fn set_look(&self, id: Uuid, look: Look, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE users SET look = $2, updated_at = $3 WHERE id = $1";
        let rows =
            on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Json(look)).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
        Ok(rows == 1)
    }

    /// When the user was here last, if ever.
    pub async fn seen(&self, id: Uuid) -> sqlx::Result<Option<DateTime<Utc>>> {
        let sql = "SELECT last_seen_at FROM users WHERE id = $1";
        let row: Option<Option<DateTime<Utc>>> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.flatten())
    }

    /// Notes that the user was here, unless that was noted after `before`: by another node, say.
    pub async fn set_seen(&self, id: Uuid, now: DateTime<Utc>, before: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE users SET last_seen_at = $2 WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at <= $3)";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).bind(before).execute(c).await.map(drop))
    }
}
