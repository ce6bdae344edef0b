//! `/api/llm/sessions/bulk/`, `…/copy/` and `/api/llm/tags/`: conversations in order, many at a time.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::Page;
use crate::model::chat::Chat;
use crate::model::shelf::{Bulk, Tagged};
use crate::server::Server;
use crate::server::service::shelf;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(many)).routes(routes!(copy)).routes(routes!(tags))
}

problems!(ManyProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(CopyProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Internal);
problems!(TagProblems: Unauthenticated, Forbidden, Internal);

/// How many conversations were changed.
#[derive(Serialize, ToSchema)]
struct Changed {
    /// Those that are not there, or somebody else's, are not counted.
    #[schema(example = 1)]
    changed: u64,
}

/// Change many conversations
///
/// The same for each: pin, archive, move to a folder, tag, delete.
#[utoipa::path(post, operation_id = "change_sessions", path = "/api/llm/sessions/bulk/", tag = "llm", request_body = Bulk, security(("bearer" = [])),
    responses((status = 200, description = "Done", body = Changed), ManyProblems))]
async fn many(State(server): State<Server>, viewer: Viewer, Json(bulk): Json<Bulk>) -> Result<Json<Changed>, Problem> {
    Ok(Json(Changed { changed: shelf::many(&server, &viewer, bulk).await? }))
}

/// What is copied of a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CopyWanted {
    /// The last message of the copy, with the branch above it; absent: everything.
    #[serde(default)]
    message_id: Option<Uuid>,
}

/// Copy a conversation
///
/// With its settings, folder and tags. An answer that is being written is left out. Nothing joins the copy to the first.
#[utoipa::path(post, operation_id = "copy_session", path = "/api/llm/sessions/{id}/copy/", tag = "llm", request_body = CopyWanted,
    params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses((status = 201, description = "The copy", body = Chat), CopyProblems))]
async fn copy(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(wanted): Json<CopyWanted>,
) -> Result<(StatusCode, Json<Chat>), Problem> {
    Ok((StatusCode::CREATED, Json(shelf::copy(&server, &viewer, id, wanted.message_id).await?)))
}

/// Tags
///
/// Those with most conversations first.
#[utoipa::path(get, operation_id = "tags", path = "/api/llm/tags/", tag = "llm", security(("bearer" = [])),
    responses((status = 200, description = "All of them", body = Page<Tagged>), TagProblems))]
async fn tags(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Tagged>>, Problem> {
    Ok(Json(Page { items: shelf::tags(&server, &viewer).await?, next: None }))
}
