//! The chain of the security log: whether it holds, where it ends, and what retention takes from its beginning.

use std::fmt;
use std::str::FromStr;

use chrono::Duration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Event, Personal, link, linked, written};
use crate::model::activity::Action;
use crate::server::Server;
use crate::server::db::{ActivityEntry, ActivityFilter, ActivityMark};
use crate::server::error::Result;
use crate::server::service::viewer::Origin;

/// Entries that are verified at a time.
const BATCH: i64 = 1000;
/// Retention removes at most this often: each removal is an entry.
const PAUSE: Duration = Duration::days(1);
/// The setting that remembered the last entry that the retention removed, before the log had marks of its own.
pub(super) const ANCHOR: &str = "activity_anchor";
/// Length of a hash in hexadecimal digits.
const DIGITS: usize = 64;

/// An entry by its number and hash. Kept elsewhere, the last one shows later that neither the end was cut off nor anything before it changed:
/// whoever can write to the database can also write a chain that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub(super) seq: i64,
    pub(super) hash: Vec<u8>,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, hexadecimal(&self.hash))
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (seq, hash) = text.trim().split_once(':')?;
            let digits = hash.len() == DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            let bytes = (0..DIGITS).step_by(2).map(|at| u8::from_str_radix(hash.get(at..at + 2)?, 16).ok());
            Some(Self { seq: seq.parse::<i64>().ok().filter(|seq| *seq > 0)?, hash: digits.then(|| bytes.collect::<Option<_>>())?? })
        };
        read().ok_or_else(|| "it has to look like 42:9f86…, the number of an entry and its hash of 64 digits".to_owned())
    }
}

/// What a check of the chain found.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    pub entries: u64,
    /// Of these, entries whose personal part was erased.
    pub erased: u64,
    /// The last entry.
    pub head: Option<Head>,
    /// Entries up to this one were removed before the log told of that: whether by retention nobody knows.
    pub untold: Option<i64>,
    /// The first entry that does not hold, and why.
    pub broken: Option<(i64, &'static str)>,
}

/// Checks the whole chain, that what is missing at its beginning was removed by retention, and that these entries are in it.
pub async fn verify(server: &Server, expected: &[Head]) -> Result<Verified> {
    let mark = anchor(server).await?;
    let mut walk = Walk::begin(&mark, expected);
    while walk.verified.broken.is_none() {
        let rows = server.db.activity().after(walk.seq, BATCH).await?;
        if rows.is_empty() {
            walk.end();
            break;
        }
        for row in rows {
            if walk.verified.broken.is_none() {
                walk.step(row);
            }
        }
    }
    Ok(walk.verified)
}

/// The way along the chain.
struct Walk<'a> {
    mark: &'a ActivityMark,
    expected: &'a [Head],
    seq: i64,
    before: Vec<u8>,
    /// Whether an entry told of what was removed, and whether any told of a removal.
    told: bool,
    tell: bool,
    verified: Verified,
}

impl<'a> Walk<'a> {
    fn begin(mark: &'a ActivityMark, expected: &'a [Head]) -> Self {
        let untold = Some(mark.seq).filter(|seq| mark.told_by.is_none() && *seq > 0);
        let early = expected.iter().find_map(|head| match head.seq.cmp(&mark.seq) {
            std::cmp::Ordering::Less => Some((head.seq, "was removed by retention meanwhile, so it shows nothing: expect a later one")),
            std::cmp::Ordering::Equal if head.hash != mark.hash => Some((head.seq, OTHER)),
            _ => None,
        });
        let verified = Verified { entries: 0, erased: 0, head: None, untold, broken: early };
        Self { mark, expected, seq: mark.seq, before: mark.hash.clone(), told: false, tell: false, verified }
    }

    /// Looks at the next entry.
    fn step(&mut self, row: ActivityEntry) {
        self.seq += 1;
        let seq = self.seq;
        let other = self.expected.iter().any(|head| head.seq == seq && head.hash != row.hash);
        if let Some(why) = fault(&row, seq, &self.before).or(other.then_some(OTHER)) {
            self.verified.broken = Some((seq, why));
            return;
        }
        self.tell |= is_removal(&row);
        self.told |= self.mark.told_by == Some(seq) && tells(&row, self.mark);
        self.verified.entries += 1;
        self.verified.erased += u64::from(row.personal.is_none());
        self.before.clone_from(&row.hash);
        self.verified.head = Some(Head { seq, hash: row.hash });
    }

