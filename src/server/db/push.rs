//! Devices that are told of finished answers: rows of `push_devices`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, on};

/// A device, and what is encrypted of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StoredPush {
    pub id: Uuid,
    pub user_id: Uuid,
    /// Address and keys.
    pub cipher: Vec<u8>,
    pub session_hash: Option<Vec<u8>>,
    pub user_agent: Option<String>,
    pub created_at: DateTime<Utc>,
    pub told_at: Option<DateTime<Utc>>,
}

/// Of people whose sign-in there still is.
const LIVES: &str = "(p.session_hash IS NULL OR EXISTS (SELECT 1 FROM sessions s
    WHERE s.id_hash = p.session_hash AND s.user_id = p.user_id AND s.expires_at > $2))";

/// The devices of [`Db`].
pub struct Pushes<'a>(&'a Db);

impl Db {
    pub fn pushes(&self) -> Pushes<'_> {
        Pushes(self)
    }
}

impl Pushes<'_> {
    /// The user's devices whose sign-in lives, the last one first.
    pub async fn list_for(&self, user_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<Vec<StoredPush>> {
        let sql = format!(
            "SELECT p.id, p.user_id, p.cipher, p.session_hash, p.user_agent, p.created_at, p.told_at FROM push_devices p
            WHERE p.user_id = $1 AND {LIVES} ORDER BY p.id DESC"
        );
        on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user_id).bind(now).fetch_all(c).await)
    }

    /// Whether the user has any.
    pub async fn any_of(&self, user_id: Uuid) -> sqlx::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM push_devices WHERE user_id = $1)";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).fetch_one(c).await)
    }

    /// Adds a device. One with this address, whosever it was, is this one now: a browser has one for all who use it.
    pub async fn put(&self, push: &StoredPush, endpoint_hash: &[u8]) -> sqlx::Result<()> {
        let StoredPush { id, user_id, cipher, session_hash, user_agent, created_at, .. } = push;
        let gone = "DELETE FROM push_devices WHERE endpoint_hash = $1";
        let new = "INSERT INTO push_devices (id, user_id, endpoint_hash, cipher, session_hash, user_agent, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        super::tx!(self.0, tx => {
            sqlx::query(gone).bind(endpoint_hash).execute(&mut *tx).await?;
            let query = sqlx::query(new).bind(id).bind(user_id).bind(endpoint_hash).bind(cipher.as_slice());
            query.bind(session_hash.as_deref()).bind(user_agent.as_deref()).bind(created_at).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Removes the user's device; false when there is none.
    pub async fn delete_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM push_devices WHERE id = $1 AND user_id = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Notes that a message was taken.
    pub async fn told(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE push_devices SET told_at = $2 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(drop))
    }

    /// Removes those whose sign-in has ended.
    pub async fn delete_ended(&self, now: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM push_devices WHERE session_hash IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sessions s
            WHERE s.id_hash = push_devices.session_hash AND s.user_id = push_devices.user_id AND s.expires_at > $1)";
        on!(self.0.write(), c => sqlx::query(sql).bind(now).execute(c).await.map(|done| done.rows_affected()))
    }

    /// The server's key as it is stored; the first one that is put stays.
    pub async fn key(&self, new: Option<(&Value, DateTime<Utc>)>) -> sqlx::Result<Option<Value>> {
        if let Some((value, now)) = new {
            let sql = "INSERT INTO settings (name, value, updated_at) VALUES ('push', $1, $2) ON CONFLICT (name) DO NOTHING";
            on!(self.0.write(), c => sqlx::query(sql).bind(Json(value)).bind(now).execute(c).await.map(drop))?;
        }
        let sql = "SELECT value FROM settings WHERE name = 'push'";
        let value: Option<Json<Value>> = on!(self.0.write(), c => sqlx::query_scalar(sql).fetch_optional(c).await)?;
        Ok(value.map(|value| value.0))
    }
}
