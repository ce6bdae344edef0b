//! The reports that are due, as mails. The job may be cut off at any time: what was made is made once, and what was not is due again.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::{Value, json};

use super::super::letter::{self, Letter, Recipient};
use super::super::mail;
use super::{figures, file_name, paper, words, zone_of};
use crate::model::digest::{Digest, DigestPeriod, DigestScope};
use crate::model::job::JobKind;
use crate::model::mail::Mail;
use crate::model::user::User;
use crate::server::Server;
use crate::server::crypto::{random_token, sha256};
use crate::server::db::{NewDigest, NewJob as QueuedJob, NewMail, Wish};
use crate::server::error::{Error, Result};
use crate::server::job::{self, Failure, Job, NewJob};
use crate::server::mail::Extra;
use crate::server::service::statistics::{self, hour_of};
use crate::server::service::usage::zone::Zone;

/// So many hours after its last day a report is made: on the morning after.
const MORNING: i64 = 6;
/// How many choices one job looks at; the next one looks at the rest.
const BATCH: i64 = 500;
/// How far back it makes up for what could not be made, in periods.
const MISSED: usize = 5;
/// When what failed is tried again.
const AGAIN: Duration = Duration::hours(1);
/// How long it is known what was made: much longer than anything is made up for.
const KEEP: Duration = Duration::days(400);

