//! Models to choose from, and the providers that administrators edit.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::provider::{Kind, Model, Provider, ProviderTest};

/// The models that the viewer may use, default first.
#[server(endpoint = "provider/models")]
pub async fn models() -> Rpc<Vec<Model>> {
    use crate::server::service::provider;
    let (server, viewer) = asked()?;
    answer(provider::models(&server, &viewer).await)
}

/// Every provider. Administrators only, like all below.
#[server(endpoint = "provider/list")]
pub async fn list() -> Rpc<Vec<Provider>> {
    use crate::server::service::provider;
    let (server, viewer) = asked()?;
    answer(provider::list(&server, &viewer).await)
}

/// Adds a provider, or changes the one with this id. An empty `api_key` keeps the key there is.
#[server(endpoint = "provider/save")]
pub async fn save(
    id: Option<Uuid>,
    slug: String,
    kind: Kind,
    base_url: Option<String>,
    api_key: Option<String>,
    enabled: Option<bool>,
) -> Rpc<Provider> {
    use crate::model::provider::ProviderForm;
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    let form = ProviderForm { slug, kind, base_url, api_key, enabled: enabled.unwrap_or(false) };
    let saved = answer(provider::save(&server, &viewer, &origin, id, form).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(saved)
}

/// Switches a provider on or off.
#[server(endpoint = "provider/enable")]
pub async fn enable(id: Uuid, enabled: bool) -> Rpc<Provider> {
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    let changed = answer(provider::enable(&server, &viewer, &origin, id, enabled).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(changed)
}

/// Removes a provider; conversations keep their text.
#[server(endpoint = "provider/delete")]
pub async fn delete(id: Uuid) -> Rpc<()> {
    use crate::server::service::provider;
    let (server, viewer, origin) = asked_from()?;
    answer(provider::delete(&server, &viewer, &origin, id).await)?;
    leptos_axum::redirect("/admin/providers");
    Ok(())
}

/// Asks the stored provider for its models and a short answer: the real answer or the real error.
#[server(endpoint = "provider/test")]
pub async fn test(id: Uuid) -> Rpc<ProviderTest> {
    use crate::server::service::provider;
    let (server, viewer) = asked()?;
    answer(provider::test(&server, &viewer, id).await)
}
