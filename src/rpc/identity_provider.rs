//! The services to sign in with, that administrators edit.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::identity::{IdentityKind, IdentityProvider, IdentityProviderTest};

/// Every service. Administrators only, like all below.
#[server(endpoint = "identity_provider/list", output = crate::rpc::Wire)]
pub async fn list() -> Rpc<Vec<IdentityProvider>> {
    use crate::server::service::identity::provider;
    let (server, viewer) = asked()?;
    answer(provider::list(&server, &viewer, &site()).await)
}

/// Adds a service, or changes the one with this id. An empty secret keeps the secret there is; a box that is not ticked is not sent.
#[server(endpoint = "identity_provider/save", output = crate::rpc::Wire)]
pub async fn save(
    id: Option<Uuid>,
    slug: String,
    kind: IdentityKind,
    name: String,
    issuer: Option<String>,
    client_id: String,
    client_secret: Option<String>,
    scopes: Option<String>,
    enabled: Option<bool>,
    allow_sign_up: Option<bool>,
    position: Option<u32>,
) -> Rpc<()> {
    use crate::model::identity::IdentityProviderForm;
    use crate::server::service::identity::provider;
    let (server, viewer, origin) = asked_from()?;
    let form = IdentityProviderForm {
        slug,
        kind,
        name,
        issuer,
        client_id,
        client_secret,
        scopes: scopes.unwrap_or_default(),
        enabled: enabled.unwrap_or(false),
        allow_sign_up: allow_sign_up.unwrap_or(false),
        position: position.unwrap_or_default(),
    };
    answer(provider::save(&server, &viewer, &origin, id, form).await)?;
    leptos_axum::redirect("/admin/settings/oauth");
    Ok(())
}

/// Switches a service on or off.
#[server(endpoint = "identity_provider/enable", output = crate::rpc::Wire)]
pub async fn enable(id: Uuid, enabled: bool) -> Rpc<()> {
    use crate::server::service::identity::provider;
    let (server, viewer, origin) = asked_from()?;
    answer(provider::enable(&server, &viewer, &origin, id, enabled).await)?;
    leptos_axum::redirect("/admin/settings/oauth");
    Ok(())
}

/// Removes a service, and every link to it.
#[server(endpoint = "identity_provider/delete", output = crate::rpc::Wire)]
pub async fn delete(id: Uuid) -> Rpc<()> {
    use crate::server::service::identity::provider;
    let (server, viewer, origin) = asked_from()?;
    answer(provider::delete(&server, &viewer, &origin, id).await)?;
    leptos_axum::redirect("/admin/settings/oauth");
    Ok(())
}

/// Asks the service, and says what it really said.
#[server(endpoint = "identity_provider/test", output = crate::rpc::Wire)]
pub async fn test(id: Uuid) -> Rpc<IdentityProviderTest> {
    use crate::server::service::identity::provider;
    let (server, viewer) = asked()?;
    answer(provider::test(&server, &viewer, &site(), id).await)
}
