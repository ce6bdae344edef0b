//! `/api/llm/sessions/{id}/`: one conversation, and what its models are told and set to.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, merged, problems};
use crate::model::chat::ChatSetup;
use crate::model::context::Strategy;
use crate::model::setup::Setup;
use crate::model::shelf::Order;
use crate::server::Server;
use crate::server::service::viewer::Viewer;
use crate::server::service::{chat, shelf};

/// The routes, with their documentation.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(session, change_session, delete_session)).routes(routes!(read_session))
}

problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// One conversation
///
/// With what its models are told and set to.
#[utoipa::path(get, operation_id = "session", path = "/api/llm/sessions/{id}/", tag = "llm", params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses((status = 200, description = "The conversation", body = ChatSetup), OneProblems))]
async fn session(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<ChatSetup>, Problem> {
    Ok(Json(chat::setup(&server, &viewer, id).await?))
}

/// Changes of a conversation; what is absent stays as it is, what is null becomes the model's own.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SessionChange {
    #[schema(example = "Tides")]
    pub title: Option<String>,
    #[serde(flatten)]
    pub setup: Setup,
    /// How it makes room when it no longer fits into the model's context window.
    pub context: Strategy,
    /// It stands above the others.
    pub pinned: bool,
    /// It is put away.
    pub archived: bool,
    /// The folder that it is in; null: none.
    pub folder_id: Option<Uuid>,
    /// At most 20, each of at most 40 characters.
    #[schema(max_items = 20)]
    pub tags: Vec<String>,
}

/// Change a conversation
///
/// Its title, system prompt, parameters, how it makes room, and where it stands in the list. They hold from the next answer on. Parameters that a model does not take (`ignores` in
/// `GET /api/llm/models/`) are not sent to it.
#[utoipa::path(patch, operation_id = "change_session", path = "/api/llm/sessions/{id}/", tag = "llm", request_body = SessionChange,
    params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses((status = 200, description = "As changed", body = ChatSetup), WriteProblems))]
async fn change_session(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<ChatSetup>, Problem> {
    let now = chat::setup(&server, &viewer, id).await?;
    let old = Order::of(&now.chat);
    let Order { pinned, archived, folder_id, tags, .. } = old.clone();
    let current = SessionChange { title: None, setup: now.setup, context: now.context, pinned, archived, folder_id, tags };
    let SessionChange { title, setup, context, pinned, archived, folder_id, tags } = merged(&current, change)?;
    let order = Order { title: old.title.clone(), pinned, archived, folder_id, tags };
    // What is refused here has changed nothing.
    if order != old {
        shelf::order(&server, &viewer, id, order).await?;
    }
    chat::set_up(&server, &viewer, id, title, setup).await?;
    if context != now.context {
        chat::make_room(&server, &viewer, id, context).await?;
    }
    Ok(Json(chat::setup(&server, &viewer, id).await?))
}

/// Note that I have read a conversation
///
/// Up to now: it is not `unread` any more, on any device.
#[utoipa::path(put, operation_id = "read_session", path = "/api/llm/sessions/{id}/read/", tag = "llm", params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses((status = 204, description = "Noted"), OneProblems))]
async fn read_session(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    chat::read(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a conversation
///
/// With its messages. What is being written in it is stopped.
#[utoipa::path(delete, operation_id = "delete_session", path = "/api/llm/sessions/{id}/", tag = "llm", params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses(
        (status = 204, description = "Deleted"), OneProblems))]
async fn delete_session(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    chat::delete(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
