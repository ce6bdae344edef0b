//! `/api/users/me/push/`: my devices that are told of finished answers.

use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::push::{NewPush, PushDevice, PushDevices};
use crate::server::Server;
use crate::server::service::push;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(devices, subscribe)).routes(routes!(remove))
}

problems!(ListProblems: Unauthenticated, Forbidden, Internal);
problems!(NewProblems: Malformed, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);

/// My devices that are told of finished answers
///
/// With the key that a browser asks for when it subscribes to Web Push.
#[utoipa::path(get, path = "/api/users/me/push/", tag = "users", operation_id = "push_devices", security(("bearer" = [])),
    responses((status = 200, description = "The key and the devices, the last one first.", body = PushDevices), ListProblems))]
async fn devices(State(server): State<Server>, viewer: Viewer) -> Result<Json<PushDevices>, Problem> {
    Ok(Json(push::list(&server, &viewer).await?))
}

/// Tell a device of finished answers
///
/// While no page shows them. Messages are encrypted for the device (RFC 8291) and say which conversation, nothing of what is in it. It ends with
/// the sign-in of the browser that asked.
#[utoipa::path(post, path = "/api/users/me/push/", tag = "users", operation_id = "add_push_device", request_body = NewPush, security(("bearer" = [])),
    responses((status = 201, description = "The device.", body = PushDevice), NewProblems))]
async fn subscribe(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(new): Json<NewPush>,
) -> Result<(StatusCode, Json<PushDevice>), Problem> {
    Ok((StatusCode::CREATED, Json(push::subscribe(&server, &viewer, &origin, new).await?)))
}

/// Tell a device no more
#[utoipa::path(delete, path = "/api/users/me/push/{id}/", tag = "users", operation_id = "remove_push_device", params(("id" = Uuid, Path, description = "The device")),
    security(("bearer" = [])), responses((status = 204, description = "Removed"), OneProblems))]
async fn remove(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    push::remove(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
