//! The job that looks at the rules. It may be cut off at any time: what was over is over again when it looks the next time, and what
//! was to be told stands in the database.

use chrono::Duration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::deliver;
use super::measure::measure;
use crate::model::alert::{AlertEvent, AlertRule};
use crate::model::job::JobKind;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::job::{self, Failure, Job, NewJob};

/// Rules are looked at once in this time, however many nodes there are.
const EVERY: Duration = Duration::seconds(50);
/// How long what is over stays to be read.
const KEEP: Duration = Duration::days(90);

/// Queues the looking, if there is a rule to look at or something to tell, and nobody is at it.
pub async fn queue(server: &Server) -> Result<()> {
    let (db, now) = (server.db.alerts(), server.clock.now());
    if !db.is_watching().await? && !db.is_due(now).await? {
        return Ok(());
    }
    let last = server.db.jobs().last_of_kind(JobKind::Alerts).await?;
    if last.is_none_or(|last| now - last.created_at >= EVERY) && !server.db.jobs().is_due(JobKind::Alerts).await? {
        job::enqueue(server, NewJob::new(JobKind::Alerts, Value::Null)).await?;
    }
    Ok(())
}

/// The job: looks at every rule, and tells what there is to tell.
pub async fn run(server: &Server, _job: &Job) -> std::result::Result<Value, Failure> {
    let mut over = 0_u32;
    for rule in server.db.alerts().rules().await?.into_iter().filter(|rule| rule.enabled) {
        match Box::pin(look(server, &rule)).await {
            Ok(is_over) => over += u32::from(is_over),
            // One that cannot be asked must not keep the others from being looked at.
            Err(cause) => tracing::error!(rule = %rule.id, kind = ?rule.kind, %cause, "a rule of the alerts could not be looked at"),
        }
    }
    let told = Box::pin(deliver::all(server)).await?;
    Ok(json!({ "over": over, "told": told }))
}

/// Looks at one rule. True: it is over its threshold.
async fn look(server: &Server, rule: &AlertRule) -> Result<bool> {
    let (db, now) = (server.db.alerts(), server.clock.now());
    let measured = measure(server, rule).await?;
    if measured.over {
        db.note(Uuid::now_v7(), rule.id, measured.value, &measured.about, now).await?;
    }
    let silent = rule.silenced_until.is_some_and(|until| now < until);
    let Some(open) = db.open(rule.id).await? else { return Ok(false) };
    if measured.over {
        if open.notified_at.is_none() && !silent {
            db.tell(open.id, AlertEvent::Firing, &channels(server, rule).await?, now).await?;
        }
    } else if db.end(open.id, now).await? && open.notified_at.is_some() && !silent {
        db.tell(open.id, AlertEvent::Resolved, &channels(server, rule).await?, now).await?;
    }
    Ok(measured.over)
}

/// The channels that are told of it.
async fn channels(server: &Server, rule: &AlertRule) -> Result<Vec<Uuid>> {
    let all = server.db.alerts().channels().await?.into_iter().filter(|stored| stored.channel.enabled).map(|stored| stored.channel.id);
    Ok(all.filter(|id| rule.channels.is_empty() || rule.channels.contains(id)).collect())
}

/// Removes what has long been over.
pub async fn sweep(server: &Server) -> Result<u64> {
    Ok(server.db.alerts().prune(server.clock.now() - KEEP).await?)
}
