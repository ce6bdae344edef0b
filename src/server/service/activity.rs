//! The security log: who did what, when, from where. Append-only and chained: each entry's hash covers the one before, so that
//! an entry that was changed, removed or put in between shows (`liao audit verify`).
//!
//! `hash = SHA-256(before ‖ seq ‖ at ‖ action ‖ result ‖ user ‖ actor ‖ personal_hash)`, the fields as a JSON array. What tells
//! about a person (address, browser, details) enters as its own hash with a random salt: it can be erased with the account
//! and the chain still holds.

mod chain;
mod read;

use std::net::IpAddr;

pub use chain::{Head, Verified, announce, prune, verify};
pub use read::{export, list, own, own_of};
pub(super) use read::{moment, person};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::viewer::Origin;
use crate::model::Page;
use crate::model::activity::{Action, Activity, Outcome};
use crate::server::Server;
use crate::server::crypto::random_token;
use crate::server::db::{ActivityEntry, ActivityFilter, NewActivity};
use crate::server::error::{Error, Result};

/// Most entries of one page.
pub const PAGE: i64 = 50;

/// Something that happened.
pub struct Event<'a> {
    action: Action,
    result: Outcome,
    user_id: Option<Uuid>,
    actor_id: Option<Uuid>,
    origin: &'a Origin,
    detail: Value,
}

impl<'a> Event<'a> {
    /// Something that was done from there.
    pub fn new(action: Action, origin: &'a Origin) -> Self {
        Self { action, result: Outcome::Done, user_id: None, actor_id: None, origin, detail: Value::Null }
    }

    /// Whose account it is about; also who acted, unless [`Event::by`] says otherwise.
    pub fn of(mut self, user_id: Uuid) -> Self {
        self.user_id = Some(user_id);
        self.actor_id = self.actor_id.or(Some(user_id));
        self
    }

    /// Who acted.
    pub fn by(mut self, actor_id: Uuid) -> Self {
        self.actor_id = Some(actor_id);
        self
    }

    /// Nobody who is signed in acted: an attempt on somebody's account.
    pub fn by_nobody(mut self) -> Self {
        self.actor_id = None;
        self
    }

    /// It was refused.
    pub fn refused(mut self) -> Self {
        self.result = Outcome::Refused;
        self
    }

    /// More about it: names and numbers, never a secret.
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// What an entry tells about a person.
#[derive(Default, Serialize, Deserialize)]
struct Personal {
    ip: Option<IpAddr>,
    user_agent: Option<String>,
    detail: Value,
    /// Keeps its hash from being guessed after it was erased.
    salt: String,
}

/// Adds an entry. What was done is done: a log that cannot be written is an error in the server's log, not the caller's.
pub async fn record(server: &Server, event: Event<'_>) {
    let action = event.action;
    if let Err(cause) = record_first(server, event).await {
        tracing::error!(%cause, ?action, "an entry of the security log could not be written");
    }
}

/// The same, for what must not be done unless it is in the log.
pub async fn record_first(server: &Server, event: Event<'_>) -> Result<()> {
    let entry = written(server, event)?;
    server.db.activity().append(&entry, linked(&entry)).await?;
    Ok(())
}

/// The event as an entry that happens now.
fn written(server: &Server, event: Event<'_>) -> Result<NewActivity> {
    let Event { action, result, user_id, actor_id, origin, detail } = event;
    let personal = Personal { ip: origin.ip, user_agent: origin.user_agent.clone(), detail, salt: random_token() };
    let personal = serde_json::to_string(&personal).map_err(Error::internal)?;
    let personal_hash = Sha256::digest(&personal).into();
    Ok(NewActivity { at: server.clock.now(), action, result, user_id, actor_id, personal, personal_hash })
}

/// What makes the entry's hash of its number and the hash before.
fn linked(entry: &NewActivity) -> impl Fn(i64, &[u8]) -> [u8; 32] {
    let NewActivity { at, action, result, user_id, actor_id, personal_hash, .. } = entry;
    move |seq, before| {
        let fields = json!([seq, at.timestamp_micros(), json!(action), json!(result), user_id, actor_id]);
        link(before, &fields, personal_hash)
    }
}

/// The same without being waited for: how long an answer takes must not tell whether there was something to write.
pub fn record_later(server: &Server, origin: &Origin, event: impl FnOnce(&Origin) -> Event<'_> + Send + 'static) {
    let (server, origin) = (server.clone(), origin.clone());
    tokio::spawn(async move { record(&server, event(&origin)).await });
}

/// The hash of an entry.
fn link(before: &[u8], fields: &Value, personal_hash: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(fields.to_string()).chain_update(personal_hash).finalize().into()
}

/// So many entries of this filter, the newest first.
async fn page_of(server: &Server, filter: &ActivityFilter, limit: i64) -> Result<Page<Activity>> {
    let mut rows = server.db.activity().list(filter, limit + 1).await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| row.seq.to_string());
    Ok(Page { items: rows.into_iter().filter_map(shown).collect(), next })
}

/// An entry as people read it; one of a kind that this version does not know is left out.
fn shown(row: ActivityEntry) -> Option<Activity> {
    let named = |name: String| Value::String(name);
    let action = serde_json::from_value(named(row.action_name)).ok()?;
    let result = serde_json::from_value(named(row.result_name)).ok()?;
    let Personal { ip, user_agent, detail, .. } = row.personal.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Some(Activity { seq: row.seq, at: row.at, action, result, user_id: row.user_id, actor_id: row.actor_id, ip, user_agent, detail })
}

#[cfg(test)]
mod tests;
