//! The figures of a report: what the dashboard shows of a calendar's week or month, for one person or all.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use uuid::Uuid;

use crate::model::digest::{Digest, DigestCrowd, DigestDay, DigestPeriod, DigestScope};
use crate::model::error::Rule;
use crate::model::statistics::Statistics;
use crate::server::Server;
use crate::server::db::Scope;
use crate::server::error::{Error, Result};
use crate::server::service::statistics::{self, Asked, hour_of};
use crate::server::service::usage::zone::Zone;

const HOUR: i64 = 3600;

/// The first day of the period that is asked for: the one that this day is in, else the last one that is over. Errors: `Invalid` (`of`).
pub fn begin(zone: &Zone, period: DigestPeriod, of: Option<NaiveDate>, now: DateTime<Utc>) -> Result<NaiveDate> {
    let today = zone.day(now);
    let Some(day) = of else { return Ok(period.before(period.begin(today))) };
    if day > today || day.year() < 1970 {
        return Err(Error::invalid("of", Rule::Format, "of must be a day like 2026-11-16, and not one that is still to come."));
    }
    Ok(period.begin(day))
}

/// The report of the period that begins so.
pub async fn make(
    server: &Server,
    user_id: Uuid,
    (scope, period, begin): (DigestScope, DigestPeriod, NaiveDate),
    zone: Zone,
) -> Result<Digest> {
    let own = scope == DigestScope::Own;
    let end = hour_of(&zone, period.end(begin));
    // The hour that is going on is among it.
    let hours = hour_of(&zone, begin)..end.min(server.clock.now().timestamp().div_euclid(HOUR) + 1);
    let before = hour_of(&zone, period.before(begin));
    let of = Scope { user: own.then_some(user_id), ..Scope::default() };
    let finished = hours.end == end;
    let asked = Asked { before, hours, scope: of, user: None, zone, alone: own };
    let told = statistics::of(server, asked).await?;
    let days = days(&told);
    let crowd = (!own).then(|| crowd(server, &told));
    Ok(Digest {
        scope,
        period,
        from: begin,
        to: period.end(begin).pred_opt().unwrap_or(begin),
        time_zone: told.time_zone,
        begins_at: told.from,
        ends_at: told.until,
        finished,
        counting: told.counting,
        now: told.now,
        previous: told.previous,
        days,
        models: told.models,
        crowd,
    })
}

/// The dashboard's points, which are hours where the time is short, by the day in which they end.
fn days(told: &Statistics) -> Vec<DigestDay> {
    let zone = Zone::named(Some(&told.time_zone));
    let mut days: Vec<DigestDay> = Vec::new();
    for point in &told.points {
        // Where days do not begin at a whole hour of UTC, an hour belongs to the day that begins in it.
        let (day, figures) = (zone.day(point.until - Duration::seconds(1)), &point.figures);
        match days.last_mut().filter(|last| last.day == day) {
            Some(last) => {
                last.sum.add(&figures.sum);
                last.answers += figures.answers;
                last.failed += figures.failed;
            }
            None => days.push(DigestDay { day, sum: figures.sum, answers: figures.answers, failed: figures.failed }),
        }
    }
    days
}

fn crowd(server: &Server, told: &Statistics) -> DigestCrowd {
    let named = server.settings.get().oversight.reading;
    DigestCrowd {
        active: told.people.active,
        new: told.people.new,
        failures: told.failures.clone(),
        users: if named { told.users.clone() } else { Vec::new() },
    }
}
