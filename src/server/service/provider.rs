//! Providers and the models that a viewer may use. Only administrators see and change providers; keys are never shown again.

mod fallback;
mod key;
mod order;
mod probe;
mod pull;

use std::sync::Arc;
use std::time::Duration;

pub use fallback::{fallbacks, remove_fallback, set_fallback};
pub use key::{add_key, again, change_key, delete_key};
use order::ordered;
pub use order::{Place, arrange, check_position};
pub use probe::{discover, test};
pub use pull::{pull, pulling};
use reqwest::Url;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::{self, Event};
use super::catalogue;
use super::viewer::{Origin, Viewer};
use crate::model::activity::Action;
use crate::model::error::Rule;
use crate::model::provider::{Api, Kind, Limits, Model, Provider, ProviderForm, ProviderKey};
use crate::server::Server;
use crate::server::bus::Word;
use crate::server::crypto::{self, Context};
use crate::server::db::{StoredKey, StoredProvider};
use crate::server::error::{Error, Result};
use crate::server::llm::{self, Entry, EntryKey};
use crate::server::reach::{Guard, Reach};

/// How long the name of a provider's host is looked up when it is typed.
const LOOKUP: Duration = Duration::from_secs(3);
/// What the first key of a provider is called that nobody has named.
const LABEL: &str = "default";
/// What the key of the environment is called.
const ENVIRONMENT: &str = "environment";

/// At start: the providers that the server brings itself have their rows, and all that are enabled can be asked.
pub async fn start(server: &Server) -> Result<()> {
    let there = server.db.providers().list().await?;
    for (slug, kind, base_url) in brought(server) {
        let row = there.iter().find(|stored| stored.provider.slug == slug);
        match row {
            None => server.db.providers().insert(&new(server, slug, kind, base_url)).await?,
            // The environment may name another address than at the last start.
            Some(row) if row.provider.builtin && (row.provider.base_url != base_url || row.provider.kind != kind) => {
                let provider = Provider { kind, base_url, ..row.provider.clone() };
                server.db.providers().update(&provider, server.clock.now()).await?;
            }
            Some(_) => {}
        }
    }
    reload(server).await
}

/// What the server brings: the built-in model, and what the environment names.
fn brought(server: &Server) -> Vec<(&'static str, Kind, Option<String>)> {
    let sources = server.registry.sources();
    let openai = sources.openai_key.is_some() || sources.openai_base_url.is_some();
    let all = [
        server.registry.has_local().then_some(("local", Kind::Local, None)),
        openai.then(|| ("openai", Kind::Openai, sources.openai_base_url.clone())),
        sources.ollama_url.clone().map(|url| ("ollama", Kind::Ollama, Some(url))),
        sources.fake.then_some(("fake", Kind::Fake, None)),
    ];
    all.into_iter().flatten().collect()
}

fn new(server: &Server, slug: &str, kind: Kind, base_url: Option<String>) -> Provider {
    Provider {
        id: Uuid::now_v7(),
        slug: slug.into(),
        kind,
        base_url,
        has_key: false,
        enabled: true,
        builtin: true,
        private: false,
        api: Api::default(),
        position: 0,
        limits: Limits::default(),
        keys: Vec::new(),
        health: None,
        created_at: server.clock.now(),
    }
}

/// Brings the registry up to date with the database, here and on the other nodes.
async fn changed(server: &Server) -> Result<()> {
    reload(server).await?;
    server.bus.tell(Word::Reload);
    Ok(())
}

/// Brings the registry up to date with the database.
pub(super) async fn reload(server: &Server) -> Result<()> {
    let brought: Vec<_> = brought(server).into_iter().map(|(slug, ..)| slug).collect();
    let rows = ordered(server).await?;
    // A provider of the environment that it no longer names stays in its row, switched as it was, and is not offered.
    let offered =
        rows.iter().filter(|row| row.provider.enabled && (!row.provider.builtin || brought.contains(&row.provider.slug.as_str())));
    server.registry.replace(offered.filter_map(|row| entry(server, row)).collect());
    server.registry.reroute(fallback::routes(server).await?);
    catalogue::reload(server).await
}

