//! What administrators say of models: who may use them, what is known of them, how they are told; and which are used by default.

use serde_json::json;
use uuid::Uuid;

use super::provider::record;
use super::setting;
use super::viewer::{Origin, Viewer};
use crate::model::activity::Action;
use crate::model::catalogue::{Access, CatalogueEntry, ModelForm, ModelSettings};
use crate::model::error::{Fields, Rule};
use crate::model::voice::Task;
use crate::server::Server;
use crate::server::bus::Word;
use crate::server::db::StoredModel;
use crate::server::error::{Error, Result};
use crate::server::llm::{Catalogued, ModelRule, Rules};

/// Longest name of a model at its provider, in characters.
const NAME_MAX: usize = 200;

/// Brings the rules up to date with the database, here and on the other nodes.
async fn changed(server: &Server) -> Result<()> {
    reload(server).await?;
    server.bus.tell(Word::Reload);
    Ok(())
}

/// Brings the registry up to date with what was said.
pub(super) async fn reload(server: &Server) -> Result<()> {
    let said = server.db.models().list().await?.into_iter();
    let rules = said.map(|said| (said.provider_id, said.name, ModelRule { form: said.form, people: said.people.into_iter().collect() }));
    server.registry.rule(Rules::new(rules, server.settings.get().models.clone()));
    Ok(())
}

