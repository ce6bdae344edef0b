//! Finished answers told to devices while no page is open: Web Push (RFC 8030), encrypted for the device, signed by this server.
//!
//! ```text
//! an answer ends     somebody who wants to be told has devices: a job, a few seconds later
//! the job            nobody has looked meanwhile: a message to each device
//! 404, 410           the device has forgotten us: so do we
//! ```
//!
//! A message says which conversation, and nothing of what is in it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::letter;
use super::sign_in::agent;
use super::viewer::{Origin, Via, Viewer};
use crate::i18n::Locale;
use crate::model::error::{Fields, Rule};
use crate::model::job::JobKind;
use crate::model::push::{DEVICES_MAX, ENDPOINT_MAX, NewPush, PushDevice, PushDevices};
use crate::server::Server;
use crate::server::crypto::push::{AUTH, POINT, Vapid, encrypt};
use crate::server::crypto::{Place, sha256};
use crate::server::db::{Job, StoredPush};
use crate::server::error::{Error, Result};
use crate::server::job::{self, Failure, NewJob};
use crate::server::reach::{Guard, Reach};
use crate::server::webhook::post;

/// So long an answer may be looked at before it is told of.
const WAIT: chrono::Duration = chrono::Duration::seconds(3);
/// How long a push service keeps a message for a device that is off, in seconds.
const KEPT: u32 = 24 * 60 * 60;

/// The server's key, and the viewer's devices.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<PushDevices> {
    let stored = server.db.pushes().list_for(viewer.user.id, server.clock.now()).await?;
    Ok(PushDevices { key: vapid(server).await?.public(), items: stored.into_iter().map(shown).collect() })
}

fn shown(stored: StoredPush) -> PushDevice {
    let (browser, system) = agent::read(stored.user_agent.as_deref());
    PushDevice { id: stored.id, browser, system, created_at: stored.created_at, told_at: stored.told_at }
}

/// The server's key pair: made when it is asked for first.
async fn vapid(server: &Server) -> Result<Vapid> {
    let kept = match server.db.pushes().key(None).await? {
        Some(kept) => kept,
        None => {
            let sealed = server.keys.encrypt(&Vapid::generate()?, &Place::Vapid.alone())?;
            let new = json!({ "key": URL_SAFE_NO_PAD.encode(sealed) });
            let kept = server.db.pushes().key(Some((&new, server.clock.now()))).await?;
            kept.ok_or_else(|| Error::internal("the key for push services was not kept"))?
        }
    };
    let sealed = kept["key"].as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).unwrap_or_default();
    Vapid::read(&server.keys.decrypt(&sealed, &Place::Vapid.alone())?)
}

/// Makes the key pair at the first start, so that no page waits for it.
pub async fn start(server: &Server) -> Result<()> {
    vapid(server).await.map(drop)
}

/// Tells a device of finished answers from now on, for as long as the sign-in lives that asks. One with the same address is replaced.
/// Errors: `Invalid`, `Conflict` (too many).
pub async fn subscribe(server: &Server, viewer: &Viewer, origin: &Origin, new: NewPush) -> Result<PushDevice> {
    check(server, &new)?;
    let now = server.clock.now();
    let hash = sha256(&new.endpoint);
    let before = server.db.pushes().list_for(viewer.user.id, now).await?;
    if before.len() >= DEVICES_MAX && !opened(server, &before).iter().any(|(_, known)| known.endpoint == new.endpoint) {
        return Err(Error::conflict(format!("At most {DEVICES_MAX} devices can be told of answers. Remove one first.")));
    }
    let id = Uuid::now_v7();
    let text = serde_json::to_vec(&new).map_err(Error::internal)?;
    let session_hash = match viewer.via {
        Via::Session { id_hash } => Some(id_hash.to_vec()),
        Via::Token { .. } => None,
    };
    let stored = StoredPush {
        id,
        user_id: viewer.user.id,
        cipher: server.keys.encrypt(&text, &Place::PushDevice.of(id))?,
        session_hash,
        user_agent: origin.user_agent.clone(),
        created_at: now,
        told_at: None,
    };
    server.db.pushes().put(&stored, &hash).await?;
    server.quiet.map().remove(&viewer.user.id);
    Ok(shown(stored))
}

/// The devices with what is encrypted of them; those that cannot be read are passed over.
fn opened(server: &Server, stored: &[StoredPush]) -> Vec<(Uuid, NewPush)> {
    let open = |one: &StoredPush| {
        let text = server.keys.decrypt(&one.cipher, &Place::PushDevice.of(one.id)).ok()?;
        Some((one.id, serde_json::from_slice(&text).ok()?))
    };
    stored.iter().filter_map(open).collect()
}

/// Tells the viewer's device no more. Errors: `NotFound`.
pub async fn remove(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    if !server.db.pushes().delete_for(viewer.user.id, id).await? {
        return Err(Error::not_found("device"));
    }
    Ok(())
}

/// Push services are asked over TLS and on the internet; this machine only where the configuration allows it.
fn guard(server: &Server) -> Guard {
    Guard::new(Reach::Public, server.config.allowed.clone())
}

