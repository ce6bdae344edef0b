//! `/api/llm/models/` for everybody, `/api/llm/configs/…` (providers) for administrators.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::Page;
use crate::model::job::JobEntry;
use crate::model::provider::{Api, Kind, Limits, Model, Provider, ProviderForm, ProviderTest};
use crate::server::Server;
use crate::server::service::provider::{self, Place};
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(models))
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(test))
        .routes(routes!(discover))
        .routes(routes!(again))
        .routes(routes!(pull))
}

problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(ListProblems: Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);
problems!(DiscoverProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal, Upstream);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Models that I may use
///
/// The default first.
#[utoipa::path(get, path = "/api/llm/models/", tag = "llm", operation_id = "models", security(("bearer" = [])),
    responses((status = 200, description = "The models.", body = Page<Model>), ReadProblems))]
async fn models(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Model>>, Problem> {
    Ok(Json(Page { items: provider::models(&server, &viewer).await?, next: None }))
}

/// Providers
#[utoipa::path(get, path = "/api/llm/configs/", tag = "llm", operation_id = "providers", security(("bearer" = ["admin"])),
    responses((status = 200, description = "Every provider, without its key.", body = Page<Provider>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Provider>>, Problem> {
    Ok(Json(Page { items: provider::list(&server, &viewer).await?, next: None }))
}

/// A provider to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProvider {
    /// The part before the slash in `provider/model`.
    #[schema(example = "deepseek")]
    pub slug: String,
    pub kind: Kind,
    #[schema(example = "https://api.deepseek.com/v1")]
    pub base_url: Option<String>,
    /// Stored encrypted and never shown again.
    pub api_key: Option<String>,
    /// True if absent.
    pub enabled: Option<bool>,
    /// The address is in a private network, and that is meant; false if absent.
    #[serde(default)]
    pub private: bool,
    /// Of a provider of OpenAI's shape: which of the two APIs it is asked through; `chat` if absent.
    #[serde(default)]
    pub api: Api,
    #[serde(default)]
    pub limits: Limits,
    /// Its place among the providers, 1 the first; the last if absent.
    #[schema(minimum = 1)]
    pub position: Option<u32>,
}

/// Add a provider
#[utoipa::path(post, path = "/api/llm/configs/", tag = "llm", operation_id = "add_provider", request_body = NewProvider,
    security(("bearer" = ["admin"])), responses((status = 201, description = "Added.", body = Provider), WriteProblems))]
async fn create(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(new): Json<NewProvider>,
) -> Result<(StatusCode, Json<Provider>), Problem> {
    let NewProvider { slug, kind, base_url, api_key, enabled, private, api, limits, position } = new;
    let form = ProviderForm { slug, kind, base_url, api_key, enabled: enabled.unwrap_or(true), private, api, limits };
    provider::check_position(position)?;
    let mut added = provider::save(&server, &viewer, &origin, None, form).await?;
    if let Some(position) = position {
        added = provider::arrange(&server, &viewer, &origin, added.id, Place::At(position)).await?;
    }
    Ok((StatusCode::CREATED, Json(added)))
}

/// One provider
#[utoipa::path(get, path = "/api/llm/configs/{id}/", tag = "llm", operation_id = "provider", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The provider")),
    responses((status = 200, description = "The provider, without its key.", body = Provider), OneProblems))]
async fn get(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Provider>, Problem> {
    Ok(Json(provider::get(&server, &viewer, id).await?))
}

/// Changes of a provider; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderChange {
    pub slug: Option<String>,
    pub base_url: Option<String>,
    /// The first key; stored encrypted and never shown again.
    pub api_key: Option<String>,
    pub enabled: Option<bool>,
    pub private: Option<bool>,
    pub api: Option<Api>,
    /// All of them: a limit that is absent here is the configuration's.
    pub limits: Option<Limits>,
    /// Its place among the providers, 1 the first; the others make room.
    #[schema(minimum = 1)]
    pub position: Option<u32>,
}

