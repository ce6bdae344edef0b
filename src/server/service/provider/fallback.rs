//! Which model is asked when another cannot answer.

use serde_json::json;
use uuid::Uuid;

use super::record;
use crate::model::activity::Action;
use crate::model::error::Rule;
use crate::model::provider::Fallback;
use crate::server::Server;
use crate::server::db::{StoredFallback, StoredProvider};
use crate::server::error::{Error, Result};
use crate::server::llm::{Route, has_loop};
use crate::server::service::viewer::{Origin, Viewer};

/// Longest name of a model, in characters.
const MODEL_MAX: usize = 200;

/// What stands for all models of a provider.
const ALL: &str = "*";

/// Every line.
pub async fn fallbacks(server: &Server, viewer: &Viewer) -> Result<Vec<Fallback>> {
    viewer.require_admin()?;
    let providers = server.db.providers().list().await?;
    Ok(server.db.providers().fallbacks().await?.into_iter().map(|line| shown(&providers, &line)).collect())
}

/// When `model` (`provider/model`, or `provider/*`) cannot answer, `next` is asked; in place of what was said of it before. What
/// would lead in a circle is refused.
pub async fn set_fallback(server: &Server, viewer: &Viewer, origin: &Origin, model: &str, next: &str) -> Result<Fallback> {
    viewer.require_admin()?;
    let providers = server.db.providers().list().await?;
    let (provider_id, name) = split(&providers, "model", model)?;
    let (next_provider_id, next_model) = split(&providers, "next", next)?;
    if next_model == ALL {
        return Err(Error::invalid("next", Rule::Format, "next must be one model, as provider/model."));
    }
    let model = if name == ALL { String::new() } else { name };
    let line = StoredFallback { id: Uuid::now_v7(), provider_id, model, next_provider_id, next_model, created_at: server.clock.now() };
    let mut lines = server.db.providers().fallbacks().await?;
    lines.retain(|other| (other.provider_id, &other.model) != (line.provider_id, &line.model));
    lines.push(line.clone());
    if has_loop(&lines.into_iter().map(route).collect::<Vec<_>>()) {
        return Err(Error::invalid("next", Rule::Circle, "This would lead in a circle."));
    }
    let stored = shown(&providers, &server.db.providers().put_fallback(&line).await?);
    changed(server, viewer, origin, &stored, false).await?;
    Ok(stored)
}

/// Removes a line.
pub async fn remove_fallback(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<()> {
    viewer.require_admin()?;
    let found = fallbacks(server, viewer).await?.into_iter().find(|line| line.id == id);
    let line = found.ok_or_else(|| Error::not_found("fallback"))?;
    server.db.providers().delete_fallback(id).await?;
    changed(server, viewer, origin, &line, true).await
}

/// The lines as the registry follows them.
pub(super) async fn routes(server: &Server) -> Result<Vec<Route>> {
    Ok(server.db.providers().fallbacks().await?.into_iter().map(route).collect())
}

fn route(line: StoredFallback) -> Route {
    let StoredFallback { provider_id, model, next_provider_id, next_model, .. } = line;
    Route { provider_id, model: Some(model).filter(|name| !name.is_empty()), next_provider_id, next_model }
}

async fn changed(server: &Server, viewer: &Viewer, origin: &Origin, line: &Fallback, removed: bool) -> Result<()> {
    super::changed(server).await?;
    let next = (!removed).then_some(&line.next);
    record(server, viewer, origin, Action::FallbackChanged, json!({ "model": line.model, "next": next })).await;
    Ok(())
}

fn split(providers: &[StoredProvider], field: &str, text: &str) -> Result<(Uuid, String)> {
    let text = text.trim();
    let shaped = text.split_once('/').filter(|(_, model)| !model.is_empty() && model.chars().count() <= MODEL_MAX);
    let shaped = shaped.filter(|(_, model)| !model.chars().any(char::is_control));
    let (slug, model) = shaped.ok_or_else(|| Error::invalid(field, Rule::Format, format!("{field} must be provider/model.")))?;
    let found = providers.iter().find(|row| row.provider.slug == slug);
    let row = found.ok_or_else(|| Error::invalid(field, Rule::Unknown, format!("There is no provider “{slug}”.")))?;
    Ok((row.provider.id, model.to_owned()))
}

fn shown(providers: &[StoredProvider], line: &StoredFallback) -> Fallback {
    let slug = |id: Uuid| providers.iter().find(|row| row.provider.id == id).map_or("?", |row| row.provider.slug.as_str());
    let model = if line.model.is_empty() { ALL } else { &line.model };
    Fallback {
        id: line.id,
        model: format!("{}/{model}", slug(line.provider_id)),
        next: format!("{}/{}", slug(line.next_provider_id), line.next_model),
    }
}
