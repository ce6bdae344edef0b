//! Providers and the models that a viewer may use. Only administrators see and change providers; keys are never shown again.

use std::time::{Duration, Instant};

use futures::StreamExt;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use super::activity::{self, Event};
use super::viewer::{Origin, Viewer};
use crate::model::activity::Action;
use crate::model::error::Rule;
use crate::model::generation::FailureKind;
use crate::model::message::Author;
use crate::model::provider::{Kind, Model, Provider, ProviderForm, ProviderTest};
use crate::server::Server;
use crate::server::db::StoredProvider;
use crate::server::error::{Error, Result};
use crate::server::llm::{ChatRequest, Delta, Entry, LlmError, Turn};

/// Longest time that "Test connection" takes.
const TEST_PATIENCE: Duration = Duration::from_secs(15);
/// Longest answer that "Test connection" asks for, in tokens.
const TEST_TOKENS: u32 = 16;
/// Models that "Test connection" names.
const TEST_MODELS: usize = 50;

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
                server.db.providers().update(&StoredProvider { provider, key_cipher: None }, server.clock.now()).await?;
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

fn new(server: &Server, slug: &str, kind: Kind, base_url: Option<String>) -> StoredProvider {
    let (id, created_at) = (Uuid::now_v7(), server.clock.now());
    let provider = Provider { id, slug: slug.into(), kind, base_url, has_key: false, enabled: true, builtin: true, created_at };
    StoredProvider { provider, key_cipher: None }
}

/// Brings the registry up to date with the database.
async fn reload(server: &Server) -> Result<()> {
    let brought: Vec<_> = brought(server).into_iter().map(|(slug, ..)| slug).collect();
    let rows = server.db.providers().list().await?;
    // A provider of the environment that it no longer names stays in its row, switched as it was, and is not offered.
    let offered =
        rows.iter().filter(|row| row.provider.enabled && (!row.provider.builtin || brought.contains(&row.provider.slug.as_str())));
    server.registry.replace(offered.filter_map(|row| entry(server, row)).collect());
    Ok(())
}

/// The row with its key in the clear; none when the key cannot be read any more.
fn entry(server: &Server, row: &StoredProvider) -> Option<Entry> {
    let Provider { id, slug, kind, base_url, builtin, .. } = row.provider.clone();
    let key = match &row.key_cipher {
        None if builtin && slug == "openai" => server.registry.sources().openai_key.clone(),
        None => None,
        Some(cipher) => match server.keys.decrypt(cipher, &context(id)) {
            Ok(key) => Some(SecretString::from(String::from_utf8_lossy(&key).into_owned())),
            Err(cause) => {
                tracing::error!(%cause, provider = slug, "a provider's key cannot be read");
                return None;
            }
        },
    };
    Some(Entry { id, slug, kind, base_url, key, builtin })
}

/// What a provider's key is encrypted for.
fn context(id: Uuid) -> String {
    format!("provider {id}")
}

/// The models that the viewer may use, the default first: the viewer's own, where it is offered.
pub async fn models(server: &Server, viewer: &Viewer) -> Result<Vec<Model>> {
    let listed = server.registry.models().await.into_iter();
    let mut models: Vec<_> = listed
        .map(|model| Model {
            id: format!("{}/{}", model.provider, model.name),
            name: model.title.unwrap_or(model.name),
            provider: model.provider,
            context: model.context,
            output: model.facts.output,
            price: model.facts.price,
            abilities: model.facts.abilities,
            ignores: model.ignores,
            default: model.default,
        })
        .collect();
    let chosen = viewer.user.preferences.model.as_ref().filter(|id| models.iter().any(|model| model.id == **id));
    if let Some(chosen) = chosen {
        models.iter_mut().for_each(|model| model.default = model.id == *chosen);
        models.sort_by_key(|model| !model.default);
    }
    Ok(models)
}

/// Every provider.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<Vec<Provider>> {
    viewer.require_admin()?;
    let keyed = server.registry.sources().openai_key.is_some();
    let rows = server.db.providers().list().await?.into_iter().map(|row| row.provider);
    Ok(rows.map(|row| Provider { has_key: row.has_key || row.builtin && row.slug == "openai" && keyed, ..row }).collect())
}

