//! Alerts. A job looks at the rules every minute (`watch`): what is over its threshold is an alert, one of a rule at a time, until it is not;
//! it is told once where it begins and once where it ends (`deliver`), unless its rule is silenced.

mod channel;
mod deliver;
mod measure;
mod watch;

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

pub use channel::{delete_channel, save_channel, test_channel};
pub use watch::{queue, run, sweep};

use super::activity::{self, Event};
use super::viewer::{Origin, Viewer};
use crate::model::Page;
use crate::model::activity::Action;
use crate::model::alert::{Alert, AlertChannel, AlertRule, Alerts, RULES_MAX, RuleForm, SILENCE_MAX, SilenceForm};
use crate::model::error::Rule;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// Alerts of a list page, by default and at most.
const LIST: u32 = 30;
const LIST_MAX: u32 = 200;

/// Everything that the page shows; `after` is the `next` of the page before. Administrators only.
pub async fn look(server: &Server, viewer: &Viewer, after: Option<Uuid>) -> Result<Alerts> {
    let Page { items: history, next } = history(server, viewer, after, None).await?;
    Ok(Alerts { rules: rules(server, viewer).await?, channels: channels(server, viewer).await?, history, next })
}

/// Every rule. Administrators only.
pub async fn rules(server: &Server, viewer: &Viewer) -> Result<Vec<AlertRule>> {
    viewer.require_admin()?;
    Ok(server.db.alerts().rules().await?)
}

/// Every channel, without what is secret of it. Administrators only.
pub async fn channels(server: &Server, viewer: &Viewer) -> Result<Vec<AlertChannel>> {
    viewer.require_admin()?;
    Ok(server.db.alerts().channels().await?.into_iter().map(|stored| stored.channel).collect())
}

/// What there was, the newest first. Administrators only.
pub async fn history(server: &Server, viewer: &Viewer, after: Option<Uuid>, limit: Option<u32>) -> Result<Page<Alert>> {
    viewer.require_admin()?;
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let mut items = server.db.alerts().history(after, limit as i64 + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Page { items, next })
}

/// Adds a rule, or changes the one with this id. Administrators only. Errors: `Invalid`, `NotFound`, `Conflict` (too many).
pub async fn save_rule(server: &Server, viewer: &Viewer, origin: &Origin, id: Option<Uuid>, form: RuleForm) -> Result<AlertRule> {
    viewer.require_admin()?;
    let form = form.checked()?;
    let db = server.db.alerts();
    let known = db.channels().await?;
    if form.channels.iter().any(|id| known.iter().all(|stored| stored.channel.id != *id)) {
        return Err(Error::invalid("channels", Rule::Unknown, "channels must be ids of channels."));
    }
    let before = match id {
        Some(id) => Some(find(server, id).await?),
        None if db.rules().await?.len() >= RULES_MAX => return Err(Error::conflict(format!("There can be at most {RULES_MAX} rules."))),
        None => None,
    };
    let now = server.clock.now();
    let rule = AlertRule {
        id: id.unwrap_or_else(Uuid::now_v7),
        kind: form.kind,
        threshold: form.threshold,
        minutes: form.minutes.unwrap_or(form.kind.usual().1),
        channels: form.channels,
        enabled: form.enabled,
        silenced_until: before.as_ref().and_then(|rule| rule.silenced_until),
        created_at: before.as_ref().map_or(now, |rule| rule.created_at),
    };
    db.put_rule(&rule).await?;
    // What another question was asked of is not over by this one's answer.
    if !rule.enabled || before.as_ref().is_some_and(|before| before.kind != rule.kind) {
        db.end_of(rule.id, now).await?;
    }
    note(server, viewer, origin, json!({ "done": if before.is_some() { "changed" } else { "added" }, "rule": rule.kind })).await;
    // Who has just said what is wrong wants to see whether it is.
    queue(server).await?;
    Ok(rule)
}

/// Removes a rule and its history. Administrators only. Errors: `NotFound`.
pub async fn delete_rule(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<()> {
    viewer.require_admin()?;
    let rule = find(server, id).await?;
    server.db.alerts().delete_rule(id).await?;
    note(server, viewer, origin, json!({ "done": "deleted", "rule": rule.kind })).await;
    Ok(())
}

/// Tells nothing of a rule for so long; no hours end the silence. What begins meanwhile and is not over then is told then.
/// Administrators only. Errors: `Invalid`, `NotFound`.
pub async fn silence(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, SilenceForm { hours }: SilenceForm) -> Result<AlertRule> {
    viewer.require_admin()?;
    let mut rule = find(server, id).await?;
    if hours > SILENCE_MAX {
        return Err(Error::invalid("hours", Rule::Range(0, SILENCE_MAX), format!("hours must be from 0 to {SILENCE_MAX}.")));
    }
    rule.silenced_until = (hours > 0).then(|| server.clock.now() + Duration::hours(hours.into()));
    server.db.alerts().put_rule(&rule).await?;
    note(server, viewer, origin, json!({ "rule": rule.kind, "until": rule.silenced_until })).await;
    Ok(rule)
}

async fn find(server: &Server, id: Uuid) -> Result<AlertRule> {
    server.db.alerts().rule(id).await?.ok_or_else(|| Error::not_found("rule"))
}

async fn note(server: &Server, viewer: &Viewer, origin: &Origin, detail: serde_json::Value) {
    activity::record(server, Event::new(Action::AlertsChanged, origin).by(viewer.user.id).detail(detail)).await;
}

#[cfg(test)]
mod tests;
