//! Reports of use: one's own, and everybody's for administrators; right away in three forms, and by mail when a week or a month is over.
//!
//! ```text
//! a choice       says from when on, and when the next report may be made
//! the job        finds the choices that are due: report, letter, mail
//! one change     notes that the report was made, puts its mail into the outbox and queues its sending: so each is sent once
//! ```

mod figures;
mod paper;
mod post;
mod words;

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use minijinja::{Value, context};
pub use post::{queue, run, sweep};
use uuid::Uuid;
pub use words::sample;

use super::letter::{self, Letter, Recipient};
use super::usage::zone::Zone;
use super::viewer::Viewer;
use crate::i18n::Locale;
use crate::model::digest::{Digest, DigestChange, DigestChoices, DigestDays, DigestFormat, DigestOffer, DigestPeriod, DigestScope};
use crate::model::user::User;
use crate::server::Server;
use crate::server::crypto::sha256;
use crate::server::db::Wish;
use crate::server::error::Result;

/// A report for people: what a mail, a page and a sheet of paper show, in the words of its reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub title: String,
    pub lead: Vec<String>,
    pub totals: Vec<Total>,
    /// What the totals lack.
    pub notes: Vec<String>,
    pub chart: Chart,
    pub tables: Vec<Table>,
}

/// A figure, and what it was before.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    pub name: String,
    pub now: String,
    /// Empty: nothing to compare with.
    pub before: String,
}

/// Bars, a day each.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub name: String,
    /// What it shows, in a sentence.
    pub said: String,
    pub bars: Vec<Bar>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub name: String,
    pub value: String,
    /// Of the longest, in percent; one of anything at all is seen.
    pub percent: u8,
}

/// A table: the first cell of a row names it, the others are figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub name: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Says how many rows were left out; empty: none.
    pub note: String,
}

impl Sheet {
    /// By the names that the letter's template uses.
    pub fn value(&self) -> Value {
        let totals =
            self.totals.iter().map(|of| context! { name => of.name.as_str(), now => of.now.as_str(), before => of.before.as_str() });
        let bars =
            self.chart.bars.iter().map(|of| context! { name => of.name.as_str(), value => of.value.as_str(), percent => of.percent });
        let tables = self.tables.iter().map(|of| {
            let rows: Vec<Value> = of.rows.iter().map(|row| Value::from(row.clone())).collect();
            context! { name => of.name.as_str(), head => Value::from(of.head.clone()), rows => rows, note => of.note.as_str() }
        });
        context! {
            title => self.title.as_str(), lead => Value::from(self.lead.clone()), totals => totals.collect::<Vec<Value>>(),
            notes => Value::from(self.notes.clone()), tables => tables.collect::<Vec<Value>>(),
            chart => context! { name => self.chart.name.as_str(), said => self.chart.said.as_str(), bars => bars.collect::<Vec<Value>>() },
        }
    }
}

/// A report as a file, or as data.
pub enum Made {
    Json(Box<Digest>),
    Html(String),
    Pdf { name: String, bytes: Vec<u8> },
}

/// Which reports the viewer gets by mail.
pub async fn choices(server: &Server, viewer: &Viewer) -> Result<DigestChoices> {
    let mut choices = DigestChoices::default();
    for wish in server.db.digests().wishes_of(viewer.user.id).await? {
        choices.set(wish.scope, wish.period, wish.scope == DigestScope::Own || viewer.user.is_admin());
    }
    Ok(choices)
}

/// What a page offers: the choices, and the times that were over last.
pub async fn offer(server: &Server, viewer: &Viewer) -> Result<DigestOffer> {
    let zone = Zone::named(viewer.user.time_zone.as_deref());
    let today = zone.day(server.clock.now());
    let last = |period: DigestPeriod| {
        let begin = period.before(period.begin(today));
        DigestDays { from: begin, to: period.end(begin).pred_opt().unwrap_or(begin) }
    };
    Ok(DigestOffer {
        choices: choices(server, viewer).await?,
        admin: viewer.user.is_admin(),
        verified: viewer.user.email_verified,
        week: last(DigestPeriod::Week),
        month: last(DigestPeriod::Month),
    })
}