/// The row with its keys in the clear; none when no key can be read any more.
fn entry(server: &Server, row: &StoredProvider) -> Option<Entry> {
    let Provider { id, slug, kind, base_url, builtin, private, api, position, limits, .. } = row.provider.clone();
    let readable = row.keys.iter().filter_map(|key| match server.keys.decrypt(&key.cipher, &context(id)) {
        Ok(text) => {
            let secret = SecretString::from(String::from_utf8_lossy(&text).into_owned());
            Some(EntryKey { id: Some(key.key.id), label: key.key.label.as_str().into(), secret })
        }
        Err(cause) => {
            tracing::error!(%cause, provider = slug, key = key.key.label, "a provider's key cannot be read");
            None
        }
    });
    let mut keys: Vec<_> = readable.collect();
    if keys.is_empty() && !row.keys.is_empty() {
        return None;
    }
    if keys.is_empty() && builtin && slug == "openai" {
        keys.extend(server.registry.sources().openai_key.clone().map(|secret| EntryKey { id: None, label: ENVIRONMENT.into(), secret }));
    }
    Some(Entry { id, slug, kind, base_url, keys, builtin, private, api, position, limits })
}

/// What a provider's key is encrypted for.
fn context(id: Uuid) -> Context {
    crypto::Place::ProviderKey.of(id)
}

/// The models that the viewer may use, the default first: the viewer's own, where it is offered.
pub async fn models(server: &Server, viewer: &Viewer) -> Result<Vec<Model>> {
    let listed = server.registry.models(viewer.who()).await.into_iter();
    let mut models: Vec<_> = listed
        .map(|model| Model {
            id: format!("{}/{}", model.provider, model.name),
            name: model.title.unwrap_or(model.name),
            icon: model.icon,
            provider: model.provider,
            context: model.context,
            output: model.facts.output,
            price: model.facts.price,
            abilities: model.facts.abilities,
            ignores: model.ignores,
            default: model.default,
            pictures: model.pictures,
        })
        .collect();
    let chosen = viewer.user.preferences.model.as_ref().filter(|id| models.iter().any(|model| model.id == **id));
    if let Some(chosen) = chosen {
        models.iter_mut().for_each(|model| model.default = model.id == *chosen);
        models.sort_by_key(|model| !model.default);
    }
    Ok(models)
}

/// Every provider in its order, and how it stands.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<Vec<Provider>> {
    viewer.require_admin()?;
    Ok(ordered(server).await?.into_iter().map(|row| shown(server, row)).collect())
}

/// The provider as administrators see it.
fn shown(server: &Server, row: StoredProvider) -> Provider {
    let mut provider = row.provider;
    let keyed = server.registry.sources().openai_key.is_some();
    provider.has_key |= provider.builtin && provider.slug == "openai" && keyed;
    if let Some(upstream) = server.registry.upstream(provider.id) {
        provider.health = Some(upstream.health());
        provider.keys.iter_mut().for_each(|key| key.standing = upstream.standing(key.id));
    }
    provider
}

/// Adds a provider, or changes the one with this id. An absent key keeps the keys there are. Of one that the server brings itself
/// only the switch and the limits can be changed.
pub async fn save(server: &Server, viewer: &Viewer, origin: &Origin, id: Option<Uuid>, form: ProviderForm) -> Result<Provider> {
    viewer.require_admin()?;
    let form = form.checked()?;
    let before = match id {
        Some(id) => Some(find(server, id).await?),
        None => None,
    };
    let builtin = before.as_ref().is_some_and(|row| row.provider.builtin);
    match &before {
        Some(row) if builtin => check_builtin(&row.provider, &form)?,
        _ => check_address(server, &form).await?,
    }
    let (id, added) = (id.unwrap_or_else(Uuid::now_v7), before.is_none());
    let ProviderForm { slug, kind, base_url, api_key, enabled, private, api, limits } = form;
    let created_at = before.as_ref().map_or_else(|| server.clock.now(), |row| row.provider.created_at);
    let provider = Provider { slug, kind, base_url, enabled, private, api, limits, builtin, id, created_at, ..new(server, "", kind, None) };
    let stored = match &before {
        None => server.db.providers().insert(&provider).await,
        Some(_) => server.db.providers().update(&provider, server.clock.now()).await.map(drop),
    };
    stored.map_err(taken)?;
    if let Some(text) = api_key {
        let first = before.and_then(|row| row.keys.into_iter().next()).map(|stored| stored.key);
        put_key(server, id, first, None, &text).await?;
    }
    changed(server).await?;
    note(server, viewer, origin, if added { Action::ProviderAdded } else { Action::ProviderChanged }, &provider).await;
    get(server, viewer, id).await
}