    /// There are no more entries.
    fn end(&mut self) {
        let retention = if self.mark.told_by.is_some() { self.told } else { !self.tell };
        if let Some(head) = self.expected.iter().find(|head| head.seq > self.seq) {
            self.verified.broken = Some((head.seq, "is missing: the end of the log was cut off"));
        } else if !retention {
            self.verified.broken =
                Some((self.mark.seq, "and all before it were removed, and no entry tells of that: it was not retention"));
        }
    }
}

const OTHER: &str = "is another one than was expected: the log was written anew";

/// What is wrong with the entry that should be number `seq` behind an entry with this hash.
fn fault(row: &ActivityEntry, seq: i64, before: &[u8]) -> Option<&'static str> {
    if row.seq != seq {
        return Some("is missing");
    }
    if row.personal.as_ref().is_some_and(|text| Sha256::digest(text).as_slice() != row.personal_hash) {
        return Some("has other details than were written");
    }
    let fields = json!([row.seq, row.at.timestamp_micros(), row.action_name, row.result_name, row.user_id, row.actor_id]);
    (link(before, &fields, &row.personal_hash).as_slice() != row.hash).then_some("is not the entry that was written")
}

fn is_removal(row: &ActivityEntry) -> bool {
    json!(Action::EntriesRemoved) == row.action_name
}

/// Whether the entry tells that the chain begins behind this mark.
fn tells(row: &ActivityEntry, mark: &ActivityMark) -> bool {
    let personal = row.personal.as_deref().and_then(|text| serde_json::from_str::<Personal>(text).ok());
    let said = personal.map(|personal| personal.detail).unwrap_or_default();
    is_removal(row) && said["up_to"] == mark.seq && said["hash"] == hexadecimal(&mark.hash)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The last entry that the retention removed: the chain begins behind it.
async fn anchor(server: &Server) -> Result<ActivityMark> {
    if let Some(mark) = server.db.activity().mark().await? {
        return Ok(mark);
    }
    let stored = server.db.settings().list().await?.into_iter().find(|(name, _)| name == ANCHOR);
    let (seq, hash) = stored.and_then(|(_, value)| serde_json::from_value(value).ok()).unwrap_or_default();
    Ok(ActivityMark { seq, hash, told_by: None })
}

/// Removes what is older than administrators want it kept, at most once a day; an entry tells of it.
pub async fn prune(server: &Server) -> Result<()> {
    let (log, now) = (server.db.activity(), server.clock.now());
    let days = server.settings.get().security.activity_days;
    if days == 0 {
        return Ok(());
    }
    let (mark, last) = (anchor(server).await?, last_removal(server).await?);
    if !is_retention(&mark, last.as_ref()) {
        tracing::error!(
            up_to = mark.seq,
            "the beginning of the security log was removed by somebody else; nothing more is removed: see `liao audit verify`"
        );
        return Ok(());
    }
    if last.is_some_and(|last| now - last.at < PAUSE) {
        return Ok(());
    }
    let before = now - Duration::days(days.into());
    let Some((seq, hash, entries)) = log.last_before(before).await? else { return Ok(()) };
    let detail: Value = json!({ "up_to": seq, "entries": entries, "before": before, "hash": hexadecimal(&hash) });
    let origin = Origin::default();
    let entry = written(server, Event::new(Action::EntriesRemoved, &origin).detail(detail)).map_err(sqlx::Error::decode)?;
    if log.remove_to(seq, &entry, linked(&entry)).await? {
        tracing::info!(up_to = seq, entries, "old entries of the security log were removed");
    }
    Ok(())
}

async fn last_removal(server: &Server) -> Result<Option<ActivityEntry>> {
    let removals = ActivityFilter { action: Some(Action::EntriesRemoved), ..ActivityFilter::default() };
    Ok(server.db.activity().list(&removals, 1).await?.pop())
}

/// Whether retention set this mark: the last removal tells of it, or there was none since there are such entries.
fn is_retention(mark: &ActivityMark, last: Option<&ActivityEntry>) -> bool {
    match (mark.told_by, last) {
        (None, last) => last.is_none(),
        (Some(told_by), Some(last)) => last.seq == told_by && tells(last, mark),
        (Some(_), None) => false,
    }
}

/// Says in the server's log where the security log ends. Where that log is kept elsewhere, it shows later what was cut off or written anew.
pub async fn announce(server: &Server) -> Result<()> {
    if let Some((seq, hash)) = server.db.activity().last().await? {
        let head = Head { seq, hash };
        tracing::info!(%head, "where the security log ends; `liao audit verify --expect` looks for it later");
    }
    Ok(())
}
