//! `/api/auth/sessions/…`: where one is signed in.

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::session::Session;
use crate::server::Server;
use crate::server::service::device::Device;
use crate::server::service::sign_in;
use crate::server::service::viewer::{Limited, Origin};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end)).routes(routes!(end_others))
}

problems!(ReadProblems: Unauthenticated, Internal);
problems!(EndProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(EndOthersProblems: Unauthenticated, Forbidden, Internal);

#[derive(Serialize, ToSchema)]
struct Sessions {
    items: Vec<Session>,
}

#[derive(Serialize, ToSchema)]
struct Ended {
    /// How many there were.
    #[schema(example = 2)]
    ended: u64,
}

/// Where I am signed in
///
/// Browsers and programs; the one that asks first, then the last used.
#[utoipa::path(get, path = "/api/auth/sessions/", tag = "auth", operation_id = "sessions", security(("bearer" = [])),
    responses((status = 200, description = "Every sign-in that holds.", body = Sessions), ReadProblems))]
async fn list(State(server): State<Server>, Limited(viewer): Limited) -> Result<Json<Sessions>, Problem> {
    Ok(Json(Sessions { items: sign_in::list(&server, &viewer).await? }))
}

/// Sign out one of them
#[utoipa::path(delete, path = "/api/auth/sessions/{id}/", tag = "auth", operation_id = "end_session", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "It has ended."), EndProblems))]
async fn end(State(server): State<Server>, Limited(viewer): Limited, origin: Origin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    sign_in::end(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out all others
///
/// The second factor is asked for again everywhere else, too.
#[utoipa::path(post, path = "/api/auth/sessions/revoke-others/", tag = "auth", operation_id = "end_other_sessions", security(("bearer" = [])),
    responses((status = 200, description = "They have ended.", body = Ended), EndOthersProblems))]
async fn end_others(
    State(server): State<Server>,
    Limited(viewer): Limited,
    origin: Origin,
    device: Device,
) -> Result<Json<Ended>, Problem> {
    Ok(Json(Ended { ended: sign_in::end_others(&server, &viewer, &origin, Some(&device)).await? }))
}
