//! What the dashboard shows. The ledger's hours are kept by a job, and brought up to the moment by whoever looks; so a page costs the
//! same however long the ledger is, and every figure is the ledger's.

mod asked;
mod chart;
mod export;
mod keep;
mod tally;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use asked::moment;
pub(super) use asked::{Asked, hour_of};
pub use chart::charts;
use chrono::Duration;
pub use export::{export, export_rows, rows};
pub(super) use keep::catch_up;
pub use keep::{queue, run};
use tally::{Tally, sum};

use super::usage::zone::Zone;
use super::viewer::Viewer;
use crate::model::generation::FailureKind;
use crate::model::statistics::{
    Compared, FailureCount, Figures, ModelFigures, People, Point, ProviderFigures, Query, Statistics, UserFigures,
};
use crate::model::usage::Consumer;
use crate::server::Server;
use crate::server::db::{ERASED, Hours, StatisticsOfUser, Written};
use crate::server::error::Result;

/// People who are listed.
const USERS: i64 = 20;
/// Hours of a time that is shown hour by hour.
const HOURLY: i64 = 48;

/// How the server was used. Administrators only. Errors: `Invalid`.
pub async fn report(server: &Server, viewer: &Viewer, query: &Query) -> Result<Statistics> {
    viewer.require_admin()?;
    of(server, Asked::of(server, viewer, query).await?).await
}

/// The same of a time and of people that are known. For who may see it.
pub(super) async fn of(server: &Server, asked: Asked) -> Result<Statistics> {
    let counting = keep::catch_up(server).await?;
    let Asked { before, ref hours, ref scope, ref zone, .. } = asked;
    let (both, db) = (before..hours.end, server.db.statistics());
    let (measures, waits) = tokio::try_join!(db.hours(scope, &both), db.waits(scope, &both))?;
    let tallies = tally::by_hour(measures, waits);
    let (models, users, failures) =
        tokio::try_join!(tally_of_models(server, &asked), db.users(scope, hours, USERS), db.failures(scope, &both, hours.start),)?;
    let people = if asked.alone { People::default() } else { people(server, &asked).await? };
    Ok(Statistics {
        from: moment(hours.start),
        until: moment(hours.end),
        before: moment(before),
        time_zone: zone.name.clone(),
        counting,
        user: asked.user.clone(),
        now: total(&tallies, hours).figures(),
        previous: total(&tallies, &(before..hours.start)).figures(),
        people,
        points: parts(zone, hours).into_iter().map(|part| point(&tallies, part)).collect(),
        hours: of_day(&tallies, hours, zone),
        providers: providers(&models),
        models: most_first(
            models.into_iter().map(|((provider, model), tally)| ModelFigures { provider, model, figures: tally.figures() }),
            |of| &of.figures,
        ),
        users: users.into_iter().map(of_user).collect(),
        failures: classes(failures),
    })
}

type ByModel = BTreeMap<(String, String), Tally>;

async fn tally_of_models(server: &Server, asked: &Asked) -> sqlx::Result<ByModel> {
    let db = server.db.statistics();
    let (measures, waits) = tokio::try_join!(db.models(&asked.scope, &asked.hours), db.waits_of_models(&asked.scope, &asked.hours))?;
    let mut models = ByModel::new();
    for (provider, model, measure) in measures {
        models.entry((provider, model)).or_default().measure.add(&measure);
    }
    for (provider, model, bucket, calls) in waits {
        models.entry((provider, model)).or_default().wait(bucket, calls);
    }
    Ok(models)
}

/// Everything in these hours.
fn total(tallies: &BTreeMap<i64, Tally>, hours: &Hours) -> Tally {
    tallies.range(hours.clone()).fold(Tally::default(), |mut sum, (_, tally)| {
        sum.add(tally);
        sum
    })
}

/// The hours of a short time, the days of a long one.
fn parts(zone: &Zone, hours: &Hours) -> Vec<Hours> {
    if hours.end - hours.start <= HOURLY {
        return hours.clone().map(|hour| hour..hour + 1).collect();
    }
    let (mut parts, mut begin) = (Vec::new(), hours.start);
    while begin < hours.end {
        // Where days do not begin at a whole hour of UTC, an hour belongs to the day that begins in it.
        let day = zone.day(moment(begin + 1) - Duration::seconds(1));
        let end = day.succ_opt().map_or(hours.end, |next| asked::hour_of(zone, next)).clamp(begin + 1, hours.end);
        parts.push(begin..end);
        begin = end;
    }
    parts
}