/// From when on the report of the period that begins so may be made.
fn ready(zone: &Zone, period: DigestPeriod, begin: NaiveDate) -> DateTime<Utc> {
    let hour = hour_of(zone, period.end(begin)).saturating_add(MORNING);
    DateTime::from_timestamp(hour.saturating_mul(3600), 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// From when on there may be another one: the first moment after now.
pub fn next(zone: &Zone, period: DigestPeriod, now: DateTime<Utc>) -> DateTime<Utc> {
    let begin = period.begin(zone.day(now));
    let last = ready(zone, period, period.before(begin));
    if last > now { last } else { ready(zone, period, begin) }
}

/// Queues the work if there may be some and nobody is at it.
pub async fn queue(server: &Server) -> Result<()> {
    if server.db.digests().is_due(server.clock.now()).await? && !server.db.jobs().is_due(JobKind::Digest).await? {
        job::enqueue(server, NewJob::new(JobKind::Digest, Value::Null)).await?;
    }
    Ok(())
}

/// The job: makes what is due.
pub async fn run(server: &Server, job: &Job) -> std::result::Result<Value, Failure> {
    // Of rows that are not counted yet no report would be whole.
    while statistics::catch_up(server).await? {
        if !job::progress(server, job.id, 10).await? {
            return Ok(json!({ "made": 0 }));
        }
    }
    let (now, mut made) = (server.clock.now(), 0_u32);
    for wish in server.db.digests().due(now, BATCH).await? {
        // What cannot be made for one must not keep the others from theirs.
        let next = match Box::pin(one(server, &wish)).await {
            Ok((count, next)) => {
                made += count;
                next
            }
            Err(cause) => {
                tracing::error!(user = %wish.user_id, scope = ?wish.scope, period = ?wish.period, %cause, "a report of usage could not be made");
                now + AGAIN
            }
        };
        server.db.digests().put_off(&wish, next).await?;
        if !job::progress(server, job.id, 50).await? {
            break;
        }
    }
    Ok(json!({ "made": made }))
}

/// Makes what is due for this wish: how many mails, and from when on there may be more.
async fn one(server: &Server, wish: &Wish) -> Result<(u32, DateTime<Utc>)> {
    let (now, db) = (server.clock.now(), server.db.digests());
    let Some(user) = server.db.people().find(wish.user_id).await? else { return Ok((0, now + AGAIN)) };
    let zone = zone_of(&user);
    let next = next(&zone, wish.period, now);
    let may = wish.scope == DigestScope::Own || user.is_admin();
    if !may || !db.is_reached(user.id).await? {
        return Ok((0, next));
    }
    let mut made = 0;
    for begin in missed(&zone, wish, now).into_iter().rev() {
        if !db.is_made(wish, begin).await? && post(server, &user, wish, begin).await? {
            made += 1;
        }
    }
    Ok((made, next))
}

/// The periods that were over after the wish was made and may be told of now, the newest first.
fn missed(zone: &Zone, wish: &Wish, now: DateTime<Utc>) -> Vec<NaiveDate> {
    let newest = wish.period.begin(zone.day(now));
    let begins = std::iter::successors(Some(newest), |begin| Some(wish.period.before(*begin)));
    let over = begins.take(MISSED + 1).filter(|begin| ready(zone, wish.period, *begin) <= now);
    let since = zone.day(wish.chosen_at);
    over.filter(|begin| wish.period.end(*begin) > since).collect()
}

/// Makes one report. True: its mail is in the outbox now.
async fn post(server: &Server, user: &User, wish: &Wish, begin: NaiveDate) -> Result<bool> {
    let digest = figures::make(server, user.id, (wish.scope, wish.period, begin), zone_of(user)).await?;
    if digest.counting {
        return Err(Error::internal("older rows of the ledger are still being counted"));
    }
    let (db, made_at) = (server.db.digests(), server.clock.now());
    // A time in which one used nothing is no news; one in which nobody did is, to who looks after the server.
    if wish.scope == DigestScope::Own && digest.now.sum.calls == 0 {
        db.make(&NewDigest { wish: *wish, begins: begin, token_hash: None, made_at }, None).await?;
        return Ok(false);
    }
    let token = random_token();
    let new = NewDigest { wish: *wish, begins: begin, token_hash: Some(sha256(&token)), made_at };
    let (mail, body, job) = mailed(server, user, &digest, &token).await?;
    let made = db.make(&new, Some((&NewMail { mail: &mail, body: &body }, job.as_ref()))).await?;
    if made && job.is_some() {
        job::ring(server);
    }
    Ok(made)
}

/// Its mail, with what is on paper, and the job that sends it.
async fn mailed(server: &Server, user: &User, digest: &Digest, token: &str) -> Result<(Mail, Vec<u8>, Option<QueuedJob>)> {
    let to = Recipient::from(user);
    let (base, sheet) = (letter::base(server), words::sheet(digest, to.locale()));
    let stop = format!("/unsubscribe/{token}");
    let bytes = paper::pdf(&sheet, to.locale(), &base)?;
    let extra = Extra { name: file_name(digest), media_type: "application/pdf".into(), bytes, stop: format!("{base}{stop}") };
    mail::prepare(server, &to, &Letter::Digest { sheet: Box::new(sheet), stop }, extra).await
}

/// Forgets what was made long ago; called about once an hour.
pub async fn sweep(server: &Server) -> Result<()> {
    let removed = server.db.digests().delete_old(server.clock.now() - KEEP).await?;
    tracing::debug!(removed, "old notes of reports were removed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_report_is_made_on_the_morning_after_where_one_lives() {
        let (utc, shanghai) = (Zone::named(None), Zone::named(Some("Asia/Shanghai")));
        let week = |zone: &Zone, now: &str| next(zone, DigestPeriod::Week, at(now));
        assert_eq!(week(&utc, "2026-11-25T12:00:00Z"), at("2026-11-30T06:00:00Z"));
        assert_eq!(week(&shanghai, "2026-11-25T12:00:00Z"), at("2026-11-29T22:00:00Z"));
        // On Monday before six the last week is still to come, at six it has come.
        assert_eq!(week(&utc, "2026-11-30T05:59:59Z"), at("2026-11-30T06:00:00Z"));
        assert_eq!(week(&utc, "2026-11-30T06:00:00Z"), at("2026-12-07T06:00:00Z"));
        assert_eq!(next(&utc, DigestPeriod::Month, at("2026-12-31T23:00:00Z")), at("2027-01-01T06:00:00Z"));
    }

    #[test]
    fn what_was_over_when_it_was_chosen_is_not_made_up_for_and_not_everything_that_was_missed() {
        let zone = Zone::named(None);
        let wish = |chosen: &str| Wish { user_id: Uuid::nil(), scope: DigestScope::Own, period: DigestPeriod::Week, chosen_at: at(chosen) };
        let begins = |chosen: &str, now: &str| missed(&zone, &wish(chosen), at(now)).iter().map(NaiveDate::to_string).collect::<Vec<_>>();
        assert!(begins("2026-11-25T12:00:00Z", "2026-11-29T12:00:00Z").is_empty());
        assert!(begins("2026-11-25T12:00:00Z", "2026-11-30T05:00:00Z").is_empty());
        assert_eq!(begins("2026-11-25T12:00:00Z", "2026-11-30T06:00:00Z"), ["2026-11-23"]);
        assert_eq!(begins("2026-11-25T12:00:00Z", "2026-12-16T06:00:00Z"), ["2026-12-07", "2026-11-30", "2026-11-23"]);
        assert!(begins("2026-11-30T00:00:00Z", "2026-11-30T06:00:00Z").is_empty(), "it was over");
        assert_eq!(begins("2020-01-01T00:00:00Z", "2026-11-30T06:00:00Z").len(), 5);
    }
}
