//! What was begun and written in each hour: counted when it is over, so that what is deleted later was still there once.

use chrono::{DateTime, Utc};

use super::Statistics;
use super::sum::Hours;
use crate::server::db::on;

/// Conversations and messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Written {
    pub chats: i64,
    pub messages: i64,
}

fn begin(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(hour.saturating_mul(3600), 0).unwrap_or(if hour < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

impl Statistics<'_> {
    /// The last hour that was counted.
    pub async fn last_counted(&self) -> sqlx::Result<Option<i64>> {
        on!(self.0.read(), c => sqlx::query_scalar("SELECT MAX(hour) FROM statistics_hours").fetch_one(c).await)
    }

    /// The hour of the first message there is.
    pub async fn first_written(&self) -> sqlx::Result<Option<i64>> {
        let first: Option<DateTime<Utc>> = on!(self.0.read(), c => sqlx::query_scalar("SELECT created_at FROM messages ORDER BY created_at LIMIT 1").fetch_optional(c).await)?;
        Ok(first.map(|at| at.timestamp().div_euclid(3600)))
    }

    /// What there is of these hours, found by its age.
    pub async fn written(&self, hours: &Hours) -> sqlx::Result<Written> {
        let sql = "SELECT (SELECT COUNT(*) FROM chats WHERE created_at >= $1 AND created_at < $2) AS chats,
            (SELECT COUNT(*) FROM messages WHERE created_at >= $1 AND created_at < $2) AS messages";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(begin(hours.start)).bind(begin(hours.end)).fetch_one(c).await)
    }

    /// Notes what was written in an hour.
    pub async fn set_hour(&self, hour: i64, written: Written) -> sqlx::Result<()> {
        let sql = "INSERT INTO statistics_hours (hour, chats, messages) VALUES ($1, $2, $3)
            ON CONFLICT (hour) DO UPDATE SET chats = excluded.chats, messages = excluded.messages";
        on!(self.0.write(), c => sqlx::query(sql).bind(hour).bind(written.chats).bind(written.messages).execute(c).await.map(drop))
    }

    /// What was written in these hours, of those that were counted.
    pub async fn counted(&self, hours: &Hours) -> sqlx::Result<Written> {
        let sql = "SELECT CAST(COALESCE(SUM(chats), 0) AS BIGINT) AS chats, CAST(COALESCE(SUM(messages), 0) AS BIGINT) AS messages
            FROM statistics_hours WHERE hour >= $1 AND hour < $2";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(hours.start).bind(hours.end).fetch_one(c).await)
    }

    /// Accounts that were made in these hours.
    pub async fn new_users(&self, hours: &Hours) -> sqlx::Result<i64> {
        let sql = "SELECT COUNT(*) FROM users WHERE created_at >= $1 AND created_at < $2";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(begin(hours.start)).bind(begin(hours.end)).fetch_one(c).await)
    }
}
