//! Where alerts are told. A webhook's address and its secret are encrypted, and never shown again.

use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::deliver;
use super::note;
use crate::i18n::Locale;
use crate::model::alert::{AlertChannel, ChannelForm, ChannelKind, RULES_MAX};
use crate::model::error::{Code, Rule};
use crate::server::Server;
use crate::server::crypto::{Context, Place};
use crate::server::db::StoredChannel;
use crate::server::error::{Error, Result};
use crate::server::service::provider::check_reach;
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::webhook::Target;

/// What is encrypted of a webhook.
#[derive(Serialize, Deserialize)]
struct Sealed {
    url: String,
    secret: Option<String>,
}

fn context(id: Uuid) -> Context {
    Place::AlertChannel.of(id)
}

/// Adds a channel, or changes the one with this id. Administrators only. Errors: `Invalid`, `NotFound`, `Conflict` (too many).
pub async fn save_channel(server: &Server, viewer: &Viewer, origin: &Origin, id: Option<Uuid>, form: ChannelForm) -> Result<AlertChannel> {
    viewer.require_admin()?;
    let db = server.db.alerts();
    let before = match id {
        Some(id) => Some(find(server, id).await?),
        None if db.channels().await?.len() >= RULES_MAX => {
            return Err(Error::conflict(format!("There can be at most {RULES_MAX} channels.")));
        }
        None => None,
    };
    // Another kind's address is another address.
    let kept = before.as_ref().filter(|before| before.channel.kind == form.kind);
    let form = form.checked(kept.is_none())?;
    let language = form.language.as_deref().and_then(Locale::from_tag).unwrap_or_default();
    let id = id.unwrap_or_else(Uuid::now_v7);
    let (target, has_secret, cipher) = match form.kind {
        ChannelKind::Mail => {
            let kept = kept.map(|kept| kept.channel.target.clone());
            (form.target.clone().or(kept).unwrap_or_default(), false, None)
        }
        _ => sealed(server, id, &form, kept).await?,
    };
    let channel = AlertChannel {
        id,
        kind: form.kind,
        name: form.name,
        target,
        has_secret,
        private: form.private,
        language: language.tag().to_owned(),
        enabled: form.enabled,
        created_at: before.as_ref().map_or_else(|| server.clock.now(), |before| before.channel.created_at),
    };
    let stored = StoredChannel { channel, cipher };
    db.put_channel(&stored).await?;
    let done = if before.is_some() { "changed" } else { "added" };
    note(server, viewer, origin, json!({ "done": done, "channel": stored.channel.name, "kind": stored.channel.kind })).await;
    Ok(stored.channel)
}

/// A webhook's host, whether it signs, and what is stored of it.
async fn sealed(server: &Server, id: Uuid, form: &ChannelForm, kept: Option<&StoredChannel>) -> Result<(String, bool, Option<Vec<u8>>)> {
    let before = kept.map(|kept| opened(server, kept)).transpose()?;
    let (old_url, old_secret) = before.map_or((None, None), |before| (Some(before.url), before.secret));
    let address = form.target.clone().or(old_url.clone()).unwrap_or_default();
    let wrong = || Error::invalid("target", Rule::Format, "target must be an address that begins with https://.");
    let url = Url::parse(&address).map_err(|_| wrong())?;
    let (Some(host), true) = (url.host_str().map(str::to_owned), url.scheme() == "https" || (form.private && url.scheme() == "http"))
    else {
        return Err(wrong());
    };
    check_reach(server, "target", &url, form.private).await?;
    // A secret is for whom it was typed.
    let same_host = old_url.and_then(|old| Url::parse(&old).ok()).is_some_and(|old| old.host_str() == Some(host.as_str()));
    let secret = form.secret.clone().or(old_secret.filter(|_| same_host));
    let has_secret = secret.is_some();
    let sealed = serde_json::to_vec(&Sealed { url: address, secret }).map_err(Error::internal)?;
    Ok((host, has_secret, Some(server.keys.encrypt(&sealed, &context(id))?)))
}

fn opened(server: &Server, stored: &StoredChannel) -> Result<Sealed> {
    let cipher = stored.cipher.as_deref().ok_or_else(|| Error::internal("a webhook without an address"))?;
    let plain = server.keys.decrypt(cipher, &context(stored.channel.id))?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

/// Where a webhook goes.
pub(super) fn target(server: &Server, stored: &StoredChannel) -> Result<Target> {
    let Sealed { url, secret } = opened(server, stored)?;
    Ok(Target { url: Url::parse(&url).map_err(Error::internal)?, secret })
}

/// Removes a channel. Administrators only. Errors: `NotFound`.
pub async fn delete_channel(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<()> {
    viewer.require_admin()?;
    let before = find(server, id).await?;
    server.db.alerts().delete_channel(id).await?;
    note(server, viewer, origin, json!({ "done": "deleted", "channel": before.channel.name, "kind": before.channel.kind })).await;
    Ok(())
}

/// Sends a message to see whether it arrives, now. Administrators only. Errors: `NotFound`, `Upstream` (whose words say why it did not).
pub async fn test_channel(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    viewer.require_admin()?;
    let stored = find(server, id).await?;
    deliver::test(server, &stored).await.map_err(|cause| Error::new(Code::Upstream, cause))
}

async fn find(server: &Server, id: Uuid) -> Result<StoredChannel> {
    server.db.alerts().channel(id).await?.ok_or_else(|| Error::not_found("channel"))
}
