//! What a user is signed in with: `sessions` of browsers and `token_families` of programs, side by side.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, on, tx};
use crate::model::user::User;

/// Bytes of a session's hash that name it to its user.
pub const NAME_BYTES: usize = 16;

/// A sign-in that holds.
#[derive(sqlx::FromRow)]
pub struct BrowserRow {
    pub id_hash: Vec<u8>,
    pub user_agent: Option<String>,
    pub ip: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
}

/// The same, of a program.
#[derive(sqlx::FromRow)]
pub struct ProgramRow {
    pub id: Uuid,
    pub user_agent: Option<String>,
    pub ip: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
}

/// One of the two, by its key.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    Browser(&'a [u8]),
    Program(Uuid),
}

/// How somebody stands whom nobody asks for a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountStanding {
    pub disabled_at: Option<DateTime<Utc>>,
    pub pending_since: Option<DateTime<Utc>>,
    pub has_password: bool,
}

/// The sign-ins of [`Db`].
pub struct SignIns<'a>(&'a Db);

impl Db {
    pub fn sign_ins(&self) -> SignIns<'_> {
        SignIns(self)
    }
}

impl SignIns<'_> {
    /// Whether the account may be used. Absent: there is no such user.
    pub async fn standing(&self, user: &User) -> sqlx::Result<Option<AccountStanding>> {
        let sql = "SELECT disabled_at, pending_since, password_hash IS NOT NULL AS has_password FROM users WHERE id = $1";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user.id).fetch_optional(c).await)
    }

    pub async fn browsers(&self, user_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<Vec<BrowserRow>> {
        let sql = "SELECT id_hash, user_agent, ip, created_at, last_used_at FROM sessions WHERE user_id = $1 AND expires_at > $2";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).bind(now).fetch_all(c).await)
    }

    pub async fn programs(&self, user_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<Vec<ProgramRow>> {
        let sql = "SELECT id, user_agent, ip, created_at, COALESCE(last_used_at, created_at) AS last_used_at FROM token_families f
            WHERE user_id = $1 AND ended_at IS NULL
            AND EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.family_id = f.id AND t.expires_at > $2)";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).bind(now).fetch_all(c).await)
    }

    /// Ends the one with this name. False: the user has no such one.
    pub async fn end(&self, user_id: Uuid, name: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND substr(id_hash, 1, 16) = $2";
        let browsers = on!(self.0.write(), c => {
            sqlx::query(sql).bind(user_id).bind(name.as_bytes().as_slice()).execute(c).await.map(|r| r.rows_affected())
        })?;
        let sql = "UPDATE token_families SET ended_at = $3 WHERE user_id = $1 AND id = $2 AND ended_at IS NULL";
        let programs = on!(self.0.write(), c => {
            sqlx::query(sql).bind(user_id).bind(name).bind(now).execute(c).await.map(|r| r.rows_affected())
        })?;
        Ok(browsers + programs > 0)
    }

    /// Ends all but this one; answers how many.
    pub async fn end_others(&self, user_id: Uuid, kept: Key<'_>, now: DateTime<Utc>) -> sqlx::Result<u64> {
        let (browser, program) = match kept {
            Key::Browser(hash) => (hash, Uuid::nil()),
            Key::Program(id) => ([].as_slice(), id),
        };
        tx!(self.0, tx => {
            let sql = "DELETE FROM sessions WHERE user_id = $1 AND id_hash <> $2";
            let browsers = sqlx::query(sql).bind(user_id).bind(browser).execute(&mut *tx).await?.rows_affected();
            let sql = "UPDATE token_families SET ended_at = $3 WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL";
            let programs = sqlx::query(sql).bind(user_id).bind(program).bind(now).execute(&mut *tx).await?.rows_affected();
            Ok(browsers + programs)
        })
    }

    /// When it was last proved who is signed in with it.
    pub async fn proved_at(&self, key: Key<'_>) -> sqlx::Result<Option<DateTime<Utc>>> {
        let row: Option<Option<DateTime<Utc>>> = match key {
            Key::Browser(hash) => {
                let sql = "SELECT proved_at FROM sessions WHERE id_hash = $1";
                on!(self.0.read(), c => sqlx::query_scalar(sql).bind(hash).fetch_optional(c).await)?
            }
            Key::Program(id) => {
                let sql = "SELECT proved_at FROM token_families WHERE id = $1";
                on!(self.0.read(), c => sqlx::query_scalar(sql).bind(id).fetch_optional(c).await)?
            }
        };
        Ok(row.flatten())
    }

    /// Notes that it was proved now.
    pub async fn prove(&self, key: Key<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
        match key {
            Key::Browser(hash) => {
                let sql = "UPDATE sessions SET proved_at = $2 WHERE id_hash = $1";
                on!(self.0.write(), c => sqlx::query(sql).bind(hash).bind(now).execute(c).await.map(drop))
            }
            Key::Program(id) => {
                let sql = "UPDATE token_families SET proved_at = $2 WHERE id = $1";
                on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(drop))
            }
        }
    }
}
