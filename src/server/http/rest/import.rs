//! `/api/llm/imports/`: conversations from elsewhere. A file is sent, looked through, confirmed, and taken.

use axum::extract::{DefaultBodyLimit, Request, State};
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, page_size, problems};
use crate::model::Page;
use crate::model::import::Import;
use crate::server::Server;
use crate::server::http::import::receive;
use crate::server::http::middleware::IMPORT_BODY_MAX;
use crate::server::service::import;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    let sending = OpenApiRouter::new().routes(routes!(list, send)).layer(DefaultBodyLimit::max(IMPORT_BODY_MAX));
    sending.routes(routes!(get, discard)).routes(routes!(confirm))
}

problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(SendProblems: Malformed, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(ConfirmProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportsQuery {
    /// The `next` of the page before.
    before: Option<Uuid>,
    /// Items of a page; 20 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Imports
///
/// The newest first. They are remembered for 90 days; what they brought stays.
#[utoipa::path(get, path = "/api/llm/imports/", tag = "llm", operation_id = "imports", params(ImportsQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of imports.", body = Page<Import>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Query(query): Query<ImportsQuery>) -> Result<Json<Page<Import>>, Problem> {
    Ok(Json(import::list(&server, &viewer, query.before, query.limit).await?))
}

/// A form with the file of an export.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is documented and read field by field")]
struct ImportForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Send a file with conversations
///
/// The ZIP file of an export of ChatGPT, Claude or Liao, or a JSON file of these, of Open WebUI or of LibreChat, as the form's field
/// `file` or as the body itself; at most 2 GiB. Nothing is taken yet: when `state` is `ready`, `found` says what is in it.
#[utoipa::path(post, path = "/api/llm/imports/", tag = "llm", operation_id = "send_import", security(("bearer" = [])),
    request_body(content((ImportForm = "multipart/form-data"))),
    responses((status = 202, description = "It is being read.", body = Import), SendProblems))]
async fn send(State(server): State<Server>, viewer: Viewer, request: Request) -> Result<(StatusCode, Json<Import>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(receive(&server, &viewer, request).await?)))
}

/// One import
///
/// How far it is, what was found, and what was taken.
#[utoipa::path(get, path = "/api/llm/imports/{id}/", tag = "llm", operation_id = "import", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The import")), responses((status = 200, description = "The import.", body = Import), OneProblems))]
async fn get(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Import>, Problem> {
    Ok(Json(import::find(&server, &viewer, id).await?))
}

/// Take what was found
///
/// Conversations that came by an earlier import, or never left, are not taken again.
#[utoipa::path(post, path = "/api/llm/imports/{id}/confirm/", tag = "llm", operation_id = "confirm_import", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The import")),
    responses((status = 202, description = "They are being taken.", body = Import), ConfirmProblems))]
async fn confirm(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<Import>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(import::confirm(&server, &viewer, &origin, id).await?)))
}

/// Forget an import
///
/// And its file; what is being done ends. Conversations that it brought stay.
#[utoipa::path(delete, path = "/api/llm/imports/{id}/", tag = "llm", operation_id = "discard_import", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The import")), responses((status = 204, description = "Forgotten."), OneProblems))]
async fn discard(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    import::discard(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
