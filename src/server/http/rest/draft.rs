//! `/api/llm/sessions/{id}/draft/`: what somebody is writing, for their other devices.

use axum::extract::{DefaultBodyLimit, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::llm::QUESTION_MAX;
use super::problem::{Json, Path, Problem, problems};
use crate::model::queue::{Draft, NewDraft};
use crate::server::Server;
use crate::server::service::draft;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(read, write)).layer(DefaultBodyLimit::max(QUESTION_MAX))
}

problems!(ReadProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// What I am writing
#[utoipa::path(get, path = "/api/llm/sessions/{id}/draft/", tag = "llm", operation_id = "draft", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation")),
    responses((status = 200, description = "As kept last; empty: nothing.", body = Draft), ReadProblems))]
async fn read(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Draft>, Problem> {
    Ok(Json(draft::find(&server, &viewer, id).await?))
}

/// Keep what I am writing
///
/// In place of what was kept before; an empty text where it was sent or thrown away.
#[utoipa::path(put, path = "/api/llm/sessions/{id}/draft/", tag = "llm", operation_id = "set_draft", request_body = NewDraft,
    params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses((status = 200, description = "As kept.", body = Draft), WriteProblems))]
async fn write(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(new): Json<NewDraft>,
) -> Result<Json<Draft>, Problem> {
    Ok(Json(draft::set(&server, &viewer, id, new).await?))
}
