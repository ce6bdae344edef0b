//! Browsers that are signed in: rows of `sessions`, found by the SHA-256 of the cookie's value.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::user::{UserRow, user_columns};
use super::{Db, on};
use crate::model::user::User;

/// What a session remembers.
pub type Data = HashMap<String, Value>;

/// A session as it is written.
pub struct Session<'a> {
    pub id_hash: &'a [u8],
    /// Absent: nobody is signed in (yet).
    pub user_id: Option<Uuid>,
    pub data: &'a Data,
    pub user_agent: Option<&'a str>,
    pub ip: Option<String>,
    /// Now; of a new session also the time it was made.
    pub used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct SignedInRow {
    #[sqlx(flatten)]
    user: UserRow,
    last_used_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct DataRow {
    data: Json<Data>,
    expires_at: DateTime<Utc>,
}

/// The sessions of [`Db`].
pub struct Sessions<'a>(&'a Db);

impl Db {
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }
}

impl Sessions<'_> {
    /// Adds the session; who signs in has just proved who they are. False: there is one with this id.
    pub async fn insert(&self, session: &Session<'_>) -> sqlx::Result<bool> {
        let sql = "INSERT INTO sessions (id_hash, user_id, data, user_agent, ip, created_at, last_used_at, expires_at, proved_at)
            VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $6) ON CONFLICT (id_hash) DO NOTHING";
        self.write(sql, session).await
    }

    /// Writes the session. False: it has ended meanwhile; it is not made again.
    pub async fn update(&self, session: &Session<'_>) -> sqlx::Result<bool> {
        let sql = "UPDATE sessions SET user_id = $2, data = $3, user_agent = $4, ip = $5, last_used_at = $6, expires_at = $7
            WHERE id_hash = $1";
        self.write(sql, session).await
    }

    async fn write(&self, sql: &'static str, session: &Session<'_>) -> sqlx::Result<bool> {
        let Session { id_hash, user_id, data, user_agent, ip, used_at, expires_at } = session;
        let rows = on!(self.0.write(), c => {
            let query = sqlx::query(sql).bind(*id_hash).bind(*user_id).bind(Json(*data)).bind(*user_agent);
            query.bind(ip.as_deref()).bind(*used_at).bind(*expires_at).execute(c).await.map(|r| r.rows_affected())
        })?;
        Ok(rows == 1)
    }

    /// What a session remembers, and when it ends, unless it has ended or is older than `oldest`.
    pub async fn find(&self, id_hash: &[u8], now: DateTime<Utc>, oldest: DateTime<Utc>) -> sqlx::Result<Option<(Data, DateTime<Utc>)>> {
        let sql = "SELECT data, expires_at FROM sessions WHERE id_hash = $1 AND expires_at > $2 AND created_at > $3";
        let row: Option<DataRow> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(id_hash).bind(now).bind(oldest).fetch_optional(c).await)?;
        Ok(row.map(|row| (row.data.0, row.expires_at)))
    }

    /// Who is signed in with the session and when it was used last; nobody if it has ended, is older than `oldest`, or the user is
    /// locked out.
    pub async fn find_user(
        &self,
        id_hash: &[u8],
        now: DateTime<Utc>,
        oldest: DateTime<Utc>,
    ) -> sqlx::Result<Option<(User, DateTime<Utc>)>> {
        let sql = concat!(
            "SELECT ",
            user_columns!(),
            ", s.last_used_at FROM sessions s JOIN users u ON u.id = s.user_id ",
            "WHERE s.id_hash = $1 AND s.expires_at > $2 AND s.created_at > $3 AND u.disabled_at IS NULL"
        );
        let row: Option<SignedInRow> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(id_hash).bind(now).bind(oldest).fetch_optional(c).await)?;
        Ok(row.map(|row| (row.user.into(), row.last_used_at)))
    }

    /// Notes the use and moves the end.
    pub async fn touch(&self, id_hash: &[u8], now: DateTime<Utc>, expires_at: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE sessions SET last_used_at = $2, expires_at = $3 WHERE id_hash = $1 AND last_used_at < $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(id_hash).bind(now).bind(expires_at).execute(c).await.map(|_| ()))
    }

    pub async fn delete(&self, id_hash: &[u8]) -> sqlx::Result<()> {
        on!(self.0.write(), c => sqlx::query("DELETE FROM sessions WHERE id_hash = $1").bind(id_hash).execute(c).await.map(|_| ()))
    }

    /// Removes the sessions that have ended or are older than `oldest`; answers how many.
    pub async fn delete_expired(&self, now: DateTime<Utc>, oldest: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM sessions WHERE expires_at <= $1 OR created_at <= $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(now).bind(oldest).execute(c).await.map(|r| r.rows_affected()))
    }
}
