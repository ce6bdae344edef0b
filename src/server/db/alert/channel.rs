//! Where alerts are told: rows of `alert_channels`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Alerts;
use crate::model::alert::{AlertChannel, ChannelKind};
use crate::server::db::{Text, on};

/// A channel, and what is encrypted of it.
pub struct Stored {
    pub channel: AlertChannel,
    /// A webhook's address and secret.
    pub cipher: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    kind: Text<ChannelKind>,
    name: String,
    target: String,
    cipher: Option<Vec<u8>>,
    secret: bool,
    private: bool,
    language: String,
    enabled: bool,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let Row { id, kind, name, target, cipher, secret, private, language, enabled, created_at } = row;
        let channel = AlertChannel { id, kind: kind.0, name, target, has_secret: secret, private, language, enabled, created_at };
        Self { channel, cipher }
    }
}

const CHANNEL: &str = "SELECT id, kind, name, target, cipher, secret, private, language, enabled, created_at FROM alert_channels";

impl Alerts<'_> {
    /// Every channel, the oldest first.
    pub async fn channels(&self) -> sqlx::Result<Vec<Stored>> {
        let sql = sqlx::AssertSqlSafe(format!("{CHANNEL} ORDER BY id"));
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Stored::from).collect())
    }

    pub async fn channel(&self, id: Uuid) -> sqlx::Result<Option<Stored>> {
        let sql = sqlx::AssertSqlSafe(format!("{CHANNEL} WHERE id = $1"));
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Stored::from))
    }

    /// Adds the channel, or changes it.
    pub async fn put_channel(&self, Stored { channel, cipher }: &Stored) -> sqlx::Result<()> {
        let sql = "INSERT INTO alert_channels (id, kind, name, target, cipher, secret, private, language, enabled, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (id) DO UPDATE SET kind = $2, name = $3, target = $4, cipher = $5, secret = $6, private = $7, language = $8,
            enabled = $9";
        let AlertChannel { id, kind, name, target, has_secret, private, language, enabled, created_at } = channel;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Text(*kind)).bind(name).bind(target).bind(cipher.as_deref())
            .bind(has_secret).bind(private).bind(language).bind(enabled).bind(created_at).execute(c).await.map(drop))
    }

    /// Removes the channel; false when there is none.
    pub async fn delete_channel(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM alert_channels WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(|done| done.rows_affected() > 0))
    }
}
