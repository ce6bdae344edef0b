//! Tells of alerts: by mail through the outbox, by webhooks of several makers. What does not arrive is tried again with growing pauses.

use std::sync::Arc;

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

use super::channel::target;
use crate::i18n::{Alerting, Locale};
use crate::model::alert::{Alert, AlertChannel, AlertEvent, ChannelKind, DeliveryState};
use crate::server::Server;
use crate::server::db::{DueDelivery, StoredChannel, Tried};
use crate::server::error::Result;
use crate::server::reach::{Guard, Reach};
use crate::server::service::letter::{self, Letter, Recipient};
use crate::server::webhook::{self, Message};

/// Messages of one look, and how many of them are sent at a time.
const BATCH: i64 = 200;
const AT_ONCE: usize = 8;
/// How often a message is tried, and the pause after the first time; each further one is twice as long.
const ATTEMPTS: i64 = 6;
const PAUSE: Duration = Duration::minutes(1);
/// Where alerts are read.
const PAGE: &str = "/admin/alerts";

/// Sends what is due; answers how much arrived.
pub async fn all(server: &Server) -> Result<u64> {
    let due = server.db.alerts().due(server.clock.now(), BATCH).await?;
    let mut arrived = 0;
    for some in due.chunks(AT_ONCE) {
        for sent in futures::future::join_all(some.iter().map(|due| Box::pin(one(server, due)))).await {
            arrived += u64::from(sent?);
        }
    }
    Ok(arrived)
}

/// Sends one message. True: it arrived.
async fn one(server: &Server, due: &DueDelivery) -> Result<bool> {
    let (db, now) = (server.db.alerts(), server.clock.now());
    let (Some(stored), Some(alert)) = (db.channel(due.channel_id).await?, db.find(due.alert_id).await?) else { return Ok(false) };
    let told = words(&stored.channel, &alert, due.event);
    let sent = send(server, &stored, due.id, told, Some((&alert, due.event))).await;
    let again = due.attempts + 1 < ATTEMPTS;
    let state = match &sent {
        Ok(()) => DeliveryState::Sent,
        Err(_) if again => DeliveryState::Queued,
        Err(_) => DeliveryState::Failed,
    };
    if let Err(error) = &sent {
        tracing::warn!(channel = %stored.channel.id, kind = ?stored.channel.kind, %error, again, "an alert was not taken");
    }
    let next_at = now + PAUSE * 2_i32.pow(due.attempts.clamp(0, 10) as u32);
    db.tried(due.id, &Tried { state, error: sent.as_ref().err().map(String::as_str), next_at }).await?;
    Ok(sent.is_ok())
}

/// A message to see whether it arrives.
pub async fn test(server: &Server, stored: &StoredChannel) -> std::result::Result<(), String> {
    let t = texts(&stored.channel);
    send(server, stored, Uuid::now_v7(), (t.test_title.to_owned(), t.test_text.to_owned()), None).await
}

fn texts(channel: &AlertChannel) -> &'static Alerting {
    Locale::from_tag(&channel.language).unwrap_or_default().texts().alerting()
}

/// Title and text of what is told.
fn words(channel: &AlertChannel, alert: &Alert, event: AlertEvent) -> (String, String) {
    let t = texts(channel);
    let title = (t.titles)(event, (t.kinds)(alert.kind));
    let said = (t.says)(alert.kind, alert.value, alert.threshold, alert.minutes);
    let about = if alert.about.is_empty() { String::new() } else { format!(" ({})", alert.about) };
    let at = alert.ended_at.unwrap_or(alert.started_at).format("%Y-%m-%d %H:%M UTC");
    (title, format!("{said}{about}\n{at}"))
}

async fn send(
    server: &Server,
    stored: &StoredChannel,
    id: Uuid,
    (title, text): (String, String),
    of: Option<(&Alert, AlertEvent)>,
) -> std::result::Result<(), String> {
    let channel = &stored.channel;
    let page = format!("{}{PAGE}", letter::base(server));
    if channel.kind == ChannelKind::Mail {
        for email in channel.target.split(", ").filter(|email| !email.is_empty()) {
            let language = Some(channel.language.clone());
            let to = Recipient { user_id: None, email: email.to_owned(), name: String::new(), language };
            letter::post(server, &to, Letter::Alert { title: title.clone(), text: text.replace('\n', " · ") }).await;
        }
        return Ok(());
    }
    let target = target(server, stored).map_err(|cause| cause.into_api().message)?;
    let event = match of.map(|(_, event)| event) {
        Some(AlertEvent::Firing) => "alert.firing",
        Some(AlertEvent::Resolved) => "alert.resolved",
        None => "alert.test",
    };
    let data = json!({
        "title": title, "text": text, "url": page,
        "alert": of.map(|(alert, _)| json!({ "id": alert.id, "rule_id": alert.rule_id, "kind": alert.kind, "value": alert.value,
            "threshold": alert.threshold, "minutes": alert.kind.looks_back().then_some(alert.minutes), "about": alert.about,
            "started_at": alert.started_at, "ended_at": alert.ended_at })),
    });
    let message = Message { id, event: event.to_owned(), title, text: format!("{text}\n{page}"), data };
    let reach = if channel.private { Reach::Private } else { Reach::Public };
    let guard = Guard::new(reach, Arc::clone(&server.config.allowed));
    webhook::send(channel.kind, &target, &message, server.clock.now(), &guard).await
}
