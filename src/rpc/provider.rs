//! Models to choose from, and the providers that administrators edit.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::provider::{Api, Fallback, Kind, Model, Provider, ProviderKey, ProviderTest};

/// The models that the viewer may use, default first.
#[server(endpoint = "provider/models", output = crate::rpc::Wire)]
pub async fn models() -> Rpc<Vec<Model>> {
    use crate::server::service::provider;
    let (server, viewer) = asked()?;
    answer(provider::models(&server, &viewer).await)
}

/// Every provider. Administrators only, like all below.
#[server(endpoint = "provider/list", output = crate::rpc::Wire)]
pub async fn list() -> Rpc<Vec<Provider>> {
    use crate::server::service::provider;
    let (server, viewer) = asked()?;
    answer(provider::list(&server, &viewer).await)
}

/// Adds a provider, or changes the one with this id. An empty `api_key` keeps the key there is; an empty limit is the configuration's.
#[server(endpoint = "provider/save", output = crate::rpc::Wire)]
pub async fn save(
    id: Option<Uuid>,
    slug: String,
    kind: Kind,
    base_url: Option<String>,
    api_key: Option<String>,
    enabled: Option<bool>,
    private: Option<bool>,
    api: Option<Api>,
    connect: Option<String>,
    first_byte: Option<String>,
    idle: Option<String>,
    total: Option<String>,
    queue: Option<String>,
    concurrent: Option<String>,
    keep_alive: Option<String>,
) -> Rpc<Provider> {
    use crate::model::provider::{Limits, ProviderForm};
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    let [one, two, three] = [("connect", connect), ("first_byte", first_byte), ("idle", idle)];
    let limits =
        Limits::typed([one, two, three, ("total", total), ("queue", queue), ("concurrent", concurrent), ("keep_alive", keep_alive)]);
    let limits = answer(limits.map_err(Into::into))?;
    let (enabled, private) = (enabled.unwrap_or(false), private.unwrap_or(false));
    let api = api.unwrap_or_default();
    let form = ProviderForm { slug, kind, base_url, api_key, enabled, private, api, limits };
    let saved = answer(provider::save(&server, &viewer, &origin, id, form).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(saved)
}

/// Switches a provider on or off.
#[server(endpoint = "provider/enable", output = crate::rpc::Wire)]
pub async fn enable(id: Uuid, enabled: bool) -> Rpc<Provider> {
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    let changed = answer(provider::enable(&server, &viewer, &origin, id, enabled).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(changed)
}

/// Moves a provider one place up or down: in this order its models are offered.
#[server(endpoint = "provider/move", output = crate::rpc::Wire)]
pub async fn shift(id: Uuid, up: bool) -> Rpc<Provider> {
    use crate::server::service::provider::{self, Place};
    let (server, viewer, origin) = asked_from()?;
    let place = if up { Place::Up } else { Place::Down };
    let moved = answer(provider::arrange(&server, &viewer, &origin, id, place).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(moved)
}

/// Removes a provider; conversations keep their text.
#[server(endpoint = "provider/delete", output = crate::rpc::Wire)]
pub async fn delete(id: Uuid) -> Rpc<()> {
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    answer(provider::delete(&server, &viewer, &origin, id).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(())
}

/// Asks the stored provider for its models and a short answer: the real answer or the real error.
#[server(endpoint = "provider/test", output = crate::rpc::Wire)]
pub async fn test(id: Uuid) -> Rpc<ProviderTest> {
    use crate::server::service::provider;
    let (server, viewer) = asked()?;
    answer(provider::test(&server, &viewer, id).await)
}

/// Adds a key to a provider.
#[server(endpoint = "provider/add_key", output = crate::rpc::Wire)]
pub async fn add_key(id: Uuid, label: String, api_key: String) -> Rpc<ProviderKey> {
    use crate::model::provider::KeyForm;
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    let added = answer(provider::add_key(&server, &viewer, &origin, id, KeyForm { label, api_key: Some(api_key) }).await)?;
    leptos_axum::redirect(&format!("/admin/providers?keys={id}"));
    Ok(added)
}

/// Removes a key of a provider.
#[server(endpoint = "provider/delete_key", output = crate::rpc::Wire)]
pub async fn delete_key(id: Uuid, key_id: Uuid) -> Rpc<()> {
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    answer(provider::delete_key(&server, &viewer, &origin, (id, key_id)).await)?;
    leptos_axum::redirect(&format!("/admin/providers?keys={id}"));
    Ok(())
}

/// What was set aside or left alone of a provider is asked again.
#[server(endpoint = "provider/again", output = crate::rpc::Wire)]
pub async fn again(id: Uuid) -> Rpc<Provider> {
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    let changed = answer(provider::again(&server, &viewer, &origin, id).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(changed)
}

/// Which models are asked when others cannot answer.
#[server(endpoint = "provider/fallbacks", output = crate::rpc::Wire)]
pub async fn fallbacks() -> Rpc<Vec<Fallback>> {
    use crate::server::service::provider;
    let (server, viewer) = asked()?;
    answer(provider::fallbacks(&server, &viewer).await)
}

/// When `model` cannot answer, `next` is asked.
#[server(endpoint = "provider/set_fallback", output = crate::rpc::Wire)]
pub async fn set_fallback(model: String, next: String) -> Rpc<Fallback> {
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    let set = answer(provider::set_fallback(&server, &viewer, &origin, &model, &next).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(set)
}

/// Removes a line of them.
#[server(endpoint = "provider/remove_fallback", output = crate::rpc::Wire)]
pub async fn remove_fallback(id: Uuid) -> Rpc<()> {
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    answer(provider::remove_fallback(&server, &viewer, &origin, id).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(())
}

/// Has a provider fetch a model; the page of the system tells how far it is.
#[server(endpoint = "provider/pull", output = crate::rpc::Wire)]
pub async fn pull(id: Uuid, model: String) -> Rpc<()> {
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    answer(provider::pull(&server, &viewer, &origin, id, &model).await)?;
    leptos_axum::redirect("/admin/system");
    Ok(())
}
