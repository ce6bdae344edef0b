//! Reports of use by mail: rows of `digest_choices` (who wants which) and `digests` (which were made).

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, NewJob, NewMail, Text, on, tx};
use crate::model::digest::{DigestPeriod, DigestScope};

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub user_id: Uuid,
    pub scope: DigestScope,
    pub period: DigestPeriod,
    /// Periods that were over by then are not told of.
    pub chosen_at: DateTime<Utc>,
}

/// A report that was made.
pub struct NewDigest {
    pub wish: Wish,
    /// Its first day.
    pub begins: NaiveDate,
    /// Of what ends these mails; absent: nothing was sent.
    pub token_hash: Option<[u8; 32]>,
    pub made_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct WishRow {
    user_id: Uuid,
    scope: Text<DigestScope>,
    period: Text<DigestPeriod>,
    chosen_at: DateTime<Utc>,
}

impl From<WishRow> for Wish {
    fn from(row: WishRow) -> Self {
        let WishRow { user_id, scope, period, chosen_at } = row;
        Self { user_id, scope: scope.0, period: period.0, chosen_at }
    }
}

/// The reports of [`Db`].
pub struct Digests<'a>(&'a Db);

impl Db {
    pub fn digests(&self) -> Digests<'_> {
        Digests(self)
    }
}

impl Digests<'_> {
    /// What this person wants.
    pub async fn wishes_of(&self, user_id: Uuid) -> sqlx::Result<Vec<Wish>> {
        let sql = "SELECT user_id, scope, period, chosen_at FROM digest_choices WHERE user_id = $1 ORDER BY scope, period";
        let rows: Vec<WishRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Wish::from).collect())
    }

    /// Notes what somebody wants from now on; who wants it already goes on.
    pub async fn wish(&self, wish: &Wish, next_at: DateTime<Utc>) -> sqlx::Result<()> {
        let sql =
            "INSERT INTO digest_choices (user_id, scope, period, chosen_at, next_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        on!(self.0.write(), c => {
            let query = sqlx::query(sql).bind(wish.user_id).bind(Text(wish.scope)).bind(Text(wish.period));
            query.bind(wish.chosen_at).bind(next_at).execute(c).await.map(drop)
        })
    }

    /// They want it no more. False: they did not.
    pub async fn unwish(&self, user_id: Uuid, scope: DigestScope, period: DigestPeriod) -> sqlx::Result<bool> {
        let sql = "DELETE FROM digest_choices WHERE user_id = $1 AND scope = $2 AND period = $3";
        on!(self.0.write(), c => {
            let query = sqlx::query(sql).bind(user_id).bind(Text(scope)).bind(Text(period));
            query.execute(c).await.map(|done| done.rows_affected() > 0)
        })
    }

    /// Whether there may be something to make.
    pub async fn is_due(&self, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM digest_choices WHERE next_at <= $1)";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(now).fetch_one(c).await)
    }

    /// For whom there may be something to make, who has waited longest first.
    pub async fn due(&self, now: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<Wish>> {
        let sql = "SELECT user_id, scope, period, chosen_at FROM digest_choices WHERE next_at <= $1
            ORDER BY next_at, user_id, scope, period LIMIT $2";
        let rows: Vec<WishRow> = on!(self.0.write(), c => sqlx::query_as(sql).bind(now).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Wish::from).collect())
    }

    /// Nothing is made for this wish before then.
    pub async fn put_off(&self, wish: &Wish, next_at: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE digest_choices SET next_at = $4 WHERE user_id = $1 AND scope = $2 AND period = $3";
        on!(self.0.write(), c => {
            let query = sqlx::query(sql).bind(wish.user_id).bind(Text(wish.scope)).bind(Text(wish.period));
            query.bind(next_at).execute(c).await.map(drop)
        })
    }

    /// Whether mail of reports goes to this person: their account is neither locked, nor waiting for approval, nor to be erased, and the
    /// address is theirs.
    pub async fn is_reached(&self, user_id: Uuid) -> sqlx::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM users WHERE id = $1 AND email_verified_at IS NOT NULL AND disabled_at IS NULL
            AND pending_since IS NULL AND delete_after IS NULL)";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).fetch_one(c).await)
    }

    /// Whether the report of the period that begins then was made.
    pub async fn is_made(&self, wish: &Wish, begins: NaiveDate) -> sqlx::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM digests WHERE user_id = $1 AND scope = $2 AND period = $3 AND begins = $4)";
        on!(self.0.read(), c => {
            let query = sqlx::query_scalar(sql).bind(wish.user_id).bind(Text(wish.scope)).bind(Text(wish.period));
            query.bind(begins.to_string()).fetch_one(c).await
        })
    }

    /// Notes that the report was made and puts its mail, and the job that sends it, where they belong: all of it, or nothing where
    /// it was made before or is wanted no more. Answers whether it was put there.
    pub async fn make(&self, new: &NewDigest, mail: Option<(&NewMail<'_>, Option<&NewJob>)>) -> sqlx::Result<bool> {
        let NewDigest { wish, begins, token_hash, made_at } = new;
        let claim = "INSERT INTO digests (user_id, scope, period, begins, token_hash, made_at)
            SELECT user_id, scope, period, $4, $5, $6 FROM digest_choices WHERE user_id = $1 AND scope = $2 AND period = $3
            ON CONFLICT DO NOTHING";
        tx!(self.0, tx => {
            let query = sqlx::query(claim).bind(wish.user_id).bind(Text(wish.scope)).bind(Text(wish.period)).bind(begins.to_string());
            let query = query.bind(token_hash.as_ref().map(<[u8; 32]>::as_slice)).bind(*made_at);
            let made = query.execute(&mut *tx).await?.rows_affected() == 1;
            if let Some((new, job)) = mail.filter(|_| made) {
                let mail = new.mail;
                let query = sqlx::query(super::mail::INSERT).bind(mail.id).bind(mail.user_id).bind(&mail.recipient).bind(Text(mail.letter));
                let query = query.bind(&mail.language).bind(&mail.subject).bind(new.body).bind(Text(mail.state)).bind(mail.created_at);
                query.execute(&mut *tx).await?;
                if let Some(job) = job {
                    let query = sqlx::query(super::job::INSERT).bind(job.id).bind(Text(job.kind)).bind(Json(&job.payload)).bind(job.user_id);
                    query.bind(job.run_at).bind(job.created_at).execute(&mut *tx).await?;
                }
            }
            Ok(made)
        })
    }

    /// Which reports, and whose, what is in a mail ends.
    pub async fn of_token(&self, token_hash: &[u8]) -> sqlx::Result<Option<(Uuid, DigestScope, DigestPeriod)>> {
        let sql = "SELECT user_id, scope, period FROM digests WHERE token_hash = $1";
        let row: Option<(Uuid, Text<DigestScope>, Text<DigestPeriod>)> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(token_hash).fetch_optional(c).await)?;
        Ok(row.map(|(user_id, scope, period)| (user_id, scope.0, period.0)))
    }

    /// Forgets what was made before then; answers how much.
    pub async fn delete_old(&self, before: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM digests WHERE made_at < $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(before).execute(c).await.map(|done| done.rows_affected()))
    }
}
