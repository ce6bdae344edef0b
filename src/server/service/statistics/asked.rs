//! What is asked for, in whole hours and for somebody who is known.

use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use crate::model::error::Rule;
use crate::model::statistics::{DAYS_MAX, ERASED as ERASED_WORD, FILTER_MAX, Query, Range};
use crate::model::usage::Consumer;
use crate::model::user::normal_email;
use crate::server::Server;
use crate::server::db::{ERASED, Hours, QUARTERS, Scope};
use crate::server::error::{Error, Result};
use crate::server::service::usage::zone::{Zone, before};
use crate::server::service::viewer::Viewer;

const HOUR: i64 = 3600;
/// Days of a custom range whose beginning is not said.
const CUSTOM: i64 = 7;

/// A query that was understood.
pub struct Asked {
    /// Where the period before begins.
    pub before: i64,
    pub hours: Hours,
    pub scope: Scope,
    pub user: Option<Consumer>,
    pub zone: Zone,
    /// Who else was here is not counted.
    pub alone: bool,
}

/// The beginning of an hour since 1970.
pub fn moment(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(hour.saturating_mul(HOUR), 0).unwrap_or_default()
}

/// The hour in which a day begins.
pub fn hour_of(zone: &Zone, day: NaiveDate) -> i64 {
    zone.start(day).div_euclid(QUARTERS)
}

impl Asked {
    pub async fn of(server: &Server, viewer: &Viewer, query: &Query) -> Result<Self> {
        let zone = Zone::named(viewer.user.time_zone.as_deref());
        let hours = hours(query, &zone, server.clock.now())?;
        let (whose, user) = person(server, given(&query.user)).await?;
        let scope = Scope { user: whose, provider: filter("provider", &query.provider)?, model: filter("model", &query.model)? };
        Ok(Self { before: hours.start - (hours.end - hours.start), hours, scope, user, zone, alone: false })
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// What is longer than any name, or holds what no name does, is nobody's: it is said instead of asked.
pub fn filter(field: &str, text: &Option<String>) -> Result<Option<String>> {
    let Some(text) = given(text) else { return Ok(None) };
    if text.chars().count() > FILTER_MAX || text.contains('\0') {
        return Err(Error::invalid(field, Rule::Unknown, format!("{field} is no name that anything here could have.")));
    }
    Ok(Some(text.to_owned()))
}

fn hours(query: &Query, zone: &Zone, now: DateTime<Utc>) -> Result<Hours> {
    // The hour that is going on is among it.
    let end = now.timestamp().div_euclid(HOUR) + 1;
    let last = |days: u64| hour_of(zone, before(zone.day(now), days - 1))..end;
    // Dates that are said win.
    let dated = given(&query.from).or(given(&query.to)).is_some();
    match query.range {
        _ if dated => custom(query, zone, end),
        Range::Day => Ok(end - 24..end),
        Range::Week => Ok(last(7)),
        Range::Month => Ok(last(30)),
        Range::Quarter => Ok(last(90)),
        Range::Custom => custom(query, zone, end),
    }
}

fn custom(query: &Query, zone: &Zone, end: i64) -> Result<Hours> {
    let until = given(&query.to).map(|text| hour("to", text, zone, 1)).transpose()?.unwrap_or(end).min(end);
    let from = given(&query.from).map(|text| hour("from", text, zone, 0)).transpose()?.unwrap_or(until - CUSTOM * 24);
    // What lies ahead is an empty hour.
    let until = if from >= end { from + 1 } else { until };
    if from >= until {
        return Err(Error::invalid("to", Rule::Format, "to must not be before from."));
    }
    if until - from > DAYS_MAX * 24 + 1 {
        return Err(Error::invalid("from", Rule::Format, format!("At most {DAYS_MAX} days can be shown at once.")));
    }
    Ok(from..until)
}

/// The hour of a moment, or of the beginning of the day that is so many days after this one.
fn hour(field: &str, text: &str, zone: &Zone, days: u64) -> Result<i64> {
    let known = |year: i32| (1970..10_000).contains(&year);
    let day = || {
        let day = text.parse::<NaiveDate>().ok().filter(|day| known(chrono::Datelike::year(day)))?;
        Some(hour_of(zone, day.checked_add_days(Days::new(days))?))
    };
    let at = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).filter(|at| known(chrono::Datelike::year(at)));
    // The end of a time takes the hour in which it lies along.
    let whole = |at: DateTime<Utc>| if days == 0 { at.timestamp().div_euclid(HOUR) } else { (at.timestamp() + HOUR - 1).div_euclid(HOUR) };
    let found = at.map(whole).or_else(day);
    found.ok_or_else(|| Error::invalid(field, Rule::Format, format!("{field} must be a day like 2026-11-25, or a time of RFC 3339.")))
}

/// Whom an id or an address names. An id may be of somebody who was erased, and then has no rows.
async fn person(server: &Server, named: Option<&str>) -> Result<(Option<Uuid>, Option<Consumer>)> {
    let unknown = || Error::invalid("user", Rule::Unknown, "user must be the id or the e-mail address of somebody.");
    let Some(named) = named else { return Ok((None, None)) };
    if named == ERASED_WORD {
        return Ok((Some(ERASED), None));
    }
    if named.contains('\0') {
        return Err(unknown());
    }
    if let Ok(id) = Uuid::parse_str(named) {
        // Neither is anybody's id: they mean something here.
        if id.is_nil() || id.is_max() {
            return Err(unknown());
        }
        let user = server.db.people().find(id).await?;
        return Ok((Some(id), user.map(|user| Consumer { id, name: user.name, email: user.email })));
    }
    let account = server.db.users().find_by_email(&normal_email(named)).await?.ok_or_else(unknown)?;
    let crate::model::user::User { id, name, email, .. } = account.user;
    Ok((Some(id), Some(Consumer { id, name, email })))
}
