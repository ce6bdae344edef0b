//! What a sign-in stands on: address, password, approval. Columns of `users`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, on, tx};

/// The credentials of [`Db`]'s people.
pub struct Credentials<'a>(&'a Db);

/// What stays signed in when everything else ends.
#[derive(Clone, Copy, Debug)]
pub enum Kept {
    /// The session with this hash.
    Session([u8; 32]),
    /// This family of tokens.
    Family(Uuid),
}

impl Db {
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials(self)
    }
}

impl Credentials<'_> {
    /// Approves the account. False: there is none, or it was approved before.
    pub async fn approve(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE users SET pending_since = NULL, updated_at = $2 WHERE id = $1 AND pending_since IS NOT NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected() == 1))
    }

    /// Notes that the address was proved to be theirs. False: it is not their address any more.
    pub async fn verify_email(&self, id: Uuid, email: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE users SET email_verified_at = $3, updated_at = $3 WHERE id = $1 AND email = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(email).bind(now).execute(c).await.map(|r| r.rows_affected() == 1))
    }

    /// Gives the user this address, proved to be theirs. False: somebody else has it, or there is no such user.
    pub async fn change_email(&self, id: Uuid, email: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE users SET email = $2, email_verified_at = $3, updated_at = $3 WHERE id = $1";
        let done = on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(email).bind(now).execute(c).await.map(|r| r.rows_affected()));
        match done {
            Err(sqlx::Error::Database(cause)) if cause.is_unique_violation() => Ok(false),
            other => other.map(|rows| rows == 1),
        }
    }

    /// The password's hash: absent where none was ever set.
    pub async fn password_hash(&self, id: Uuid) -> sqlx::Result<Option<String>> {
        let sql = "SELECT password_hash FROM users WHERE id = $1";
        let row: Option<Option<String>> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.flatten())
    }

    /// Whether the account can be used: it is there, and not locked.
    pub async fn is_open(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL";
        on!(self.0.read(), c => sqlx::query(sql).bind(id).fetch_optional(c).await.map(|row| row.is_some()))
    }

    /// Replaces the password and ends every sign-in of the user but the one that is kept, in one transaction.
    pub async fn replace_password(&self, id: Uuid, hash: &str, kept: Option<Kept>, now: DateTime<Utc>) -> sqlx::Result<()> {
        let (session, family) = match kept {
            Some(Kept::Session(hash)) => (Some(hash.to_vec()), None),
            Some(Kept::Family(family)) => (None, Some(family)),
            None => (None, None),
        };
        tx!(self.0, tx => {
            let sql = "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1";
            sqlx::query(sql).bind(id).bind(hash).bind(now).execute(&mut *tx).await?;
            let sql = "DELETE FROM sessions WHERE user_id = $1 AND ($2 IS NULL OR id_hash <> $2)";
            sqlx::query(sql).bind(id).bind(session).execute(&mut *tx).await?;
            let sql = "UPDATE token_families SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL AND ($3 IS NULL OR id <> $3)";
            sqlx::query(sql).bind(id).bind(now).bind(family).execute(&mut *tx).await?;
            Ok(())
        })
    }
}