fn point(tallies: &BTreeMap<i64, Tally>, part: Hours) -> Point {
    Point { from: moment(part.start), until: moment(part.end), figures: total(tallies, &part).figures() }
}

fn of_day(tallies: &BTreeMap<i64, Tally>, hours: &Hours, zone: &Zone) -> Vec<Figures> {
    let mut day: Vec<Tally> = std::iter::repeat_with(Tally::default).take(24).collect();
    for (hour, tally) in tallies.range(hours.clone()) {
        day[zone.hour_of_day(*hour)].add(tally);
    }
    day.iter().map(Tally::figures).collect()
}

fn providers(models: &ByModel) -> Vec<ProviderFigures> {
    let mut providers: BTreeMap<&String, Tally> = BTreeMap::new();
    for ((provider, _), tally) in models {
        providers.entry(provider).or_default().add(tally);
    }
    most_first(
        providers.into_iter().map(|(provider, tally)| ProviderFigures { provider: provider.clone(), figures: tally.figures() }),
        |of| &of.figures,
    )
}

/// What cost most, else what was used most.
fn most_first<T>(all: impl Iterator<Item = T>, figures: fn(&T) -> &Figures) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_by_key(|one| Reverse((figures(one).sum.cost.unwrap_or_default(), figures(one).sum.tokens())));
    all
}

fn of_user(of: StatisticsOfUser) -> UserFigures {
    let StatisticsOfUser { user_id: id, name, email, measure } = of;
    let user = (id != ERASED).then(|| Consumer { id, name: name.unwrap_or_default(), email: email.unwrap_or_default() });
    UserFigures { user, sum: sum(&measure), failed: measure.failed.unsigned_abs() }
}

/// A class that was written by an older server and has no name any more is our own fault.
fn classes(rows: Vec<(String, i64, i64)>) -> Vec<FailureCount> {
    let mut counts: Vec<FailureCount> = Vec::new();
    for (failure, now, before) in rows {
        let failure = serde_json::from_value(failure.into()).unwrap_or(FailureKind::Internal);
        let (now, before) = (now.unsigned_abs(), before.unsigned_abs());
        match counts.iter_mut().find(|count| count.failure == failure) {
            Some(count) => count.calls = Compared { now: count.calls.now + now, before: count.calls.before + before },
            None => counts.push(FailureCount { failure, calls: Compared { now, before } }),
        }
    }
    counts.sort_by_key(|count| Reverse(count.calls.now));
    counts
}

async fn people(server: &Server, asked: &Asked) -> sqlx::Result<People> {
    let (db, hours, earlier) = (server.db.statistics(), &asked.hours, asked.before..asked.hours.start);
    let (active, new, new_before, last) =
        tokio::try_join!(db.active(asked.before, hours), db.new_users(hours), db.new_users(&earlier), db.last_counted())?;
    let uncounted = last.map_or(i64::MIN, |last| last + 1);
    let (written, written_before) = (written(server, hours, uncounted).await?, written(server, &earlier, uncounted).await?);
    let compared = |now: i64, before: i64| Compared { now: now.unsigned_abs(), before: before.unsigned_abs() };
    Ok(People {
        online: server.presence.count() as u64,
        new: compared(new, new_before),
        day: compared(active.day, active.day_before),
        week: compared(active.week, active.week_before),
        month: compared(active.month, active.month_before),
        active: compared(active.period, active.period_before),
        chats: compared(written.chats, written_before.chats),
        messages: compared(written.messages, written_before.messages),
    })
}

/// What was written in these hours: those that are over were counted, the others are counted now.
async fn written(server: &Server, hours: &Hours, uncounted: i64) -> sqlx::Result<Written> {
    let (db, now) = (server.db.statistics(), hours.start.max(uncounted)..hours.end);
    let counted = db.counted(hours).await?;
    let fresh = if now.is_empty() { Written::default() } else { db.written(&now).await? };
    Ok(Written { chats: counted.chats + fresh.chats, messages: counted.messages + fresh.messages })
}