/// Adds a provider, or changes the one with this id. An absent key keeps the key there is.
pub async fn save(server: &Server, viewer: &Viewer, origin: &Origin, id: Option<Uuid>, form: ProviderForm) -> Result<Provider> {
    viewer.require_admin()?;
    let form = form.checked()?;
    let ProviderForm { slug, kind, base_url, api_key, enabled } = form;
    if !Kind::ADDED.contains(&kind) {
        let known = Kind::ADDED.map(Kind::name).join(", ");
        return Err(Error::invalid("kind", Rule::Unknown, format!("kind must be one of {known}; the server brings the others itself.")));
    }
    let before = match id {
        Some(id) => Some(find(server, id).await?),
        None => None,
    };
    if before.as_ref().is_some_and(|row| row.provider.builtin) {
        return Err(Error::conflict("The server brings this provider itself; it can be switched on and off, not edited."));
    }
    let id = id.unwrap_or_else(Uuid::now_v7);
    let key_cipher = match api_key {
        Some(key) => Some(server.keys.encrypt(key.as_bytes(), &context(id))?),
        None => before.as_ref().and_then(|row| row.key_cipher.clone()),
    };
    let created_at = before.as_ref().map_or_else(|| server.clock.now(), |row| row.provider.created_at);
    let provider = Provider { id, slug, kind, base_url, has_key: key_cipher.is_some(), enabled, builtin: false, created_at };
    let row = StoredProvider { provider, key_cipher };
    let added = before.is_none();
    let stored = match before {
        None => server.db.providers().insert(&row).await,
        Some(_) => server.db.providers().update(&row, server.clock.now()).await.map(drop),
    };
    stored.map_err(taken)?;
    reload(server).await?;
    note(server, viewer, origin, if added { Action::ProviderAdded } else { Action::ProviderChanged }, &row.provider).await;
    Ok(row.provider)
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
    server.db.providers().update(&row, server.clock.now()).await?;
    reload(server).await?;
    note(server, viewer, origin, Action::ProviderChanged, &row.provider).await;
    Ok(row.provider)
}

/// Notes who changed where conversations are sent.
async fn note(server: &Server, viewer: &Viewer, origin: &Origin, action: Action, provider: &Provider) {
    let detail = json!({ "provider": provider.slug, "enabled": provider.enabled });
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
    reload(server).await?;
    note(server, viewer, origin, Action::ProviderDeleted, &provider).await;
    Ok(())
}

/// The provider with this id.
pub async fn get(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Provider> {
    viewer.require_admin()?;
    Ok(find(server, id).await?.provider)
}

async fn find(server: &Server, id: Uuid) -> Result<StoredProvider> {
    server.db.providers().find(id).await?.ok_or_else(|| Error::not_found("provider"))
}

/// Asks the stored provider for its models and a short answer: the real answer or the real error.
#[allow(clippy::disallowed_methods, reason = "how long the provider took is not the time of day")]
pub async fn test(server: &Server, viewer: &Viewer, id: Uuid) -> Result<ProviderTest> {
    viewer.require_admin()?;
    let row = find(server, id).await?;
    let entry = entry(server, &row).ok_or_else(|| Error::conflict("The stored key cannot be read; enter it again."))?;
    let begin = Instant::now();
    let asked = tokio::time::timeout(TEST_PATIENCE, ask(server, &entry)).await;
    let millis = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    server.registry.refresh(id);
    Ok(match asked {
        Ok(Ok((models, answer))) => ProviderTest { ok: true, message: answer, millis, models },
        Ok(Err(error)) => ProviderTest { ok: false, message: error.message, millis, models: Vec::new() },
        Err(_) => {
            let message = format!("No answer within {} s.", TEST_PATIENCE.as_secs());
            ProviderTest { ok: false, message, millis, models: Vec::new() }
        }
    })
}

async fn ask(server: &Server, entry: &Entry) -> Result<(Vec<String>, String), LlmError> {
    let provider = server.registry.make(entry)?;
    let mut models: Vec<String> = provider.models().await?.into_iter().map(|model| model.name).collect();
    let Some(model) = models.first().cloned() else {
        return Err(LlmError::new(FailureKind::UnknownModel, "It answers, but it lists no models."));
    };
    let turns = vec![Turn { author: Author::User, text: "Say hello.".into() }];
    let request = ChatRequest { model, turns, max_tokens: Some(TEST_TOKENS), ..ChatRequest::default() };
    let mut stream = provider.chat(request).await?;
    let mut answer = String::new();
    while let Some(delta) = stream.next().await {
        if let Delta::Text(text) | Delta::Reasoning(text) = delta? {
            answer.push_str(&text);
        }
    }
    models.truncate(TEST_MODELS);
    Ok((models, answer))
}

#[cfg(test)]
mod tests;