/// Change a provider
///
/// One that the server brings itself can only be switched on and off, and be limited.
#[utoipa::path(patch, path = "/api/llm/configs/{id}/", tag = "llm", operation_id = "change_provider", request_body = ProviderChange,
    params(("id" = Uuid, Path, description = "The provider")), security(("bearer" = ["admin"])),
    responses((status = 200, description = "As changed.", body = Provider), WriteProblems))]
async fn update(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(change): Json<ProviderChange>,
) -> Result<Json<Provider>, Problem> {
    let now = provider::get(&server, &viewer, id).await?;
    let ProviderChange { slug, base_url, api_key, enabled, private, api, limits, position } = change;
    provider::check_position(position)?;
    if let Some(position) = position {
        provider::arrange(&server, &viewer, &origin, id, Place::At(position)).await?;
    }
    match (&slug, &base_url, &api_key, private, api, &limits, enabled) {
        (None, None, None, None, None, None, Some(enabled)) => {
            return Ok(Json(provider::enable(&server, &viewer, &origin, id, enabled).await?));
        }
        (None, None, None, None, None, None, None) if position.is_some() => return Ok(Json(provider::get(&server, &viewer, id).await?)),
        _ => {}
    }
    let form = ProviderForm {
        slug: slug.unwrap_or(now.slug),
        kind: now.kind,
        base_url: base_url.or(now.base_url),
        api_key,
        enabled: enabled.unwrap_or(now.enabled),
        private: private.unwrap_or(now.private),
        api: api.unwrap_or(now.api),
        limits: limits.unwrap_or(now.limits),
    };
    Ok(Json(provider::save(&server, &viewer, &origin, Some(id), form).await?))
}

/// Remove a provider
#[utoipa::path(delete, path = "/api/llm/configs/{id}/", tag = "llm", operation_id = "remove_provider", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The provider")), responses((status = 204, description = "Removed."), OneProblems))]
async fn delete(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    provider::delete(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test the connection
///
/// Asks for the models and, with each key, for a short answer: the real answer or the real error. What works again is used again.
#[utoipa::path(post, path = "/api/llm/configs/{id}/test/", tag = "llm", operation_id = "test_provider", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The provider")),
    responses((status = 200, description = "What came of it.", body = ProviderTest), OneProblems))]
async fn test(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<ProviderTest>, Problem> {
    Ok(Json(provider::test(&server, &viewer, id).await?))
}

/// Discover models
///
/// The names that the provider lists now.
#[utoipa::path(get, path = "/api/llm/configs/{id}/models/", tag = "llm", operation_id = "discover_models",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The provider")),
    responses((status = 200, description = "Their names.", body = Page<String>, example = json!({"items": ["deepseek-chat"], "next": null})), DiscoverProblems))]
async fn discover(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Page<String>>, Problem> {
    Ok(Json(Page { items: provider::discover(&server, &viewer, id).await?, next: None }))
}

/// A model to be fetched.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    /// Its name at the provider, at most 200 characters without spaces.
    #[schema(example = "qwen3:0.6b")]
    pub model: String,
}

/// Fetch a model
///
/// Has Ollama fetch it to where it runs, one at a time. The answer is the job, which `GET /api/admin/jobs/` tells the progress of and
/// `POST /api/admin/jobs/{id}/cancel/` ends. Of a provider that fetches no models it is a 409.
#[utoipa::path(post, path = "/api/llm/configs/{id}/pull/", tag = "llm", operation_id = "pull_model", request_body = Pull,
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The provider")),
    responses((status = 202, description = "It is being fetched.", body = JobEntry), WriteProblems))]
async fn pull(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(body): Json<Pull>,
) -> Result<(StatusCode, Json<JobEntry>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(provider::pull(&server, &viewer, &origin, id, &body.model).await?)))
}

/// Use it again
///
/// Keys that were set aside, and the provider where it failed too often, are asked again at once.
#[utoipa::path(post, path = "/api/llm/configs/{id}/again/", tag = "llm", operation_id = "use_provider_again",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The provider")),
    responses((status = 200, description = "As it stands.", body = Provider), OneProblems))]
async fn again(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<Json<Provider>, Problem> {
    Ok(Json(provider::again(&server, &viewer, &origin, id).await?))
}
