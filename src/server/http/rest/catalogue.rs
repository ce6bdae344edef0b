//! `/api/llm/catalogue/`, `/api/llm/configs/{id}/models/{name}/` and `/api/llm/defaults/`: what administrators say of models.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, merged, problems};
use crate::model::Page;
use crate::model::catalogue::{Access, CatalogueEntry, ModelForm, ModelSettings};
use crate::model::provider::{Abilities, Price};
use crate::model::setup::Setup;
use crate::model::voice::Task;
use crate::server::Server;
use crate::server::service::catalogue;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, update, delete)).routes(routes!(defaults, set_defaults))
}

problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(SettingProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Words that the name or the title holds, all of them.
    #[param(example = "gpt mini")]
    search: Option<String>,
}

/// All models
///
/// Of the enabled providers, whether or not anybody may use them, with what is known of each and what was said of it.
#[utoipa::path(get, path = "/api/llm/catalogue/", tag = "llm", operation_id = "catalogue", params(Wanted),
    security(("bearer" = ["admin"])), responses((status = 200, description = "The models.", body = Page<CatalogueEntry>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Query(wanted): Query<Wanted>) -> Result<Json<Page<CatalogueEntry>>, Problem> {
    Ok(Json(Page { items: catalogue::list(&server, &viewer, wanted.search.as_deref()).await?, next: None }))
}

/// One of a provider's models
///
/// The name is the one at the provider; a slash in it is written `%2F`.
#[utoipa::path(get, path = "/api/llm/configs/{id}/models/{name}/", tag = "llm", operation_id = "catalogue_entry",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The provider"), ("name" = String, Path, description = "The model")),
    responses((status = 200, description = "What is known and what was said of it.", body = CatalogueEntry), OneProblems))]
async fn get(
    State(server): State<Server>,
    viewer: Viewer,
    Path((id, name)): Path<(Uuid, String)>,
) -> Result<Json<CatalogueEntry>, Problem> {
    Ok(Json(catalogue::find(&server, &viewer, id, &name).await?))
}

/// Changes of what is said of a model; what is absent stays as it is, null takes it back.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the shape of the body, for the API's document; the body is merged into what there is")]
struct ModelChange {
    /// Whether it is offered.
    enabled: Option<bool>,
    /// At most 80 characters.
    title: Option<String>,
    /// At most 8 characters.
    icon: Option<String>,
    #[schema(maximum = 9_999)]
    position: Option<u32>,
    access: Option<Access>,
    /// With `people`: e-mail addresses of accounts.
    people: Option<Vec<String>>,
    #[schema(minimum = 1, maximum = 100_000_000)]
    context: Option<u32>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    output: Option<u32>,
    price: Option<Price>,
    abilities: Option<Abilities>,
    task: Option<Task>,
    setup: Option<Setup>,
}

/// Say something of a model
///
/// Who may use it, what it costs, how large its window is, what it is told first. What is absent stays as it is.
#[utoipa::path(patch, path = "/api/llm/configs/{id}/models/{name}/", tag = "llm", operation_id = "change_model", request_body = ModelChange,
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The provider"), ("name" = String, Path, description = "The model")),
    responses((status = 200, description = "As changed.", body = CatalogueEntry), WriteProblems))]
async fn update(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path((id, name)): Path<(Uuid, String)>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<CatalogueEntry>, Problem> {
    let now = catalogue::find(&server, &viewer, id, &name).await?.own.unwrap_or_default();
    let form: ModelForm = merged(&now, change)?;
    Ok(Json(catalogue::save(&server, &viewer, &origin, (id, &name), form).await?))
}

/// Forget what was said of a model
///
/// It is as its provider lists it, for everyone.
#[utoipa::path(delete, path = "/api/llm/configs/{id}/models/{name}/", tag = "llm", operation_id = "forget_model",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The provider"), ("name" = String, Path, description = "The model")),
    responses((status = 204, description = "Forgotten."), OneProblems))]
async fn delete(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path((id, name)): Path<(Uuid, String)>,
) -> Result<StatusCode, Problem> {
    catalogue::forget(&server, &viewer, &origin, (id, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Default models
#[utoipa::path(get, path = "/api/llm/defaults/", tag = "llm", operation_id = "default_models", security(("bearer" = ["admin"])),
    responses((status = 200, description = "Null: the server's choice.", body = ModelSettings), ListProblems))]
async fn defaults(State(server): State<Server>, viewer: Viewer) -> Result<Json<ModelSettings>, Problem> {
    Ok(Json(catalogue::defaults(&server, &viewer)?))
}

/// Set the default models
///
/// All of them: one that is absent is the server's choice.
#[utoipa::path(put, path = "/api/llm/defaults/", tag = "llm", operation_id = "set_default_models", request_body = ModelSettings,
    security(("bearer" = ["admin"])), responses((status = 200, description = "As set.", body = ModelSettings), SettingProblems))]
async fn set_defaults(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(group): Json<ModelSettings>,
) -> Result<Json<ModelSettings>, Problem> {
    Ok(Json(catalogue::set_defaults(&server, &viewer, &origin, group).await?))
}