fn check(server: &Server, new: &NewPush) -> Result<()> {
    let mut fields = Fields::default();
    fields.length("endpoint", &new.endpoint, 1, ENDPOINT_MAX);
    let url = Url::parse(&new.endpoint).ok().filter(|url| url.host_str().is_some());
    let local = |url: &Url| url.scheme() == "http" && url.host_str() == Some("127.0.0.1");
    let there = !new.endpoint.is_empty() && new.endpoint.len() <= ENDPOINT_MAX;
    if there && !url.as_ref().is_some_and(|url| (url.scheme() == "https" || local(url)) && guard(server).check(url).is_ok()) {
        fields.add("endpoint", Rule::Format, "endpoint must be the https address of a push service.");
    }
    for (field, text, length) in [("p256dh", &new.keys.p256dh, POINT), ("auth", &new.keys.auth, AUTH)] {
        if !URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).is_ok_and(|bytes| bytes.len() == length) {
            fields.add(&format!("keys.{field}"), Rule::Format, format!("keys.{field} must be {length} bytes in base64url."));
        }
    }
    Ok(fields.check()?)
}

/// Who was found to have no device, and when: their next answers ask nothing of the database for a while.
#[derive(Default)]
pub struct Quiet(Mutex<HashMap<Uuid, Instant>>);

/// How long that is believed. A device that comes on another node is told of answers after that.
const BELIEVED: Duration = Duration::from_secs(60);
/// So many are remembered at most.
const QUIET_MAX: usize = 10_000;

impl Quiet {
    fn map(&self) -> MutexGuard<'_, HashMap<Uuid, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holds(&self, user_id: Uuid) -> bool {
        self.map().get(&user_id).is_some_and(|since| since.elapsed() < BELIEVED)
    }

    fn set(&self, user_id: Uuid) {
        let mut map = self.map();
        if map.len() >= QUIET_MAX {
            map.retain(|_, since| since.elapsed() < BELIEVED);
        }
        if map.len() < QUIET_MAX {
            map.insert(user_id, Instant::now());
        }
    }
}

/// An answer has ended: it is told of in a moment, if its owner wants that and has a device for it. Nobody waits for this.
pub(super) fn answered(server: &Server, user_id: Uuid, chat_id: Uuid) {
    if server.quiet.holds(user_id) {
        return;
    }
    let server = server.clone();
    tokio::spawn(async move {
        match server.db.pushes().any_of(user_id).await {
            Ok(false) => server.quiet.set(user_id),
            Ok(true) => {
                let payload = json!({ "user_id": user_id, "chat_id": chat_id });
                if let Err(cause) = job::enqueue(&server, NewJob::new(JobKind::Push, payload).of(user_id).after(WAIT)).await {
                    tracing::warn!(%cause, "a finished answer will not be told of");
                }
            }
            Err(cause) => tracing::warn!(%cause, "a finished answer will not be told of"),
        }
    });
}

/// Tells of the answer of this job, unless somebody has looked at it.
pub async fn run(server: &Server, job: &Job) -> Result<Value, Failure> {
    let id = |name: &str| job.payload[name].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let (Some(user_id), Some(chat_id)) = (id("user_id"), id("chat_id")) else { return Err(Failure::Final("an answer of nobody".into())) };
    let Some(user) = server.db.people().find(user_id).await?.filter(|user| user.preferences.answer_ready) else {
        return Ok(json!({ "told": 0 }));
    };
    let unread = server.db.chats().find_for(user_id, chat_id).await?.is_some_and(|found| found.chat.unread && !found.chat.archived);
    if !unread {
        return Ok(json!({ "told": 0 }));
    }
    let words = user.language.as_deref().and_then(Locale::from_tag).unwrap_or_default().texts().live();
    let message = json!({ "path": format!("/chat/{chat_id}"), "title": "Liao", "body": words.ready, "tag": chat_id }).to_string();
    let stored = server.db.pushes().list_for(user_id, server.clock.now()).await?;
    let devices = opened(server, &stored);
    let (mut told, mut later) = (0, None);
    for (id, device) in &devices {
        match tell(server, device, &message).await {
            Ok(Told::Taken) => {
                server.db.pushes().told(*id, server.clock.now()).await?;
                told += 1;
            }
            Ok(Told::Gone) => _ = server.db.pushes().delete_for(user_id, *id).await?,
            Err(cause) => later = Some(cause),
        }
    }
    // Who has it already gets it once more under the same tag, which shows nothing new.
    later.map_or(Ok(json!({ "told": told })), |cause| Err(Failure::Again(cause)))
}

/// What a push service said.
enum Told {
    Taken,
    /// It knows no such device, or will never take this.
    Gone,
}

async fn tell(server: &Server, device: &NewPush, message: &str) -> Result<Told, String> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).unwrap_or_default();
    // A key that is no point was taken unseen; nothing can be sent there.
    let Ok(body) = encrypt(&bytes(&device.keys.p256dh), &bytes(&device.keys.auth), message.as_bytes()) else { return Ok(Told::Gone) };
    let Ok(url) = Url::parse(&device.endpoint) else { return Ok(Told::Gone) };
    let said = |cause: Error| cause.to_string();
    let signed = vapid(server).await.map_err(said)?;
    let signed = signed.authorization(&url.origin().ascii_serialization(), &letter::base(server), server.clock.now()).map_err(said)?;
    let headers = vec![
        ("authorization", signed),
        ("content-encoding", "aes128gcm".to_owned()),
        ("content-type", "application/octet-stream".to_owned()),
        ("ttl", KEPT.to_string()),
        ("urgency", "normal".to_owned()),
    ];
    match tokio::time::timeout(Duration::from_secs(15), post(url, headers, body, &guard(server))).await {
        Ok(Ok((200..=299, _))) => Ok(Told::Taken),
        Ok(Ok((400 | 403 | 404 | 410 | 413, _))) => Ok(Told::Gone),
        Ok(Ok((status, _))) => Err(format!("A push service answered {status}.")),
        Ok(Err(cause)) => Err(cause),
        Err(_) => Err("A push service did not answer in time.".to_owned()),
    }
}

#[cfg(test)]
mod tests;
