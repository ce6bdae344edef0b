//! Alerts: rows of `alert_rules`, `alert_channels`, `alerts` and `alert_deliveries`, and the figures that rules ask for.

mod channel;
mod delivery;
mod figure;

pub use channel::Stored as StoredChannel;
use chrono::{DateTime, Utc};
pub use delivery::{Due, Tried};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Text, on};
use crate::model::alert::{Alert, AlertEvent, AlertKind, AlertRule, Delivery, DeliveryState};

#[derive(sqlx::FromRow)]
struct RuleRow {
    id: Uuid,
    kind: Text<AlertKind>,
    threshold: i64,
    minutes: i64,
    channels: Json<Vec<Uuid>>,
    enabled: bool,
    silenced_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<RuleRow> for AlertRule {
    fn from(row: RuleRow) -> Self {
        let number = |n: i64| u32::try_from(n).unwrap_or_default();
        Self {
            id: row.id,
            kind: row.kind.0,
            threshold: number(row.threshold),
            minutes: number(row.minutes),
            channels: row.channels.0,
            enabled: row.enabled,
            silenced_until: row.silenced_until,
            created_at: row.created_at,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    rule_id: Uuid,
    kind: Text<AlertKind>,
    threshold: i64,
    minutes: i64,
    value: f64,
    about: String,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<Row> for Alert {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            rule_id: row.rule_id,
            kind: row.kind.0,
            threshold: u32::try_from(row.threshold).unwrap_or_default(),
            minutes: u32::try_from(row.minutes).unwrap_or_default(),
            value: row.value,
            about: row.about,
            started_at: row.started_at,
            ended_at: row.ended_at,
            deliveries: Vec::new(),
        }
    }
}

/// An alert that is not over.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OpenAlert {
    pub id: Uuid,
    pub notified_at: Option<DateTime<Utc>>,
}

const RULE: &str = "SELECT id, kind, threshold, minutes, channels, enabled, silenced_until, created_at FROM alert_rules";
const ALERT: &str = "SELECT a.id, a.rule_id, r.kind, r.threshold, r.minutes, a.value, a.about, a.started_at, a.ended_at
    FROM alerts a JOIN alert_rules r ON r.id = a.rule_id";

/// The alerts of [`Db`].
pub struct Alerts<'a>(&'a Db);

impl Db {
    pub fn alerts(&self) -> Alerts<'_> {
        Alerts(self)
    }
}

impl Alerts<'_> {
    /// Every rule, the oldest first.
    pub async fn rules(&self) -> sqlx::Result<Vec<AlertRule>> {
        let sql = sqlx::AssertSqlSafe(format!("{RULE} ORDER BY id"));
        let rows: Vec<RuleRow> = on!(self.0.read(), c => sqlx::query_as(sql).fetch_all(c).await)?;
        Ok(rows.into_iter().map(AlertRule::from).collect())
    }

    pub async fn rule(&self, id: Uuid) -> sqlx::Result<Option<AlertRule>> {
        let sql = sqlx::AssertSqlSafe(format!("{RULE} WHERE id = $1"));
        let row: Option<RuleRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(AlertRule::from))
    }

    /// Whether there is a rule to look at.
    pub async fn is_watching(&self) -> sqlx::Result<bool> {
        on!(self.0.read(), c => sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM alert_rules WHERE enabled)").fetch_one(c).await)
    }

    /// Adds the rule, or changes it.
    pub async fn put_rule(&self, rule: &AlertRule) -> sqlx::Result<()> {
        let sql = "INSERT INTO alert_rules (id, kind, threshold, minutes, channels, enabled, silenced_until, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (id) DO UPDATE SET kind = $2, threshold = $3, minutes = $4, channels = $5, enabled = $6, silenced_until = $7";
        on!(self.0.write(), c => sqlx::query(sql).bind(rule.id).bind(Text(rule.kind)).bind(i64::from(rule.threshold))
            .bind(i64::from(rule.minutes)).bind(Json(&rule.channels)).bind(rule.enabled).bind(rule.silenced_until).bind(rule.created_at)
            .execute(c).await.map(drop))
    }

    /// Removes the rule and its history; false when there is none.
    pub async fn delete_rule(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM alert_rules WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// The rule's alert that is not over.
    pub async fn open(&self, rule_id: Uuid) -> sqlx::Result<Option<OpenAlert>> {
        let sql = "SELECT id, notified_at FROM alerts WHERE rule_id = $1 AND ended_at IS NULL";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(rule_id).fetch_optional(c).await)
    }

    /// Begins an alert, or notes how the one that is not over stands. Of several who do so at once, all find the same one.
    #[expect(clippy::too_many_arguments, reason = "the columns of one row")]
    pub async fn note(&self, id: Uuid, rule_id: Uuid, value: f64, about: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "INSERT INTO alerts (id, rule_id, value, about, started_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (rule_id) WHERE ended_at IS NULL DO UPDATE SET value = $3, about = $4";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(rule_id).bind(value).bind(about).bind(now).execute(c).await.map(drop))
    }

    /// Ends the alert; false when somebody else has.
    pub async fn end(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE alerts SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Ends what is not over of a rule that is not looked at any more.
    pub async fn end_of(&self, rule_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE alerts SET ended_at = $2 WHERE rule_id = $1 AND ended_at IS NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(rule_id).bind(now).execute(c).await.map(drop))
    }

    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<Alert>> {
        let sql = sqlx::AssertSqlSafe(format!("{ALERT} WHERE a.id = $1"));
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Alert::from))
    }

    /// What there was, the newest first, before this one; with what was told of it.
    pub async fn history(&self, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<Alert>> {
        let sql = sqlx::AssertSqlSafe(format!("{ALERT} WHERE $1 IS NULL OR a.id < $1 ORDER BY a.id DESC LIMIT $2"));
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(before).bind(limit).fetch_all(c).await)?;
        let mut all: Vec<Alert> = rows.into_iter().map(Alert::from).collect();
        let (Some(newest), Some(oldest)) = (all.first().map(|alert| alert.id), all.last().map(|alert| alert.id)) else { return Ok(all) };
        for (alert_id, delivery) in self.told(oldest, newest).await? {
            all.iter_mut().filter(|alert| alert.id == alert_id).for_each(|alert| alert.deliveries.push(delivery.clone()));
        }
        Ok(all)
    }

    /// What was told of these alerts, in its order.
    async fn told(&self, from: Uuid, to: Uuid) -> sqlx::Result<Vec<(Uuid, Delivery)>> {
        type Told = (Uuid, String, Text<AlertEvent>, Text<DeliveryState>, Option<String>);
        let sql =
            "SELECT d.alert_id, c.name, d.event, d.state, d.error FROM alert_deliveries d JOIN alert_channels c ON c.id = d.channel_id
            WHERE d.alert_id >= $1 AND d.alert_id <= $2 ORDER BY d.id";
        let rows: Vec<Told> = on!(self.0.read(), c => sqlx::query_as(sql).bind(from).bind(to).fetch_all(c).await)?;
        let delivery =
            |(alert_id, channel, event, state, error): Told| (alert_id, Delivery { channel, event: event.0, state: state.0, error });
        Ok(rows.into_iter().map(delivery).collect())
    }

    /// Removes what ended before then; answers how much.
    pub async fn prune(&self, before: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM alerts WHERE ended_at < $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(before).execute(c).await.map(|done| done.rows_affected()))
    }
}
