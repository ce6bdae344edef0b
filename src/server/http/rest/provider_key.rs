//! `/api/llm/configs/{id}/keys/…` and `/api/llm/fallbacks/…`: what providers are asked with, and what is asked in their place.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::Page;
use crate::model::provider::{Fallback, KeyForm, ProviderKey};
use crate::server::Server;
use crate::server::service::provider;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(keys, add_key))
        .routes(routes!(change_key, delete_key))
        .routes(routes!(fallbacks, set_fallback))
        .routes(routes!(remove_fallback))
}

problems!(ListProblems: Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(SetProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Keys of a provider
#[utoipa::path(get, path = "/api/llm/configs/{id}/keys/", tag = "llm", operation_id = "provider_keys", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The provider")),
    responses((status = 200, description = "Their names and how they stand; never the keys.", body = Page<ProviderKey>), OneProblems))]
async fn keys(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Page<ProviderKey>>, Problem> {
    Ok(Json(Page { items: provider::get(&server, &viewer, id).await?.keys, next: None }))
}

/// A key to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    #[schema(example = "team A", max_length = 60)]
    pub label: String,
    /// Stored encrypted and never shown again.
    #[schema(example = "sk-live-example", max_length = 1000)]
    pub api_key: String,
}

/// Add a key
///
/// The keys of a provider take turns.
#[utoipa::path(post, path = "/api/llm/configs/{id}/keys/", tag = "llm", operation_id = "add_provider_key", request_body = NewKey,
    params(("id" = Uuid, Path, description = "The provider")), security(("bearer" = ["admin"])),
    responses((status = 201, description = "Added.", body = ProviderKey), WriteProblems))]
async fn add_key(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(NewKey { label, api_key }): Json<NewKey>,
) -> Result<(StatusCode, Json<ProviderKey>), Problem> {
    let form = KeyForm { label, api_key: Some(api_key) };
    Ok((StatusCode::CREATED, Json(provider::add_key(&server, &viewer, &origin, id, form).await?)))
}

/// Changes of a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    #[schema(example = "team B", max_length = 60)]
    pub label: String,
    /// Absent: as it is. Stored encrypted and never shown again.
    pub api_key: Option<String>,
}

/// Change a key
#[utoipa::path(patch, path = "/api/llm/configs/{id}/keys/{key_id}/", tag = "llm", operation_id = "change_provider_key",
    request_body = KeyChange, security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The provider"), ("key_id" = Uuid, Path, description = "The key")),
    responses((status = 200, description = "As changed.", body = ProviderKey), WriteProblems))]
async fn change_key(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(of): Path<(Uuid, Uuid)>,
    Json(KeyChange { label, api_key }): Json<KeyChange>,
) -> Result<Json<ProviderKey>, Problem> {
    Ok(Json(provider::change_key(&server, &viewer, &origin, of, KeyForm { label, api_key }).await?))
}

/// Remove a key
#[utoipa::path(delete, path = "/api/llm/configs/{id}/keys/{key_id}/", tag = "llm", operation_id = "remove_provider_key",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The provider"), ("key_id" = Uuid, Path, description = "The key")),
    responses((status = 204, description = "Removed."), OneProblems))]
async fn delete_key(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(of): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    provider::delete_key(&server, &viewer, &origin, of).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is asked instead
#[utoipa::path(get, path = "/api/llm/fallbacks/", tag = "llm", operation_id = "fallbacks", security(("bearer" = ["admin"])),
    responses((status = 200, description = "Every line.", body = Page<Fallback>), ListProblems))]
async fn fallbacks(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Fallback>>, Problem> {
    Ok(Json(Page { items: provider::fallbacks(&server, &viewer).await?, next: None }))
}

/// A line to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFallback {
    /// `provider/model`, or `provider/*` for all of its models that have no line of their own.
    #[schema(example = "openai/*")]
    pub model: String,
    /// `provider/model`
    #[schema(example = "deepseek/deepseek-chat")]
    pub next: String,
}

/// Ask another model instead
///
/// When `model` cannot answer before its first word, `next` is asked, and so on along the lines; the answer says which model it is
/// from. Replaces the line of the same model. A circle is refused.
#[utoipa::path(post, path = "/api/llm/fallbacks/", tag = "llm", operation_id = "set_fallback", request_body = NewFallback,
    security(("bearer" = ["admin"])), responses((status = 200, description = "As stored.", body = Fallback), SetProblems))]
async fn set_fallback(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(NewFallback { model, next }): Json<NewFallback>,
) -> Result<Json<Fallback>, Problem> {
    Ok(Json(provider::set_fallback(&server, &viewer, &origin, &model, &next).await?))
}

/// Remove a line
#[utoipa::path(delete, path = "/api/llm/fallbacks/{id}/", tag = "llm", operation_id = "remove_fallback", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The line")), responses((status = 204, description = "Removed."), OneProblems))]
async fn remove_fallback(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    provider::remove_fallback(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
