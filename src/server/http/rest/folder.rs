//! `/api/llm/folders/`: folders of conversations.

use axum::extract::State;
use http::StatusCode;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, merged, problems};
use crate::model::Page;
use crate::model::folder::{Folder, FolderForm};
use crate::server::Server;
use crate::server::service::folder;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

problems!(ListProblems: Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Folders
///
/// As a tree that is read from the top: each is followed by those in it.
#[utoipa::path(get, path = "/api/llm/folders/", tag = "llm", operation_id = "folders", security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = Page<Folder>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Folder>>, Problem> {
    Ok(Json(Page { items: folder::list(&server, &viewer).await?, next: None }))
}

/// Make a folder
///
/// At most 8 stand in one another.
#[utoipa::path(post, path = "/api/llm/folders/", tag = "llm", operation_id = "make_folder", request_body = FolderForm, security(("bearer" = [])),
    responses((status = 201, description = "Made.", body = Folder), WriteProblems))]
async fn create(
    State(server): State<Server>,
    viewer: Viewer,
    Json(new): Json<Map<String, Value>>,
) -> Result<(StatusCode, Json<Folder>), Problem> {
    let form = merged(&FolderForm::default(), new)?;
    Ok((StatusCode::CREATED, Json(folder::save(&server, &viewer, None, form).await?)))
}

/// One folder
#[utoipa::path(get, path = "/api/llm/folders/{id}/", tag = "llm", operation_id = "folder", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The folder")), responses((status = 200, description = "The folder.", body = Folder), OneProblems))]
async fn get(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Folder>, Problem> {
    Ok(Json(folder::find(&server, &viewer, id).await?))
}

/// Changes of a folder; what is absent stays as it is, null takes it away.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the shape of the body, for the API's document; the body is merged into what there is")]
struct FolderChange {
    /// At most 80 characters.
    #[schema(example = "Kitchen garden")]
    name: Option<String>,
    /// The folder that it stands in.
    parent_id: Option<Uuid>,
    /// `provider/model` that new conversations in it begin with.
    model: Option<String>,
    /// What the models of new conversations in it are told, at most 20,000 characters.
    system_prompt: Option<String>,
}

/// Change a folder
///
/// What is absent stays as it is. Conversations that are there already stay as they are.
#[utoipa::path(patch, path = "/api/llm/folders/{id}/", tag = "llm", operation_id = "change_folder", request_body = FolderChange,
    params(("id" = Uuid, Path, description = "The folder")), security(("bearer" = [])),
    responses((status = 200, description = "As changed.", body = Folder), WriteProblems))]
async fn update(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Folder>, Problem> {
    let now = folder::find(&server, &viewer, id).await?;
    let form = merged(&now.form, change)?;
    Ok(Json(folder::save(&server, &viewer, Some(id), form).await?))
}

/// Remove a folder
///
/// Conversations and folders in it move to where it was.
#[utoipa::path(delete, path = "/api/llm/folders/{id}/", tag = "llm", operation_id = "remove_folder", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The folder")), responses((status = 204, description = "Removed."), OneProblems))]
async fn delete(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    folder::delete(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
