//! `/api/llm/sessions/{id}/queue/`: messages that wait for an answer's end.

use axum::extract::{DefaultBodyLimit, State};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::llm::QUESTION_MAX;
use super::problem::{Json, Path, Problem, problems};
use crate::model::queue::{NewQueued, Queue, QueueChange, Queued, QueuedChange};
use crate::server::Server;
use crate::server::service::queue;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list, add, go_on, clear)).routes(routes!(change, remove)).layer(DefaultBodyLimit::max(QUESTION_MAX))
}

problems!(ReadProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal, Upstream, Unavailable);

/// What waits in a conversation
///
/// The first is asked when the answer that is being written is complete, also when nobody looks. After an answer that was stopped or
/// that failed the queue is paused.
#[utoipa::path(get, path = "/api/llm/sessions/{id}/queue/", tag = "llm", operation_id = "queue", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation")),
    responses((status = 200, description = "The queue.", body = Queue), ReadProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Queue>, Problem> {
    Ok(Json(queue::list(&server, &viewer, id).await?))
}

/// Have a message wait
///
/// Behind the others. Where nothing is being written and nothing is paused, it is asked at once.
#[utoipa::path(post, path = "/api/llm/sessions/{id}/queue/", tag = "llm", operation_id = "queue_message", request_body = NewQueued,
    params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses((status = 201, description = "As kept.", body = Queued), WriteProblems))]
async fn add(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(new): Json<NewQueued>,
) -> Result<(StatusCode, Json<Queued>), Problem> {
    Ok((StatusCode::CREATED, Json(queue::add(&server, &viewer, id, new).await?)))
}

/// Pause the queue, or have it go on
#[utoipa::path(patch, path = "/api/llm/sessions/{id}/queue/", tag = "llm", operation_id = "pause_queue", request_body = QueueChange,
    params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses((status = 200, description = "The queue as it is now.", body = Queue), WriteProblems))]
async fn go_on(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(change): Json<QueueChange>,
) -> Result<Json<Queue>, Problem> {
    let queue = match change.paused {
        true => queue::pause(&server, &viewer, id).await?,
        false => queue::go_on(&server, &viewer, id).await?,
    };
    Ok(Json(queue))
}

/// Empty the queue
#[utoipa::path(delete, path = "/api/llm/sessions/{id}/queue/", tag = "llm", operation_id = "clear_queue", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation")),
    responses((status = 204, description = "Nothing waits."), ReadProblems))]
async fn clear(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    queue::clear(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change a message that waits
///
/// Its text or its place; or have it asked now, which stops what is being written.
#[utoipa::path(patch, path = "/api/llm/sessions/{id}/queue/{queued_id}/", tag = "llm", operation_id = "change_queued", request_body = QueuedChange,
    params(("id" = Uuid, Path, description = "The conversation"), ("queued_id" = Uuid, Path, description = "The message")),
    security(("bearer" = [])), responses((status = 200, description = "The queue as it is now.", body = Queue), WriteProblems))]
async fn change(
    State(server): State<Server>,
    viewer: Viewer,
    Path((id, queued_id)): Path<(Uuid, Uuid)>,
    Json(change): Json<QueuedChange>,
) -> Result<Json<Queue>, Problem> {
    Ok(Json(queue::change(&server, &viewer, id, queued_id, change).await?))
}

/// Take a message out of the queue
#[utoipa::path(delete, path = "/api/llm/sessions/{id}/queue/{queued_id}/", tag = "llm", operation_id = "remove_queued", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation"), ("queued_id" = Uuid, Path, description = "The message")),
    responses((status = 204, description = "It does not wait any more."), ReadProblems))]
async fn remove(State(server): State<Server>, viewer: Viewer, Path((id, queued_id)): Path<(Uuid, Uuid)>) -> Result<StatusCode, Problem> {
    queue::remove(&server, &viewer, id, queued_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
