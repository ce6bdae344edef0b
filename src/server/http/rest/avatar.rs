//! `/api/users/me/avatar/`: the picture of who asks.

use axum::extract::{DefaultBodyLimit, Request, State};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems};
use super::user::Me;
use crate::server::Server;
use crate::server::http::middleware::UPLOAD_MAX;
use crate::server::http::upload;
use crate::server::service::avatar;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(set, remove)).layer(DefaultBodyLimit::max(UPLOAD_MAX))
}

problems!(SetProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Unavailable, Internal);
problems!(RemoveProblems: Unauthenticated, Forbidden, Internal);

/// A picture's file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "it is documented and read by its content")]
struct Picture(Vec<u8>);

/// A form with a picture.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is documented and read field by field")]
struct PictureForm {
    #[schema(value_type = String, format = Binary)]
    avatar: Vec<u8>,
}

/// Set my picture
///
/// The body is a PNG, JPEG, WebP or GIF file that stands still, of at most 5 MiB and 8192 pixels a side; or a form with the field
/// `avatar`. Its middle is kept as three WebP squares without any metadata.
#[utoipa::path(put, path = "/api/users/me/avatar/", tag = "users", operation_id = "set_avatar", security(("bearer" = [])),
    request_body(content((Picture = "image/png"), (Picture = "image/jpeg"), (Picture = "image/webp"), (Picture = "image/gif"),
        (PictureForm = "multipart/form-data"))),
    responses((status = 200, description = "The user with the new picture's addresses.", body = Me), SetProblems))]
async fn set(State(server): State<Server>, viewer: Viewer, origin: Origin, request: Request) -> Result<Json<Me>, Problem> {
    let file = upload::file(request, "avatar", avatar::too_large).await?;
    Ok(Json(avatar::set(&server, &viewer, &origin, file).await?.into()))
}

/// Remove my picture
///
/// The initials come back.
#[utoipa::path(delete, path = "/api/users/me/avatar/", tag = "users", operation_id = "remove_avatar", security(("bearer" = [])),
    responses((status = 200, description = "The user without a picture.", body = Me), RemoveProblems))]
async fn remove(State(server): State<Server>, viewer: Viewer, origin: Origin) -> Result<Json<Me>, Problem> {
    Ok(Json(avatar::remove(&server, &viewer, &origin).await?.into()))
}
