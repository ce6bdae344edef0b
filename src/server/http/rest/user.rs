//! `/api/users/…`: people about themselves.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems};
use crate::model::user::{Profile, User};
use crate::server::Server;
use crate::server::service::account;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(me, update_me))
}

problems!(ReadProblems: Unauthenticated, Internal);
problems!(UpdateProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Who am I
#[utoipa::path(get, path = "/api/users/me/", tag = "users", operation_id = "me", security(("bearer" = [])),
    responses((status = 200, description = "The signed-in user.", body = User), ReadProblems))]
async fn me(viewer: Viewer) -> Json<User> {
    Json(viewer.user)
}

/// Change my profile
///
/// Absent fields stay as they are.
#[utoipa::path(patch, path = "/api/users/me/", tag = "users", operation_id = "update_me", security(("bearer" = [])),
    request_body = Profile, responses((status = 200, description = "The user as changed.", body = User), UpdateProblems))]
async fn update_me(State(server): State<Server>, viewer: Viewer, Json(profile): Json<Profile>) -> Result<Json<User>, Problem> {
    Ok(Json(account::update(&server, &viewer, profile).await?))
}
