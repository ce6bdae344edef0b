//! `/api/admin/traces/`: how answers came about.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::trace::TracedRun;
use crate::server::Server;
use crate::server::service::trace;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(find))
}

problems!(FindProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);

/// How an answer came about
///
/// Its stages in microseconds after its beginning, what was asked of providers in numbers, and the head of what they answered: not a word of what
/// was said. Kept for as many days as the server's log. Stages: `k` is the kind, `f` and `t` are from and to.
#[utoipa::path(get, path = "/api/admin/traces/{id}/", tag = "admin", operation_id = "trace", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "Of the generation, of its message, or of a line of the ledger")),
    responses((status = 200, description = "The run and its trace.", body = TracedRun), FindProblems))]
async fn find(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<TracedRun>, Problem> {
    Ok(Json(trace::find(&server, &viewer, id).await?))
}
