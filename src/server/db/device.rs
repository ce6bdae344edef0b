//! Where people signed in from before: rows of `devices`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Db, on};

/// One that a user signed in from, without what it is known by.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct KnownDevice {
    pub last_used_at: DateTime<Utc>,
    /// It is forgotten then, unless somebody signs in from there again.
    pub expires_at: DateTime<Utc>,
    /// No second factor is asked for there until then.
    pub trusted_until: Option<DateTime<Utc>>,
}

/// The devices of [`Db`].
pub struct Devices<'a>(&'a Db);

impl Db {
    pub fn devices(&self) -> Devices<'_> {
        Devices(self)
    }
}

impl Devices<'_> {
    /// Whether the user signed in from this one before.
    pub async fn is_known(&self, hash: &[u8], user_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "SELECT 1 FROM devices WHERE token_hash = $1 AND user_id = $2 AND expires_at > $3";
        on!(self.0.read(), c => sqlx::query(sql).bind(hash).bind(user_id).bind(now).fetch_optional(c).await.map(|row| row.is_some()))
    }

    /// Where the user signed in from, the last used first.
    pub async fn list(&self, user_id: Uuid) -> sqlx::Result<Vec<KnownDevice>> {
        let sql = "SELECT last_used_at, expires_at, trusted_until FROM devices WHERE user_id = $1 ORDER BY last_used_at DESC";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_all(c).await)
    }

    /// Whether the user ever signed in from anywhere that is still known.
    pub async fn has_any(&self, user_id: Uuid) -> sqlx::Result<bool> {
        let sql = "SELECT 1 FROM devices WHERE user_id = $1 LIMIT 1";
        on!(self.0.read(), c => sqlx::query(sql).bind(user_id).fetch_optional(c).await.map(|row| row.is_some()))
    }

    /// Whether no second factor is asked for there.
    pub async fn is_trusted(&self, hash: &[u8], user_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "SELECT 1 FROM devices WHERE token_hash = $1 AND user_id = $2 AND trusted_until > $3";
        on!(self.0.read(), c => sqlx::query(sql).bind(hash).bind(user_id).bind(now).fetch_optional(c).await.map(|row| row.is_some()))
    }

    /// Notes a sign-in from there.
    pub async fn note(&self, hash: &[u8], user_id: Uuid, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "INSERT INTO devices (token_hash, user_id, last_used_at, expires_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (token_hash, user_id) DO UPDATE SET last_used_at = excluded.last_used_at, expires_at = excluded.expires_at";
        on!(self.0.write(), c => sqlx::query(sql).bind(hash).bind(user_id).bind(now).bind(expires_at).execute(c).await.map(drop))
    }

    /// No second factor is asked for there until then.
    pub async fn trust(&self, hash: &[u8], user_id: Uuid, until: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE devices SET trusted_until = $3 WHERE token_hash = $1 AND user_id = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(hash).bind(user_id).bind(until).execute(c).await.map(drop))
    }

    /// Asks for it again everywhere but there.
    pub async fn distrust_others(&self, hash: &[u8], user_id: Uuid) -> sqlx::Result<()> {
        let sql = "UPDATE devices SET trusted_until = NULL WHERE user_id = $1 AND token_hash <> $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(user_id).bind(hash).execute(c).await.map(drop))
    }

    /// Forgets where nobody signed in from for long; answers how many.
    pub async fn delete_expired(&self, now: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM devices WHERE expires_at <= $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(now).execute(c).await.map(|r| r.rows_affected()))
    }
}
