//! What a rule asks, answered for this moment.

use chrono::{DateTime, Duration, Utc};

use crate::model::alert::{AlertKind, AlertRule};
use crate::model::provider::Circuit;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::service::{backup, statistics, status};

/// Fewer calls than this tell nothing about how many fail.
const CALLS_MIN: i64 = 5;
const MIB: u64 = 1024 * 1024;

/// A figure, and whether it is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub value: f64,
    pub over: bool,
    /// Names, where there are some.
    pub about: String,
}

/// The rule's figure now.
pub async fn measure(server: &Server, rule: &AlertRule) -> Result<Measured> {
    let now = server.clock.now();
    let since = now - Duration::minutes(rule.minutes.into());
    let threshold = f64::from(rule.threshold);
    let at_least = |value: f64| Measured { value, over: value >= threshold, about: String::new() };
    Ok(match rule.kind {
        AlertKind::ErrorRate => {
            let (calls, failed) = server.db.alerts().calls(since).await?;
            let percent = if calls == 0 { 0.0 } else { failed as f64 * 100.0 / calls as f64 };
            Measured { over: calls >= CALLS_MIN && percent >= threshold, ..at_least(percent) }
        }
        AlertKind::ProviderDown => down(server, threshold),
        AlertKind::Spend => at_least(spent(server, since).await?),
        AlertKind::Queue => {
            let calls: u32 = server.registry.healths().iter().map(|(_, health)| health.waiting).sum();
            at_least(server.db.alerts().waiting_jobs(now).await? as f64 + f64::from(calls))
        }
        AlertKind::Disk => match status::disk_free(&server.config.data_dir) {
            Some(free) => below((free / MIB) as f64, threshold),
            // Nobody knows.
            None => Measured { value: 0.0, over: false, about: String::new() },
        },
        AlertKind::FailedJobs => at_least(server.db.alerts().failed_jobs(since).await? as f64),
        AlertKind::BackupAge => at_least(since_backup(server, now).await?),
    })
}

fn below(value: f64, threshold: f64) -> Measured {
    Measured { value, over: value < threshold, about: String::new() }
}

/// Providers that this node does not ask because they fail.
fn down(server: &Server, threshold: f64) -> Measured {
    let down: Vec<String> =
        server.registry.standing().into_iter().filter(|(_, circuit)| *circuit != Circuit::Closed).map(|(slug, _)| slug).collect();
    let value = down.len() as f64;
    Measured { value, over: value >= threshold, about: down.join(", ") }
}

/// US dollars since the beginning of that hour.
async fn spent(server: &Server, since: DateTime<Utc>) -> Result<f64> {
    statistics::catch_up(server).await?;
    let micros = server.db.alerts().spent(since.timestamp().div_euclid(3600)).await?;
    Ok(micros as f64 / 1_000_000.0)
}

/// Hours since the last backup; where there was none, since the server began.
async fn since_backup(server: &Server, now: DateTime<Utc>) -> Result<f64> {
    let last = backup::standing(server).await?.and_then(|standing| standing.last).map(|last| last.made_at);
    let age = now - last.unwrap_or_else(|| server.metrics.start());
    Ok((age.num_minutes().max(0) as f64 / 60.0 * 10.0).round() / 10.0)
}
