//! Reading the security log: people their own, administrators everybody's. That an administrator read is an entry itself.

use std::collections::HashMap;
use std::net::IpAddr;

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Event, PAGE, Personal, page_of, record};
use crate::model::Page;
use crate::model::activity::{Action, Activity, ActivityQuery, LogEntry};
use crate::model::error::Rule;
use crate::model::sheet::SheetFormat;
use crate::model::user::normal_email;
use crate::server::Server;
use crate::server::db::ActivityFilter;
use crate::server::error::{Error, Result};
use crate::server::service::sheet::{self, Sheet};
use crate::server::service::sign_in::agent;
use crate::server::service::viewer::{Origin, Viewer};

/// The same reader who reads on within this time is noted once.
const ONE_READING: Duration = Duration::minutes(10);
/// Entries that are read at a time for a file.
const BATCH: i64 = 1000;
const COLUMNS: &[&str] = &["seq", "at", "action", "result", "user_id", "user_name", "actor_id", "actor_name", "ip", "user_agent", "detail"];

/// The entries about the viewer's account, the newest first; `after` is the `next` of the page before. Where others acted from
/// is theirs, and left out.
pub async fn own(server: &Server, viewer: &Viewer, after: Option<&str>) -> Result<Page<LogEntry>> {
    own_of(server, viewer.user.id, after.map(place).transpose()?).await
}

/// The same of the account of this person, as they may read it.
pub async fn own_of(server: &Server, me: Uuid, before: Option<i64>) -> Result<Page<LogEntry>> {
    let filter = ActivityFilter { user_id: Some(me), before, ..ActivityFilter::default() };
    let mut page = named(server, page_of(server, &filter, PAGE).await?).await?;
    for entry in &mut page.items {
        if entry.activity.actor_id.is_some_and(|actor| actor != me) {
            (entry.activity.ip, entry.activity.user_agent) = (None, None);
            (entry.browser, entry.system) = (None, None);
        }
    }
    Ok(page)
}

/// Everybody's entries, the newest first. Administrators only. Errors: `Invalid`.
pub async fn list(server: &Server, viewer: &Viewer, origin: &Origin, query: ActivityQuery, after: Option<&str>) -> Result<Page<LogEntry>> {
    viewer.require_admin()?;
    let filter = ActivityFilter { before: after.map(place).transpose()?, ..filter(server, &query).await? };
    let found = named(server, page_of(server, &filter, PAGE).await?).await?;
    note(server, viewer, origin, &filter, json!({})).await?;
    Ok(found)
}

/// The same as a file. Administrators only. Errors: `Invalid`.
pub async fn export(server: &Server, viewer: &Viewer, origin: &Origin, query: ActivityQuery, format: SheetFormat) -> Result<Sheet> {
    viewer.require_admin()?;
    let filter = filter(server, &query).await?;
    note(server, viewer, origin, &filter, json!({ "export": format })).await?;
    let batches = stream::try_unfold(Some((server.clone(), filter)), |state| async move {
        let Some((server, filter)) = state else { return Ok(None) };
        let found = named(&server, page_of(&server, &filter, BATCH).await?).await?;
        let batch = found.items.into_iter().map(cells).collect::<Result<Vec<_>>>()?;
        let before = found.next.as_deref().map(place).transpose()?;
        let next = before.map(|before| (server, ActivityFilter { before: Some(before), ..filter }));
        Ok(Some((batch, next)))
    });
    Ok(sheet::write(format, "liao-activity", COLUMNS, batches.boxed()))
}

fn place(after: &str) -> Result<i64> {
    after.parse().map_err(|_| Error::invalid("after", Rule::Format, "after must be the `next` of a page before."))
}

async fn filter(server: &Server, query: &ActivityQuery) -> Result<ActivityFilter> {
    let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let ip = given(&query.ip).map(|ip| {
        let parsed = ip.parse::<IpAddr>().map(|ip| ip.to_canonical().to_string());
        parsed.map_err(|_| Error::invalid("ip", Rule::Format, "ip must be an address like 192.0.2.1 or 2001:db8::1."))
    });
    Ok(ActivityFilter {
        person: None,
        user_id: person(server, "user", given(&query.user)).await?,
        actor_id: person(server, "actor", given(&query.actor)).await?,
        action: query.action,
        result: query.result,
        ip: ip.transpose()?,
        since: given(&query.from).map(|text| moment("from", &text, 0)).transpose()?,
        until: given(&query.to).map(|text| moment("to", &text, 1)).transpose()?,
        before: None,
    })
}