/// Encrypts and stores a key: in place of this one, or as a new one.
async fn put_key(server: &Server, id: Uuid, key: Option<ProviderKey>, label: Option<String>, text: &str) -> Result<ProviderKey> {
    let cipher = server.keys.encrypt(text.as_bytes(), &context(id))?;
    let fresh = || ProviderKey { id: Uuid::now_v7(), label: LABEL.into(), created_at: server.clock.now(), standing: Default::default() };
    let mut key = key.unwrap_or_else(fresh);
    key.label = label.unwrap_or(key.label);
    let stored = StoredKey { key, cipher };
    server.db.providers().put_key(id, &stored).await?;
    Ok(stored.key)
}

fn check_builtin(row: &Provider, form: &ProviderForm) -> Result<()> {
    let same = (&row.slug, row.kind, &row.base_url) == (&form.slug, form.kind, &form.base_url) && form.api_key.is_none();
    if same {
        return Ok(());
    }
    Err(Error::conflict("The server brings this provider itself; it can be switched on and off, and be limited."))
}

/// Whether a provider may be asked at this address: not in a private network, unless that is ticked.
async fn check_address(server: &Server, form: &ProviderForm) -> Result<()> {
    if !Kind::ADDED.contains(&form.kind) {
        let known = Kind::ADDED.map(Kind::name).join(", ");
        return Err(Error::invalid("kind", Rule::Unknown, format!("kind must be one of {known}; the server brings the others itself.")));
    }
    let address = form.base_url.as_deref().or(llm::home(form.kind)).unwrap_or_default();
    let unreadable = |_| Error::invalid("base_url", Rule::Format, "base_url is not a URL.");
    check_reach(server, "base_url", &Url::parse(address).map_err(unreadable)?, form.private).await
}

/// Whether an address that somebody typed may be asked. A name that cannot be looked up now is checked when it is connected to.
pub(super) async fn check_reach(server: &Server, field: &str, url: &Url, private: bool) -> Result<()> {
    let guard = Guard::new(if private { Reach::Private } else { Reach::Public }, Arc::clone(&server.config.allowed));
    let checked = tokio::time::timeout(LOOKUP, guard.check_all(url)).await;
    match checked.unwrap_or(Ok(())) {
        Ok(()) => Ok(()),
        Err(blocked) if blocked.allowable => {
            let message = format!("{field} is in a private network; set private to true if that is meant.");
            Err(Error::invalid(field, Rule::Private, message))
        }
        Err(blocked) => Err(Error::invalid(field, Rule::Forbidden, format!("{blocked}."))),
    }
}

fn taken(error: sqlx::Error) -> Error {
    let unique = error.as_database_error().is_some_and(|error| error.is_unique_violation());
    if unique { Error::invalid("slug", Rule::Taken, "Another provider has this slug.") } else { error.into() }
}

/// Switches a provider on or off.
pub async fn enable(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, enabled: bool) -> Result<Provider> {
    viewer.require_admin()?;
    let mut row = find(server, id).await?;
    row.provider.enabled = enabled;
    server.db.providers().update(&row.provider, server.clock.now()).await?;
    changed(server).await?;
    note(server, viewer, origin, Action::ProviderChanged, &row.provider).await;
    get(server, viewer, id).await
}

/// Notes who changed where conversations are sent.
async fn note(server: &Server, viewer: &Viewer, origin: &Origin, action: Action, provider: &Provider) {
    let mut detail = json!({ "provider": provider.slug, "enabled": provider.enabled });
    if provider.private {
        detail["private"] = Value::Bool(true);
    }
    record(server, viewer, origin, action, detail).await;
}

pub(super) async fn record(server: &Server, viewer: &Viewer, origin: &Origin, action: Action, detail: Value) {
    activity::record(server, Event::new(action, origin).by(viewer.user.id).detail(detail)).await;
}

/// Removes a provider; conversations keep their text.
pub async fn delete(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<()> {
    viewer.require_admin()?;
    let provider = find(server, id).await?.provider;
    if provider.builtin {
        return Err(Error::conflict("The server brings this provider itself; it can be switched off, not deleted."));
    }
    server.db.providers().delete(id).await?;
    changed(server).await?;
    note(server, viewer, origin, Action::ProviderDeleted, &provider).await;
    Ok(())
}

/// The provider with this id.
pub async fn get(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Provider> {
    viewer.require_admin()?;
    let row = ordered(server).await?.into_iter().find(|row| row.provider.id == id);
    Ok(shown(server, row.ok_or_else(|| Error::not_found("provider"))?))
}

async fn find(server: &Server, id: Uuid) -> Result<StoredProvider> {
    server.db.providers().find(id).await?.ok_or_else(|| Error::not_found("provider"))
}

#[cfg(test)]
mod tests;
