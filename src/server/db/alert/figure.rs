//! The figures that rules ask for.

use chrono::{DateTime, Utc};

use super::Alerts;
use crate::server::db::{EVERYBODY, QUARTER, on};

impl Alerts<'_> {
    /// Calls to models that ended since then, and how many of them failed.
    pub async fn calls(&self, since: DateTime<Utc>) -> sqlx::Result<(i64, i64)> {
        let sql = "SELECT COUNT(*), COUNT(failure) FROM ledger WHERE quarter >= $1 AND finished_at >= $2";
        let quarter = since.timestamp().div_euclid(QUARTER);
        on!(self.0.read(), c => sqlx::query_as(sql).bind(quarter).bind(since).fetch_one(c).await)
    }

    /// What calls cost that ended since the beginning of that hour (since 1970), in micro-dollars, as far as they are counted for the dashboard.
    pub async fn spent(&self, hour: i64) -> sqlx::Result<i64> {
        let sql = "SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) FROM statistics WHERE user_id = $1 AND hour >= $2";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(EVERYBODY).bind(hour).fetch_one(c).await)
    }

    /// Jobs that are due and that nobody has begun.
    pub async fn waiting_jobs(&self, now: DateTime<Utc>) -> sqlx::Result<i64> {
        let sql = "SELECT COUNT(*) FROM jobs WHERE state = 'queued' AND run_at <= $1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(now).fetch_one(c).await)
    }

    /// Jobs that were given up since then.
    pub async fn failed_jobs(&self, since: DateTime<Utc>) -> sqlx::Result<i64> {
        let sql = "SELECT COUNT(*) FROM jobs WHERE state = 'failed' AND finished_at >= $1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(since).fetch_one(c).await)
    }
}
