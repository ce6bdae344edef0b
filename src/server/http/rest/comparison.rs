//! `/api/llm/comparisons/`: one question, answered by several models at the same time.

use axum::extract::{DefaultBodyLimit, State};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::llm::QUESTION_MAX;
use super::problem::{Json, Path, Problem, problems};
use crate::model::chat::Chat;
use crate::model::comparison::{Comparison, NewComparison, StartedComparison};
use crate::server::Server;
use crate::server::service::comparison;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(find)).routes(routes!(keep)).layer(DefaultBodyLimit::max(QUESTION_MAX))
}

problems!(StartProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal, Unavailable);
problems!(ReadProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(KeepProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);

/// Ask several models at once
///
/// Stores the message and an empty answer of each model. Every answer is a run of its own: follow each at
/// `/api/llm/generations/{id}/events/`, stop each at `/api/llm/generations/{id}/stop/`. They are versions of one answer; until one is
/// kept, the first is the one that the conversation shows. Nothing else is asked in the conversation while one of them is being written.
#[utoipa::path(post, path = "/api/llm/comparisons/", tag = "llm", operation_id = "compare", request_body = NewComparison,
    security(("bearer" = [])),
    responses((status = 201, description = "What began.", body = StartedComparison), StartProblems))]
async fn start(
    State(server): State<Server>,
    viewer: Viewer,
    Json(new): Json<NewComparison>,
) -> Result<(StatusCode, Json<StartedComparison>), Problem> {
    Ok((StatusCode::CREATED, Json(comparison::start(&server, &viewer, new).await?)))
}

/// A question and its newest answers
///
/// At most 4, oldest first; of one that is being written, what there is so far.
#[utoipa::path(get, path = "/api/llm/comparisons/{id}/", tag = "llm", operation_id = "comparison", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The question, or any of its answers")),
    responses((status = 200, description = "Question and answers.", body = Comparison), ReadProblems))]
async fn find(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Comparison>, Problem> {
    Ok(Json(comparison::find(&server, &viewer, id).await?))
}

/// Go on with one of the answers
///
/// Its branch and its model are the conversation's from now on; what other models still write is stopped. They stay as versions.
#[utoipa::path(post, path = "/api/llm/comparisons/{id}/keep/", tag = "llm", operation_id = "keep_answer", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The answer that is kept")),
    responses((status = 200, description = "The conversation as it is now.", body = Chat), KeepProblems))]
async fn keep(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Chat>, Problem> {
    Ok(Json(comparison::keep(&server, &viewer, id).await?))
}