/// Changes which reports the viewer gets by mail: from the time on that goes on now. Errors: `Forbidden` (everybody's, for who does not
/// administer).
pub async fn choose(server: &Server, viewer: &Viewer, change: DigestChange) -> Result<DigestChoices> {
    let DigestChange { week, month, server_week, server_month } = change;
    if server_week.or(server_month).is_some() {
        viewer.require_admin()?;
    }
    let asked = [
        (DigestScope::Own, DigestPeriod::Week, week),
        (DigestScope::Own, DigestPeriod::Month, month),
        (DigestScope::Server, DigestPeriod::Week, server_week),
        (DigestScope::Server, DigestPeriod::Month, server_month),
    ];
    let (db, now, user_id) = (server.db.digests(), server.clock.now(), viewer.user.id);
    let zone = Zone::named(viewer.user.time_zone.as_deref());
    for (scope, period, wanted) in asked {
        match wanted {
            Some(true) => db.wish(&Wish { user_id, scope, period, chosen_at: now }, post::next(&zone, period, now)).await?,
            Some(false) => _ = db.unwish(user_id, scope, period).await?,
            None => {}
        }
    }
    choices(server, viewer).await
}

/// The report of the period that this day is in; of the last one that is over, if none is named. Everybody's is for administrators.
/// Errors: `Forbidden`, `Invalid` (`of`).
pub async fn report(server: &Server, viewer: &Viewer, scope: DigestScope, period: DigestPeriod, of: Option<NaiveDate>) -> Result<Digest> {
    if scope == DigestScope::Server {
        viewer.require_admin()?;
    }
    let zone = Zone::named(viewer.user.time_zone.as_deref());
    let begin = figures::begin(&zone, period, of, server.clock.now())?;
    figures::make(server, viewer.user.id, (scope, period, begin), zone).await
}

/// The same, written so; in the account's language, else in this one. Errors as there.
pub async fn file(server: &Server, viewer: &Viewer, digest: Digest, format: DigestFormat, locale: Locale) -> Result<Made> {
    let mut to = Recipient::from(&viewer.user).or_in(Some(locale.tag()));
    let locale = to.locale();
    Ok(match format {
        DigestFormat::Json => Made::Json(Box::new(digest)),
        DigestFormat::Html => {
            // Whose name the profile has is told at the mail only.
            to.name.clear();
            let sheet = words::sheet(&digest, locale);
            let (_, body) = letter::compose(server, &to, &Letter::Digest { sheet: Box::new(sheet), stop: String::new() })?;
            Made::Html(body.html)
        }
        DigestFormat::Pdf => {
            let host = letter::base(server);
            let sheet = words::sheet(&digest, locale);
            Made::Pdf { name: file_name(&digest), bytes: paper::pdf(&sheet, locale, &host)? }
        }
    })
}

/// What the file is called, in plain letters.
fn file_name(digest: &Digest) -> String {
    let whose = match digest.scope {
        DigestScope::Own => "usage",
        DigestScope::Server => "server",
    };
    format!("liao-{whose}-{}-{}.pdf", digest.period.name(), digest.from)
}

/// Whose reports, and which, a link of a mail ends; absent: it is none.
pub async fn of_link(server: &Server, token: &str) -> Result<Option<(Uuid, DigestScope, DigestPeriod)>> {
    Ok(server.db.digests().of_token(&sha256(token)).await?)
}

/// Ends them. Who has the mail may do so, signed in or not, and again. False: it is no such link.
pub async fn stop(server: &Server, token: &str) -> Result<bool> {
    let Some((user_id, scope, period)) = of_link(server, token).await? else { return Ok(false) };
    server.db.digests().unwish(user_id, scope, period).await?;
    Ok(true)
}

/// What the account holds of this, for its copy: which reports are wanted, and since when.
pub(super) async fn kept(server: &Server, user_id: Uuid) -> Result<Vec<(DigestScope, DigestPeriod, DateTime<Utc>)>> {
    let wishes = server.db.digests().wishes_of(user_id).await?;
    Ok(wishes.into_iter().map(|wish| (wish.scope, wish.period, wish.chosen_at)).collect())
}

/// Where somebody's days begin.
fn zone_of(user: &User) -> Zone {
    Zone::named(user.time_zone.as_deref())
}