/// The models of the enabled providers, and what was said of them; those whose name has all these words in it.
pub async fn list(server: &Server, viewer: &Viewer, search: Option<&str>) -> Result<Vec<CatalogueEntry>> {
    viewer.require_admin()?;
    let (found, said) = (server.registry.catalogue().await, server.db.models().list().await?);
    let slugs = slugs(server).await?;
    let words: Vec<_> = search.unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let entries = found.into_iter().filter_map(|found| {
        let own = said.iter().find(|said| (said.provider_id, &said.name) == (found.provider_id, &found.name));
        Some(shown(slug(&slugs, found.provider_id)?, found, own.map(|said| said.form.clone())))
    });
    let fits = |entry: &CatalogueEntry| {
        let title = entry.own.as_ref().and_then(|own| own.title.as_deref()).unwrap_or_default();
        let text = format!("{} {title}", entry.model).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    Ok(entries.filter(fits).collect())
}

/// One of them.
pub async fn find(server: &Server, viewer: &Viewer, provider_id: Uuid, name: &str) -> Result<CatalogueEntry> {
    viewer.require_admin()?;
    let slugs = slugs(server).await?;
    let slug = slug(&slugs, provider_id).ok_or_else(|| Error::not_found("provider"))?;
    let own = own(server, provider_id, name).await?;
    let found = server.registry.catalogued(provider_id, name);
    if found.is_none() && own.is_none() {
        return Err(Error::not_found("model"));
    }
    // Of a provider that is switched off nothing is known but what was said.
    let bare = || Catalogued { provider_id, name: name.to_owned(), listed: false, known: Default::default() };
    Ok(shown(slug, found.unwrap_or_else(bare), own))
}

/// Says something of a model, in place of what was said before.
pub async fn save(
    server: &Server,
    viewer: &Viewer,
    origin: &Origin,
    (provider_id, name): (Uuid, &str),
    form: ModelForm,
) -> Result<CatalogueEntry> {
    check_name(name)?;
    let before = find(server, viewer, provider_id, name).await?;
    let form = form.checked()?;
    let people = people(server, &form).await?;
    let said = StoredModel { id: Uuid::now_v7(), provider_id, name: name.to_owned(), form, people };
    server.db.models().put(&said, server.clock.now()).await?;
    changed(server).await?;
    let access = said.form.access;
    let detail = json!({ "model": before.model, "enabled": said.form.enabled, "access": access.name() });
    record(server, viewer, origin, Action::ModelChanged, detail).await;
    find(server, viewer, provider_id, name).await
}

/// Forgets what was said of a model: it is as its provider lists it, for everyone.
pub async fn forget(server: &Server, viewer: &Viewer, origin: &Origin, (provider_id, name): (Uuid, &str)) -> Result<()> {
    let before = find(server, viewer, provider_id, name).await?;
    if !server.db.models().delete(provider_id, name).await? {
        return Err(Error::not_found("model"));
    }
    changed(server).await?;
    record(server, viewer, origin, Action::ModelChanged, json!({ "model": before.model, "forgotten": true })).await;
    Ok(())
}

/// The models that are used where nobody chose one.
pub fn defaults(server: &Server, viewer: &Viewer) -> Result<ModelSettings> {
    viewer.require_admin()?;
    Ok(server.settings.get().models.clone())
}

/// Sets them.
pub async fn set_defaults(server: &Server, viewer: &Viewer, origin: &Origin, group: ModelSettings) -> Result<ModelSettings> {
    viewer.require_admin()?;
    let group = group.checked()?;
    let mut fields = Fields::default();
    let wanted = [
        ("chat", &group.chat, Task::Chat),
        ("title", &group.title, Task::Chat),
        ("vision", &group.vision, Task::Chat),
        ("transcription", &group.transcription, Task::Transcription),
        ("speech", &group.speech, Task::Speech),
        ("embedding", &group.embedding, Task::Embedding),
    ];
    for (field, model, task) in wanted {
        let Some(model) = model.as_deref() else { continue };
        match server.registry.resolve(Some(model), viewer.who()).ok().filter(|_| model.contains('/')) {
            None => fields.add(field, Rule::Unknown, format!("{field} must be a model that you may use, as provider/model.")),
            Some(found) if !found.does(task) => {
                let message = format!("{model} is not known to do this ({}). If it does, say so where its facts are said.", task.name());
                fields.add(field, Rule::Unknown, message);
            }
            Some(found) if field == "vision" && found.facts.abilities.vision == Some(false) => {
                fields.add(field, Rule::NoVision, format!("{model} sees no pictures."));
            }
            Some(_) => {}
        }
    }
    fields.check()?;
    setting::update_models(server, viewer, origin, group).await?;
    changed(server).await?;
    defaults(server, viewer)
}

fn check_name(name: &str) -> Result<()> {
    let mut fields = Fields::default();
    fields.length("name", name, 1, NAME_MAX);
    if name.chars().any(char::is_control) {
        fields.add("name", Rule::Format, "name may not hold control characters.");
    }
    Ok(fields.check()?)
}

/// The accounts of those that a model is kept for.
async fn people(server: &Server, form: &ModelForm) -> Result<Vec<Uuid>> {
    let mut found = Vec::new();
    for address in form.people.iter().filter(|_| form.access == Access::People) {
        let account = server.db.users().find_by_email(address).await?;
        let unknown = || Error::invalid("people", Rule::Unknown, format!("Nobody has the address {address}."));
        found.push(account.ok_or_else(unknown)?.user.id);
    }
    Ok(found)
}

async fn own(server: &Server, provider_id: Uuid, name: &str) -> Result<Option<ModelForm>> {
    let said = server.db.models().list().await?;
    Ok(said.into_iter().find(|said| said.provider_id == provider_id && said.name == name).map(|said| said.form))
}

async fn slugs(server: &Server) -> Result<Vec<(Uuid, String)>> {
    Ok(server.db.providers().list().await?.into_iter().map(|row| (row.provider.id, row.provider.slug)).collect())
}

fn slug(slugs: &[(Uuid, String)], id: Uuid) -> Option<&str> {
    slugs.iter().find(|(of, _)| *of == id).map(|(_, slug)| slug.as_str())
}

fn shown(slug: &str, found: Catalogued, own: Option<ModelForm>) -> CatalogueEntry {
    let Catalogued { provider_id, name, listed, known } = found;
    CatalogueEntry { model: format!("{slug}/{name}"), provider_id, listed, known, own }
}

#[cfg(test)]
mod tests;
