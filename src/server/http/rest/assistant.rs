//! `/api/llm/assistants/`: assistants that people keep, and those that administrators share.

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, merged, problems, written};
use crate::model::Page;
use crate::model::assistant::{Assistant, AssistantForm};
use crate::model::setup::Setup;

use crate::server::Server;
use crate::server::service::assistant;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

problems!(ListProblems: Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Assistants
///
/// Mine, and those that are shared.
#[utoipa::path(get, path = "/api/llm/assistants/", tag = "llm", operation_id = "assistants", security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = Page<Assistant>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Assistant>>, Problem> {
    Ok(Json(Page { items: assistant::list(&server, &viewer).await?, next: None }))
}

/// Keep an assistant
///
/// Only administrators share.
#[utoipa::path(post, path = "/api/llm/assistants/", tag = "llm", operation_id = "keep_assistant", request_body = AssistantForm, security(("bearer" = [])),
    responses((status = 201, description = "Kept.", body = Assistant), WriteProblems))]
async fn create(
    State(server): State<Server>,
    viewer: Viewer,
    Json(new): Json<Map<String, Value>>,
) -> Result<(StatusCode, Json<Assistant>), Problem> {
    let form = written(new)?;
    Ok((StatusCode::CREATED, Json(assistant::save(&server, &viewer, None, form).await?)))
}

/// One assistant
#[utoipa::path(get, path = "/api/llm/assistants/{id}/", tag = "llm", operation_id = "assistant", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The assistant")), responses((status = 200, description = "The assistant.", body = Assistant), OneProblems))]
async fn get(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Assistant>, Problem> {
    Ok(Json(assistant::find(&server, &viewer, id).await?))
}

/// Changes of an assistant; what is absent stays as it is.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "the shape of the body, for the API's document; the body is merged into what there is")]
struct AssistantChange {
    /// At most 60 characters.
    name: Option<String>,
    /// An emoji or a letter.
    icon: Option<String>,
    /// `provider/model`.
    model: Option<String>,
    /// At most 1,000 characters.
    greeting: Option<String>,
    /// At most 4, each of at most 200 characters.
    #[schema(max_items = 4)]
    starters: Option<Vec<String>>,
    /// Administrators only.
    shared: Option<bool>,
    #[serde(flatten)]
    setup: Setup,
}

/// Change an assistant
///
/// What is absent stays as it is. A shared one is changed by administrators.
#[utoipa::path(patch, path = "/api/llm/assistants/{id}/", tag = "llm", operation_id = "change_assistant", request_body = AssistantChange,
    params(("id" = Uuid, Path, description = "The assistant")), security(("bearer" = [])),
    responses((status = 200, description = "As changed.", body = Assistant), WriteProblems))]
async fn update(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Assistant>, Problem> {
    let now = assistant::find(&server, &viewer, id).await?;
    let form = merged(&now.into_form(), change)?;
    Ok(Json(assistant::save(&server, &viewer, Some(id), form).await?))
}

/// Forget an assistant
#[utoipa::path(delete, path = "/api/llm/assistants/{id}/", tag = "llm", operation_id = "forget_assistant", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The assistant")), responses((status = 204, description = "Forgotten."), OneProblems))]
async fn delete(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    assistant::delete(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
