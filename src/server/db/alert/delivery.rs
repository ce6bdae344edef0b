//! What is told, and whether it arrived: rows of `alert_deliveries`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Alerts;
use crate::model::alert::{AlertEvent, DeliveryState};
use crate::server::db::{Text, on, tx};

/// A message that is due.
#[derive(Clone, Debug)]
pub struct Due {
    pub id: Uuid,
    pub alert_id: Uuid,
    pub channel_id: Uuid,
    pub event: AlertEvent,
    /// How often it was tried.
    pub attempts: i64,
}

/// What came of a try.
pub struct Tried<'a> {
    pub state: DeliveryState,
    pub error: Option<&'a str>,
    /// When it is tried again, if it is.
    pub next_at: DateTime<Utc>,
}

impl Alerts<'_> {
    /// Queues a message to each of these channels, and notes that the alert was told. Nothing happens where it was told before: of several
    /// who do so at once, one does.
    pub async fn tell(&self, alert_id: Uuid, event: AlertEvent, channels: &[Uuid], now: DateTime<Utc>) -> sqlx::Result<()> {
        let told = "UPDATE alerts SET notified_at = $2 WHERE id = $1 AND notified_at IS NULL";
        let queue = "INSERT INTO alert_deliveries (id, alert_id, channel_id, event, state, attempts, next_at, created_at)
            VALUES ($1, $2, $3, $4, 'queued', 0, $5, $5) ON CONFLICT (alert_id, channel_id, event) DO NOTHING";
        tx!(self.0, tx => {
            sqlx::query(told).bind(alert_id).bind(now).execute(&mut *tx).await?;
            for channel in channels {
                sqlx::query(queue).bind(Uuid::now_v7()).bind(alert_id).bind(*channel).bind(Text(event)).bind(now).execute(&mut *tx).await?;
            }
            Ok(())
        })
    }

    /// Messages that are due, the oldest first.
    pub async fn due(&self, now: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<Due>> {
        let sql = "SELECT id, alert_id, channel_id, event, attempts FROM alert_deliveries WHERE state = 'queued' AND next_at <= $1
            ORDER BY next_at, id LIMIT $2";
        type Row = (Uuid, Uuid, Uuid, Text<AlertEvent>, i64);
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(now).bind(limit).fetch_all(c).await)?;
        let due = |(id, alert_id, channel_id, event, attempts): Row| Due { id, alert_id, channel_id, event: event.0, attempts };
        Ok(rows.into_iter().map(due).collect())
    }

    /// Whether something waits to be told.
    pub async fn is_due(&self, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM alert_deliveries WHERE state = 'queued' AND next_at <= $1)";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(now).fetch_one(c).await)
    }

    /// Notes what came of a try.
    pub async fn tried(&self, id: Uuid, tried: &Tried<'_>) -> sqlx::Result<()> {
        let sql = "UPDATE alert_deliveries SET state = $2, error = $3, next_at = $4, attempts = attempts + 1 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Text(tried.state)).bind(tried.error).bind(tried.next_at).execute(c).await
            .map(drop))
    }
}
