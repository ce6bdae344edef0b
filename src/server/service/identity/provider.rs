//! The services that administrators offer for signing in. Their secrets are never shown again.

use std::time::Instant;

use serde_json::json;
use uuid::Uuid;

use super::{callback, client};
use crate::model::activity::Action;
use crate::model::error::Rule;
use crate::model::identity::{IdentityKind, IdentityProvider, IdentityProviderForm, IdentityProviderTest};
use crate::server::Server;
use crate::server::crypto::{Context, Place};
use crate::server::db::StoredIdentityProvider as Stored;
use crate::server::error::{Error, Result};
use crate::server::identity;
use crate::server::service::activity::{self, Event};
use crate::server::service::step_up;
use crate::server::service::viewer::{Origin, Viewer};

/// What a service's secret is encrypted for.
pub(super) fn context(id: Uuid) -> Context {
    Place::IdentityProvider.of(id)
}

/// Every service. `site` is the address under which this server is reached.
pub async fn list(server: &Server, viewer: &Viewer, site: &str) -> Result<Vec<IdentityProvider>> {
    viewer.require_admin()?;
    let rows = server.db.identities().providers().await?;
    Ok(rows.into_iter().map(|row| shown(row, site)).collect())
}

/// The service with this id.
pub async fn get(server: &Server, viewer: &Viewer, site: &str, id: Uuid) -> Result<IdentityProvider> {
    viewer.require_admin()?;
    Ok(shown(find(server, id).await?, site))
}

/// Adds a service, or changes the one with this id. An absent secret keeps the secret there is; slug and kind never change, and
/// the issuer not while accounts are linked by it: what identifies them would mean somebody else there.
/// Errors: `Forbidden`, `StepUp`, `Invalid`, `Conflict`, `NotFound`.
pub async fn save(server: &Server, viewer: &Viewer, origin: &Origin, id: Option<Uuid>, form: IdentityProviderForm) -> Result<Uuid> {
    viewer.require_admin()?;
    let before = match id {
        Some(id) => Some(find(server, id).await?),
        None => None,
    };
    let form = match &before {
        Some(row) => IdentityProviderForm { slug: row.provider.slug.clone(), kind: row.provider.kind, ..form },
        None => form,
    };
    let form = form.checked()?;
    if before.as_ref().is_some_and(|row| row.provider.linked > 0 && row.provider.issuer != form.issuer) {
        return Err(Error::conflict("Accounts are linked by this issuer. Add the other one as a service of its own."));
    }
    step_up::require(server, viewer).await?;
    let row = stored(server, id.unwrap_or_else(Uuid::now_v7), form, before.as_ref())?;
    let written = match before {
        None => server.db.identities().insert_provider(&row).await?,
        Some(_) => server.db.identities().update_provider(&row, server.clock.now()).await?,
    };
    match (written, before.is_some()) {
        (true, _) => {}
        (false, true) => return Err(Error::not_found("service")),
        (false, false) => return Err(Error::invalid("slug", Rule::Taken, "Another service has this short name.")),
    }
    note(server, viewer, origin, &row.provider.slug, if before.is_some() { "changed" } else { "added" }).await;
    Ok(row.provider.id)
}

/// The row that the form makes.
fn stored(server: &Server, id: Uuid, form: IdentityProviderForm, before: Option<&Stored>) -> Result<Stored> {
    let secret_cipher = match &form.client_secret {
        Some(secret) => Some(server.keys.encrypt(secret.as_bytes(), &context(id))?),
        None => before.and_then(|row| row.secret_cipher.clone()),
    };
    if secret_cipher.is_none() && form.kind != IdentityKind::Oidc {
        return Err(Error::invalid("client_secret", Rule::Required, "client_secret is required."));
    }
    let provider = IdentityProvider {
        id,
        slug: form.slug,
        kind: form.kind,
        name: form.name,
        issuer: form.issuer,
        client_id: form.client_id,
        has_secret: secret_cipher.is_some(),
        scopes: form.scopes,
        enabled: form.enabled,
        allow_sign_up: form.allow_sign_up,
        position: form.position,
        linked: before.map_or(0, |row| row.provider.linked),
        redirect_uri: String::new(),
        created_at: before.map_or_else(|| server.clock.now(), |row| row.provider.created_at),
    };
    Ok(Stored { provider, secret_cipher })
}

/// Switches a service on or off.
pub async fn enable(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, enabled: bool) -> Result<()> {
    viewer.require_admin()?;
    let mut row = find(server, id).await?;
    step_up::require(server, viewer).await?;
    row.provider.enabled = enabled;
    server.db.identities().update_provider(&row, server.clock.now()).await?;
    note(server, viewer, origin, &row.provider.slug, if enabled { "enabled" } else { "disabled" }).await;
    Ok(())
}

/// Removes a service, and every link to it.
pub async fn delete(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<()> {
    viewer.require_admin()?;
    let row = find(server, id).await?;
    step_up::require(server, viewer).await?;
    server.db.identities().delete_provider(id).await?;
    note(server, viewer, origin, &row.provider.slug, "deleted").await;
    Ok(())
}

/// Asks the service, and says what it really said.
#[allow(clippy::disallowed_methods, reason = "how long the service took is not the time of day")]
pub async fn test(server: &Server, viewer: &Viewer, site: &str, id: Uuid) -> Result<IdentityProviderTest> {
    viewer.require_admin()?;
    let row = find(server, id).await?;
    let client = client(server, &row, callback(site, &row.provider.slug))?;
    let begin = Instant::now();
    let asked = identity::test(&client).await;
    let millis = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (ok, message) = match asked {
        Ok(found) => (true, found),
        Err(trouble) => (false, trouble.message),
    };
    Ok(IdentityProviderTest { ok, message, millis })
}

async fn find(server: &Server, id: Uuid) -> Result<Stored> {
    server.db.identities().find_provider(id).await?.ok_or_else(|| Error::not_found("service"))
}

fn shown(row: Stored, site: &str) -> IdentityProvider {
    IdentityProvider { redirect_uri: callback(site, &row.provider.slug), ..row.provider }
}

async fn note(server: &Server, viewer: &Viewer, origin: &Origin, slug: &str, done: &str) {
    let detail = json!({ "group": "oauth", "provider": slug, "done": done });
    activity::record(server, Event::new(Action::SettingsChanged, origin).by(viewer.user.id).detail(detail)).await;
}
