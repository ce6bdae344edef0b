//! `/api/llm/prompts/`: prompts that people keep, and those that administrators share.

use axum::extract::State;
use http::StatusCode;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, merged, problems, written};
use crate::model::Page;
use crate::model::prompt::{Prompt, PromptForm};
use crate::server::Server;
use crate::server::service::prompt;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

problems!(ListProblems: Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Prompts
///
/// Mine, and those that are shared.
#[utoipa::path(get, path = "/api/llm/prompts/", tag = "llm", operation_id = "prompts", security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = Page<Prompt>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Prompt>>, Problem> {
    Ok(Json(Page { items: prompt::list(&server, &viewer).await?, next: None }))
}

/// Keep a prompt
///
/// Only administrators share.
#[utoipa::path(post, path = "/api/llm/prompts/", tag = "llm", operation_id = "keep_prompt", request_body = PromptForm, security(("bearer" = [])),
    responses((status = 201, description = "Kept.", body = Prompt), WriteProblems))]
async fn create(
    State(server): State<Server>,
    viewer: Viewer,
    Json(new): Json<Map<String, Value>>,
) -> Result<(StatusCode, Json<Prompt>), Problem> {
    let form = written(new)?;
    Ok((StatusCode::CREATED, Json(prompt::save(&server, &viewer, None, form).await?)))
}

/// One prompt
#[utoipa::path(get, path = "/api/llm/prompts/{id}/", tag = "llm", operation_id = "prompt", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The prompt")), responses((status = 200, description = "The prompt.", body = Prompt), OneProblems))]
async fn get(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Prompt>, Problem> {
    Ok(Json(prompt::find(&server, &viewer, id).await?))
}

/// Changes of a prompt; what is absent stays as it is.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the shape of the body, for the API's document; the body is merged into what there is")]
struct PromptChange {
    /// At most 80 characters.
    #[schema(example = "Say it shorter")]
    title: Option<String>,
    /// Letters, digits, `-` and `_`, at most 40.
    command: Option<String>,
    /// At most 20,000 characters.
    body: Option<String>,
    /// Administrators only.
    shared: Option<bool>,
}

/// Change a prompt
///
/// What is absent stays as it is. A shared one is changed by administrators.
#[utoipa::path(patch, path = "/api/llm/prompts/{id}/", tag = "llm", operation_id = "change_prompt", request_body = PromptChange,
    params(("id" = Uuid, Path, description = "The prompt")), security(("bearer" = [])),
    responses((status = 200, description = "As changed.", body = Prompt), WriteProblems))]
async fn update(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Prompt>, Problem> {
    let now = prompt::find(&server, &viewer, id).await?;
    let form = merged(&now.into_form(), change)?;
    Ok(Json(prompt::save(&server, &viewer, Some(id), form).await?))
}

/// Forget a prompt
#[utoipa::path(delete, path = "/api/llm/prompts/{id}/", tag = "llm", operation_id = "forget_prompt", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The prompt")), responses((status = 204, description = "Forgotten."), OneProblems))]
async fn delete(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    prompt::delete(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
