//! The end of an account in the database.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use super::directory::{NOT_THE_LAST, one_at_a_time};
use super::user::{END_PROGRAMS, END_SESSIONS};
use super::{Db, EVERYBODY, People, Pool, on, statistics, tx};

/// Takes the person out of the ledger. The name of a model that no catalogue knows may have been typed by them; moments become quarters
/// of an hour, so that nothing kept elsewhere can be laid beside them.
macro_rules! disown {
    ($moment:literal) => {
        concat!(
            "UPDATE ledger SET user_id = NULL, chat_id = NULL, message_id = NULL, started_at = ",
            $moment,
            ", finished_at = ",
            $moment,
            ", model = CASE WHEN input_price IS NULL THEN '' ELSE model END, counted = FALSE WHERE user_id = $1"
        )
    };
}

impl People<'_> {
    /// Notes that the account is to be erased from then on, and ends every sign-in. False: there are others, and nobody else administers.
    pub async fn request_deletion(&self, id: Uuid, erased_after: DateTime<Utc>, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let alone = "NOT EXISTS (SELECT 1 FROM users o WHERE o.id <> $1)";
        let sql = format!("UPDATE users SET delete_after = $2, updated_at = $3 WHERE id = $1 AND ({alone} OR {NOT_THE_LAST})");
        tx!(self.0, tx => {
            sqlx::query(one_at_a_time(self.0)).execute(&mut *tx).await?;
            let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(id).bind(erased_after).bind(now);
            let done = query.execute(&mut *tx).await?.rows_affected() == 1;
            if done {
                sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
                sqlx::query(END_PROGRAMS).bind(id).bind(now).execute(&mut *tx).await?;
            }
            Ok(done)
        })
    }

    /// Takes that back. False: it was not asked for.
    pub async fn call_off_deletion(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        // Asked before written: this is called at every sign-in.
        if self.deletion(id).await?.is_none() {
            return Ok(false);
        }
        let sql = "UPDATE users SET delete_after = NULL, updated_at = $2 WHERE id = $1 AND delete_after IS NOT NULL";
        let rows = on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
        Ok(rows == 1)
    }

    /// From when on the account is to be erased; absent: it is not.
    pub async fn deletion(&self, id: Uuid) -> sqlx::Result<Option<DateTime<Utc>>> {
        let sql = "SELECT delete_after FROM users WHERE id = $1";
        let row: Option<Option<DateTime<Utc>>> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.flatten())
    }

    /// Every run of the user.
    pub async fn runs(&self, id: Uuid) -> sqlx::Result<Vec<Uuid>> {
        on!(self.0.read(), c => sqlx::query_scalar("SELECT id FROM generations WHERE user_id = $1").bind(id).fetch_all(c).await)
    }

    /// Erases the user: everything that belongs to them refers to them and goes along. Their lines of the ledger stay, as nobody's.
    pub async fn erase(&self, id: Uuid) -> sqlx::Result<()> {
        let disown = match self.0 {
            Db::Postgres(_) => disown!("to_timestamp(quarter * 900)"),
            Db::Sqlite { .. } => disown!("strftime('%Y-%m-%dT%H:%M:%S+00:00', quarter * 900, 'unixepoch')"),
        };
        tx!(self.0, tx => {
            sqlx::query(disown).bind(id).execute(&mut *tx).await?;
            // Their hours were counted from these rows, which are now counted anew as nobody's.
            for statement in statistics::DISOWN {
                sqlx::query(statement).bind(id).bind(EVERYBODY).execute(&mut *tx).await?;
            }
            sqlx::query("DELETE FROM users WHERE id = $1").bind(id).execute(&mut *tx).await?;
        });
        match self.0.write() {
            Pool::Postgres(_) => Ok(()),
            Pool::Sqlite(pool) => {
                // The log beside the file keeps what was deleted until it is taken over. A reader in the middle of something
                // holds it; the next checkpoint takes it over then.
                pool.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.map(drop)
            }
        }
    }
}
