//! What calls to models used and cost: one's own, and for administrators everybody's.

mod export;
#[cfg(test)]
mod tests;
pub(super) mod zone;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
pub use export::export;
use uuid::Uuid;
use zone::{Zone, before};

use super::viewer::Viewer;
use crate::model::Page;
use crate::model::error::Rule;
use crate::model::usage::{Consumer, OfDay, OfModel, OfUser, Period, Report, Sum};
use crate::server::Server;
use crate::server::db::{OfUserRow, Span};
use crate::server::error::{Error, Result};

/// Users of a page, by default and at most.
const LIST: u32 = 50;
const LIST_MAX: u32 = 200;
/// The cursor after the last user: next come those who were erased.
const NOBODY: &str = "erased";

/// What the viewer used, by model and by day.
pub async fn mine(server: &Server, viewer: &Viewer, period: Period) -> Result<Report> {
    let zone = Zone::named(viewer.user.time_zone.as_deref());
    let to = zone.day(server.clock.now());
    let from = match period {
        Period::Days => Some(before(to, 29)),
        Period::Month => to.with_day(1),
        Period::Year => Some(before(to, 364)),
        Period::All => None,
    };
    let span = Span { from: from.map_or(0, |day| zone.start(day)), until: i64::MAX };
    let ledger = server.db.ledger();
    let (models, quarters) = tokio::try_join!(ledger.of_models(viewer.user.id, span), ledger.of_quarters(viewer.user.id, span))?;
    let mut days: BTreeMap<NaiveDate, Sum> = BTreeMap::new();
    for (quarter, sum) in quarters {
        days.entry(zone.day_of(quarter)).or_default().add(&sum);
    }
    let days = days.into_iter().map(|(day, sum)| OfDay { day, sum }).collect();
    let (total, models) = summed(models);
    Ok(Report { period, from, to, time_zone: zone.name, total, models, days })
}

/// The sum of all, and each, what cost or was used most first.
fn summed(models: Vec<(String, Sum)>) -> (Sum, Vec<OfModel>) {
    let mut total = Sum::default();
    models.iter().for_each(|(_, sum)| total.add(sum));
    let mut models: Vec<_> = models.into_iter().map(|(model, sum)| OfModel { model, sum }).collect();
    models.sort_by_key(|of| Reverse((of.sum.cost, of.sum.tokens())));
    (total, models)
}

/// Which days of everybody's are asked for, in UTC.
#[derive(Clone, Copy, Debug, Default)]
pub struct Between {
    /// The first; absent: the first there is.
    pub from: Option<NaiveDate>,
    /// The last; absent: today.
    pub to: Option<NaiveDate>,
}

impl Between {
    fn span(self) -> Result<Span> {
        let utc = Zone::named(None);
        if self.from.zip(self.to).is_some_and(|(from, to)| from > to) {
            return Err(Error::invalid("to", Rule::Format, "to must not be before from."));
        }
        let after = |day: NaiveDate| day.succ_opt().map_or(i64::MAX, |next| utc.start(next));
        Ok(Span { from: self.from.map_or(0, |day| utc.start(day)), until: self.to.map_or(i64::MAX, after) })
    }
}

/// What everybody used, by user and model; at the end, together, those who were erased. Users who used nothing are left out.
/// Administrators only. Errors: `Invalid`.
pub async fn all(server: &Server, viewer: &Viewer, days: Between, after: Option<&str>, limit: Option<u32>) -> Result<Page<OfUser>> {
    viewer.require_admin()?;
    page(server, days.span()?, after, limit.unwrap_or(LIST).clamp(1, LIST_MAX)).await
}

async fn page(server: &Server, span: Span, after: Option<&str>, limit: u32) -> Result<Page<OfUser>> {
    if after == Some(NOBODY) {
        return Ok(Page { items: nobody(server, span).await?, next: None });
    }
    let after = after
        .map(|id| Uuid::parse_str(id).map_err(|_| Error::invalid("after", Rule::Format, "after must be the `next` of a page before.")));
    let rows = server.db.ledger().of_users(after.transpose()?, span, i64::from(limit) + 1).await?;
    let mut items = by_user(rows);
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().and_then(|item| item.user.as_ref()).map(|user| user.id.to_string());
    if more {
        return Ok(Page { items, next: last });
    }
    // They fit, or they are a page of their own.
    if items.len() == limit as usize {
        return Ok(Page { items, next: Some(NOBODY.to_owned()) });
    }
    items.extend(nobody(server, span).await?);
    Ok(Page { items, next: None })
}

/// Neighbouring rows of one user together.
fn by_user(rows: Vec<OfUserRow>) -> Vec<OfUser> {
    let mut users: Vec<(Consumer, Vec<(String, Sum)>)> = Vec::new();
    for OfUserRow { user_id: id, name, email, model, sum } in rows {
        match users.last_mut().filter(|(user, _)| user.id == id) {
            Some((_, models)) => models.push((model, sum)),
            None => users.push((Consumer { id, name, email }, vec![(model, sum)])),
        }
    }
    let item = |(user, models)| {
        let (total, models) = summed(models);
        OfUser { user: Some(user), total, models }
    };
    users.into_iter().map(item).collect()
}

async fn nobody(server: &Server, span: Span) -> Result<Vec<OfUser>> {
    let (total, models) = summed(server.db.ledger().of_nobody(span).await?);
    Ok(if models.is_empty() { Vec::new() } else { vec![OfUser { user: None, total, models }] })
}
