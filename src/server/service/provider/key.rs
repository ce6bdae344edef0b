//! Several keys of one provider: they take turns, and one that is refused is set aside until somebody sees to it.

use serde_json::json;
use uuid::Uuid;

use super::{changed, find, get, put_key, record};
use crate::model::activity::Action;
use crate::model::provider::{KeyForm, Provider, ProviderKey};
use crate::server::Server;
use crate::server::db::{StoredKey, StoredProvider};
use crate::server::error::{Error, Result};
use crate::server::service::viewer::{Origin, Viewer};

/// Most keys of a provider.
const KEYS_MAX: usize = 50;

/// Adds a key.
pub async fn add_key(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, form: KeyForm) -> Result<ProviderKey> {
    viewer.require_admin()?;
    let form = form.checked(true)?;
    let row = editable(server, id).await?;
    if row.keys.len() >= KEYS_MAX {
        return Err(Error::conflict(format!("A provider has {KEYS_MAX} keys at most.")));
    }
    let key = put_key(server, id, None, Some(form.label), &form.api_key.unwrap_or_default()).await?;
    done(server, viewer, origin, (Action::ProviderKeyAdded, &row.provider, &key)).await?;
    Ok(key)
}

/// Changes a key's label, and the key itself where there is a new one.
pub async fn change_key(server: &Server, viewer: &Viewer, origin: &Origin, of: (Uuid, Uuid), form: KeyForm) -> Result<ProviderKey> {
    viewer.require_admin()?;
    let form = form.checked(false)?;
    let mut row = editable(server, of.0).await?;
    let stored = row.keys.iter().position(|stored| stored.key.id == of.1).ok_or_else(|| Error::not_found("key"))?;
    let StoredKey { mut key, cipher } = row.keys.swap_remove(stored);
    match form.api_key {
        Some(text) => key = put_key(server, of.0, Some(key), Some(form.label), &text).await?,
        None => {
            key.label = form.label;
            server.db.providers().put_key(of.0, &StoredKey { key: key.clone(), cipher }).await?;
        }
    }
    done(server, viewer, origin, (Action::ProviderKeyChanged, &row.provider, &key)).await?;
    Ok(key)
}

/// Removes a key.
pub async fn delete_key(server: &Server, viewer: &Viewer, origin: &Origin, of: (Uuid, Uuid)) -> Result<()> {
    viewer.require_admin()?;
    let mut row = editable(server, of.0).await?;
    let stored = row.keys.iter().position(|stored| stored.key.id == of.1).ok_or_else(|| Error::not_found("key"))?;
    let key = row.keys.swap_remove(stored).key;
    server.db.providers().delete_key(of.0, of.1).await?;
    done(server, viewer, origin, (Action::ProviderKeyDeleted, &row.provider, &key)).await
}

/// What was set aside or left alone is asked again: somebody has seen to it.
pub async fn again(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<Provider> {
    viewer.require_admin()?;
    let provider = find(server, id).await?.provider;
    server.registry.upstream(id).iter().for_each(|upstream| upstream.again());
    record(server, viewer, origin, Action::ProviderChanged, json!({ "provider": provider.slug, "again": true })).await;
    get(server, viewer, id).await
}

async fn editable(server: &Server, id: Uuid) -> Result<StoredProvider> {
    let row = find(server, id).await?;
    if row.provider.builtin {
        return Err(Error::conflict("The server brings this provider itself; its key is in the configuration."));
    }
    Ok(row)
}

async fn done(server: &Server, viewer: &Viewer, origin: &Origin, what: (Action, &Provider, &ProviderKey)) -> Result<()> {
    let (action, provider, key) = what;
    changed(server).await?;
    record(server, viewer, origin, action, json!({ "provider": provider.slug, "key": key.label })).await;
    Ok(())
}