/// Whom an id or an address names. An id may be of somebody who was erased.
pub(in crate::server::service) async fn person(server: &Server, field: &str, named: Option<String>) -> Result<Option<Uuid>> {
    let Some(named) = named else { return Ok(None) };
    if let Ok(id) = Uuid::parse_str(&named) {
        return Ok(Some(id));
    }
    let account = match named.contains('\0') {
        true => None,
        false => server.db.users().find_by_email(&normal_email(&named)).await?,
    };
    let unknown = || Error::invalid(field, Rule::Unknown, format!("{field} must be the id or the e-mail address of somebody."));
    Ok(Some(account.ok_or_else(unknown)?.user.id))
}

/// A moment, or the beginning of the day that is so many days after this one.
pub(in crate::server::service) fn moment(field: &str, text: &str, days: u64) -> Result<DateTime<Utc>> {
    let day = || {
        let day = text.parse::<NaiveDate>().ok()?.checked_add_days(Days::new(days))?;
        Some(day.and_hms_opt(0, 0, 0)?.and_utc())
    };
    // What a database cannot hold is no moment either.
    let known = |at: &DateTime<Utc>| (1970..10_000).contains(&chrono::Datelike::year(at));
    let at = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).or_else(day).filter(known);
    at.ok_or_else(|| Error::invalid(field, Rule::Format, format!("{field} must be a day like 2026-11-25, or a time of RFC 3339.")))
}

/// Adds the names of those whom the entries are about.
async fn named(server: &Server, page: Page<Activity>) -> Result<Page<LogEntry>> {
    let mut ids: Vec<Uuid> = page.items.iter().flat_map(|entry| [entry.user_id, entry.actor_id]).flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    let names: HashMap<Uuid, String> = server.db.directory().names(&ids).await?.into_iter().map(|(id, name, _)| (id, name)).collect();
    let name = |id: Option<Uuid>| id.and_then(|id| names.get(&id).cloned());
    let entry = |activity: Activity| {
        let (browser, system) = agent::read(activity.user_agent.as_deref());
        LogEntry { user_name: name(activity.user_id), actor_name: name(activity.actor_id), browser, system, activity }
    };
    Ok(Page { items: page.items.into_iter().map(entry).collect(), next: page.next })
}

/// Notes that the viewer reads what is not only about themselves.
async fn note(server: &Server, viewer: &Viewer, origin: &Origin, filter: &ActivityFilter, mut detail: Value) -> Result<()> {
    let me = viewer.user.id;
    if filter.user_id == Some(me) && detail["export"].is_null() {
        return Ok(());
    }
    let pairs = [
        ("user", filter.user_id.is_some()),
        ("actor", filter.actor_id.is_some()),
        ("action", filter.action.is_some()),
        ("result", filter.result.is_some()),
        ("ip", filter.ip.is_some()),
        ("from", filter.since.is_some()),
        ("to", filter.until.is_some()),
    ];
    let filters: Vec<_> = pairs.into_iter().filter_map(|(name, given)| given.then_some(name)).collect();
    detail["filters"] = json!(filters);
    let last = ActivityFilter { actor_id: Some(me), action: Some(Action::ActivityRead), ..ActivityFilter::default() };
    let last = server.db.activity().list(&last, 1).await?.pop();
    let same = last.is_some_and(|last| {
        let said = last.personal.and_then(|text| serde_json::from_str::<Personal>(&text).ok()).map(|personal| personal.detail);
        last.user_id == filter.user_id && said.as_ref() == Some(&detail) && server.clock.now() - last.at < ONE_READING
    });
    if same {
        return Ok(());
    }
    let event = Event::new(Action::ActivityRead, origin).by(me).detail(detail);
    record(server, if let Some(user) = filter.user_id { event.of(user) } else { event }).await;
    Ok(())
}

/// The values of the columns.
fn cells(entry: LogEntry) -> Result<Vec<Value>> {
    let mut all = serde_json::to_value(entry).map_err(Error::internal)?;
    if all["detail"].is_object() {
        all["detail"] = Value::String(all["detail"].to_string());
    }
    Ok(COLUMNS.iter().map(|name| all[*name].take()).collect())
}
