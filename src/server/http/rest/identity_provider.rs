//! `/api/admin/identity-providers/…`: the services to sign in with, for administrators.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::Page;
use crate::model::identity::{IdentityKind, IdentityProvider, IdentityProviderForm, IdentityProviderTest};
use crate::server::Server;
use crate::server::service::identity::provider;
use crate::server::service::viewer::{Origin, Site, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete)).routes(routes!(test))
}

problems!(ListProblems: Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(CreateProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Services to sign in with
#[utoipa::path(get, path = "/api/admin/identity-providers/", tag = "admin", operation_id = "identity_providers", security(("bearer" = ["admin"])),
    responses((status = 200, description = "Every service, without its secret.", body = Page<IdentityProvider>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, site: Site) -> Result<Json<Page<IdentityProvider>>, Problem> {
    Ok(Json(Page { items: provider::list(&server, &viewer, &site.0).await?, next: None }))
}

/// A service to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIdentityProvider {
    /// Letters, digits and `-`. It stands in the redirect URI and never changes.
    #[schema(example = "github", min_length = 1, max_length = 40)]
    pub slug: String,
    pub kind: IdentityKind,
    /// On the button.
    #[schema(example = "GitHub", min_length = 1, max_length = 40)]
    pub name: String,
    /// Of `oidc`: the issuer. Of the others: another home than the usual one.
    #[schema(example = "https://id.example.org")]
    pub issuer: Option<String>,
    #[schema(example = "Iv1.8a61f9b3a7aba766", min_length = 1, max_length = 300)]
    pub client_id: String,
    /// Stored encrypted and never shown again. An `oidc` service may do without.
    #[schema(max_length = 1000)]
    pub client_secret: Option<String>,
    /// Separated by spaces; absent: the kind's own.
    pub scopes: Option<String>,
    /// True if absent.
    pub enabled: Option<bool>,
    /// True if absent.
    pub allow_sign_up: Option<bool>,
    /// Of the button among the others; 0 if absent.
    #[schema(maximum = 1000)]
    pub position: Option<u32>,
}

/// Add a service
#[utoipa::path(post, path = "/api/admin/identity-providers/", tag = "admin", operation_id = "add_identity_provider",
    request_body = NewIdentityProvider, security(("bearer" = ["admin"])),
    responses((status = 201, description = "Added.", body = IdentityProvider), CreateProblems))]
async fn create(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    site: Site,
    Json(new): Json<NewIdentityProvider>,
) -> Result<(StatusCode, Json<IdentityProvider>), Problem> {
    let form = IdentityProviderForm {
        slug: new.slug,
        kind: new.kind,
        name: new.name,
        issuer: new.issuer,
        client_id: new.client_id,
        client_secret: new.client_secret,
        scopes: new.scopes.unwrap_or_default(),
        enabled: new.enabled.unwrap_or(true),
        allow_sign_up: new.allow_sign_up.unwrap_or(true),
        position: new.position.unwrap_or_default(),
    };
    let id = provider::save(&server, &viewer, &origin, None, form).await?;
    Ok((StatusCode::CREATED, Json(provider::get(&server, &viewer, &site.0, id).await?)))
}

/// One service
#[utoipa::path(get, path = "/api/admin/identity-providers/{id}/", tag = "admin", operation_id = "identity_provider", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The service")),
    responses((status = 200, description = "The service, without its secret.", body = IdentityProvider), OneProblems))]
async fn get(State(server): State<Server>, viewer: Viewer, site: Site, Path(id): Path<Uuid>) -> Result<Json<IdentityProvider>, Problem> {
    Ok(Json(provider::get(&server, &viewer, &site.0, id).await?))
}

/// Changes of a service; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderChange {
    #[schema(example = "Campus", min_length = 1, max_length = 40)]
    pub name: Option<String>,
    /// Not while accounts are linked.
    pub issuer: Option<String>,
    #[schema(min_length = 1, max_length = 300)]
    pub client_id: Option<String>,
    /// Stored encrypted and never shown again.
    #[schema(max_length = 1000)]
    pub client_secret: Option<String>,
    pub scopes: Option<String>,
    pub enabled: Option<bool>,
    pub allow_sign_up: Option<bool>,
    #[schema(maximum = 1000)]
    pub position: Option<u32>,
}

/// Change a service
#[utoipa::path(patch, path = "/api/admin/identity-providers/{id}/", tag = "admin", operation_id = "change_identity_provider",
    request_body = IdentityProviderChange, params(("id" = Uuid, Path, description = "The service")), security(("bearer" = ["admin"])),
    responses((status = 200, description = "As changed.", body = IdentityProvider), WriteProblems))]
#[expect(clippy::too_many_arguments, reason = "an extractor for each part of the request")]
async fn update(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    site: Site,
    Path(id): Path<Uuid>,
    Json(change): Json<IdentityProviderChange>,
) -> Result<Json<IdentityProvider>, Problem> {
    let now = provider::get(&server, &viewer, &site.0, id).await?;
    let form = IdentityProviderForm {
        slug: now.slug,
        kind: now.kind,
        name: change.name.unwrap_or(now.name),
        issuer: change.issuer.or(now.issuer),
        client_id: change.client_id.unwrap_or(now.client_id),
        client_secret: change.client_secret,
        scopes: change.scopes.unwrap_or(now.scopes),
        enabled: change.enabled.unwrap_or(now.enabled),
        allow_sign_up: change.allow_sign_up.unwrap_or(now.allow_sign_up),
        position: change.position.unwrap_or(now.position),
    };
    provider::save(&server, &viewer, &origin, Some(id), form).await?;
    Ok(Json(provider::get(&server, &viewer, &site.0, id).await?))
}

/// Remove a service
///
/// Every link to it goes with it: who has no other way in will need a new password.
#[utoipa::path(delete, path = "/api/admin/identity-providers/{id}/", tag = "admin", operation_id = "remove_identity_provider",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The service")),
    responses((status = 204, description = "Removed."), OneProblems))]
async fn delete(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    provider::delete(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test a service
///
/// Asks it whether it is there and knows this server: what it really said.
#[utoipa::path(post, path = "/api/admin/identity-providers/{id}/test/", tag = "admin", operation_id = "test_identity_provider",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The service")),
    responses((status = 200, description = "What came of it.", body = IdentityProviderTest), OneProblems))]
async fn test(
    State(server): State<Server>,
    viewer: Viewer,
    site: Site,
    Path(id): Path<Uuid>,
) -> Result<Json<IdentityProviderTest>, Problem> {
    Ok(Json(provider::test(&server, &viewer, &site.0, id).await?))
}
