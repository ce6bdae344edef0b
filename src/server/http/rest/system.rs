//! `/api/admin/system/`: the server about itself.

use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::system::System;
use crate::server::Server;
use crate::server::service::system;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(look)).routes(routes!(stop))
}

problems!(LookProblems: Unauthenticated, Forbidden, Internal);
problems!(StopProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);

/// The system
///
/// Version, sizes, migrations, how providers stand, the nodes, answers that are being written, background jobs and mails.
#[utoipa::path(get, path = "/api/admin/system/", tag = "admin", operation_id = "system", security(("bearer" = ["admin"])),
    responses((status = 200, description = "How the server stands.", body = System), LookProblems))]
async fn look(State(server): State<Server>, viewer: Viewer) -> Result<Json<System>, Problem> {
    Ok(Json(system::look(&server, &viewer).await?))
}

/// Stop somebody's answer
///
/// What was read of it stays. It is noted in the security log, where its owner sees it.
#[utoipa::path(post, path = "/api/admin/system/generations/{id}/stop/", tag = "admin", operation_id = "stop_anybodys_generation",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The generation.")),
    responses((status = 204, description = "It ends."), StopProblems))]
async fn stop(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    system::stop(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
