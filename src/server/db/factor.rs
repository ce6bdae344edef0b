//! Second factors: rows of `factors` (one a user) and of `recovery_codes`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, on, tx};

/// The authenticator app of a user.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Factor {
    /// Encrypted.
    pub secret: Vec<u8>,
    /// Absent: it is being set up.
    pub confirmed_at: Option<DateTime<Utc>>,
    pub locked_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// What of all this a user has.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Standing {
    /// 1: a confirmed authenticator app.
    pub apps: i64,
    pub passkeys: i64,
    /// Recovery codes that were not used.
    pub codes: i64,
}

/// The second factors of [`Db`].
pub struct Factors<'a>(&'a Db);

impl Db {
    pub fn factors(&self) -> Factors<'_> {
        Factors(self)
    }
}

impl Factors<'_> {
    pub async fn find(&self, user_id: Uuid) -> sqlx::Result<Option<Factor>> {
        let sql = "SELECT secret, confirmed_at, locked_until, created_at FROM factors WHERE user_id = $1";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_optional(c).await)
    }

    pub async fn standing(&self, user_id: Uuid) -> sqlx::Result<Standing> {
        let sql = "SELECT (SELECT COUNT(*) FROM factors WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS apps,
            (SELECT COUNT(*) FROM passkeys WHERE user_id = $1) AS passkeys,
            (SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS codes";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_one(c).await)
    }

    /// Begins to set one up, in place of one that was only begun. False: there is a confirmed one.
    pub async fn begin(&self, user_id: Uuid, secret: &[u8], now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "INSERT INTO factors (user_id, secret, failures, created_at) VALUES ($1, $2, 0, $3)
            ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, failures = 0, locked_until = NULL
            WHERE factors.confirmed_at IS NULL";
        let rows = on!(self.0.write(), c => {
            sqlx::query(sql).bind(user_id).bind(secret).bind(now).execute(c).await.map(|r| r.rows_affected())
        })?;
        Ok(rows == 1)
    }

    /// Forgets the one that was only begun, if any.
    pub async fn abandon(&self, user_id: Uuid) -> sqlx::Result<()> {
        let sql = "DELETE FROM factors WHERE user_id = $1 AND confirmed_at IS NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(user_id).execute(c).await.map(drop))
    }

    /// Makes the one that was begun hold, with these recovery codes. False: none is being set up (any more).
    #[expect(clippy::too_many_arguments, reason = "the columns of one row")]
    pub async fn confirm(&self, user_id: Uuid, secret: &[u8], step: i64, codes: &[[u8; 32]], now: DateTime<Utc>) -> sqlx::Result<bool> {
        tx!(self.0, tx => {
            // With the secret: another one may have been begun meanwhile.
            let sql = "UPDATE factors SET confirmed_at = $3, last_step = $4, failures = 0, locked_until = NULL
                WHERE user_id = $1 AND secret = $2 AND confirmed_at IS NULL";
            let rows = sqlx::query(sql).bind(user_id).bind(secret).bind(now).bind(step).execute(&mut *tx).await?.rows_affected();
            if rows == 1 {
                sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user_id).execute(&mut *tx).await?;
                for code in codes {
                    let sql = "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3)";
                    sqlx::query(sql).bind(user_id).bind(code.as_slice()).bind(now).execute(&mut *tx).await?;
                }
            }
            Ok(rows == 1)
        })
    }

    /// Counts an attempt before it is judged, so that many at once are counted too. `lock` says until when the next is refused
    /// after so many in a row. False: it is locked now, or there is none.
    pub async fn attempt(&self, user_id: Uuid, now: DateTime<Utc>, lock: impl Fn(i64) -> Option<DateTime<Utc>>) -> sqlx::Result<bool> {
        tx!(self.0, tx => {
            let sql = "UPDATE factors SET failures = failures + 1
                WHERE user_id = $1 AND (locked_until IS NULL OR locked_until <= $2) RETURNING failures";
            let failures: Option<i64> = sqlx::query_scalar(sql).bind(user_id).bind(now).fetch_optional(&mut *tx).await?;
            if let Some(until) = failures.and_then(&lock) {
                let sql = "UPDATE factors SET locked_until = $2 WHERE user_id = $1";
                sqlx::query(sql).bind(user_id).bind(until).execute(&mut *tx).await?;
            }
            Ok(failures.is_some())
        })
    }

    /// Uses the code of this period up, and forgets wrong ones. False: it, or a later one, was used before.
    pub async fn use_step(&self, user_id: Uuid, step: i64) -> sqlx::Result<bool> {
        let sql = "UPDATE factors SET last_step = $2, failures = 0, locked_until = NULL
            WHERE user_id = $1 AND confirmed_at IS NOT NULL AND (last_step IS NULL OR last_step < $2)";
        let rows = on!(self.0.write(), c => sqlx::query(sql).bind(user_id).bind(step).execute(c).await.map(|r| r.rows_affected()))?;
        Ok(rows == 1)
    }

    /// Uses a recovery code up. False: there is no such code, or it was used.
    pub async fn use_code(&self, user_id: Uuid, hash: &[u8], now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL";
        let rows = on!(self.0.write(), c => {
            sqlx::query(sql).bind(user_id).bind(hash).bind(now).execute(c).await.map(|r| r.rows_affected())
        })?;
        Ok(rows == 1)
    }

    /// Replaces the recovery codes.
    pub async fn replace_codes(&self, user_id: Uuid, codes: &[[u8; 32]], now: DateTime<Utc>) -> sqlx::Result<()> {
        tx!(self.0, tx => {
            sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user_id).execute(&mut *tx).await?;
            for code in codes {
                let sql = "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3)";
                sqlx::query(sql).bind(user_id).bind(code.as_slice()).bind(now).execute(&mut *tx).await?;
            }
            Ok(())
        })
    }

    /// Removes the authenticator app, the recovery codes and every browser's trust. False: there was no confirmed app.
    pub async fn delete(&self, user_id: Uuid) -> sqlx::Result<bool> {
        tx!(self.0, tx => {
            let sql = "DELETE FROM factors WHERE user_id = $1 RETURNING confirmed_at";
            let gone: Option<Option<DateTime<Utc>>> = sqlx::query_scalar(sql).bind(user_id).fetch_optional(&mut *tx).await?;
            sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user_id).execute(&mut *tx).await?;
            sqlx::query("UPDATE devices SET trusted_until = NULL WHERE user_id = $1").bind(user_id).execute(&mut *tx).await?;
            Ok(gone.flatten().is_some())
        })
    }
}
