//! `/api/llm/sessions/{id}/tree/`: a conversation's branches.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, problems};
use crate::model::tree::{Tree, TreeQuery};
use crate::server::Server;
use crate::server::service::tree;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(session_tree))
}

problems!(TreeProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);

/// Which part of the tree.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TreePart {
    /// The line begins with this message; absent: at the beginning of the branch that is shown.
    from: Option<Uuid>,
    /// With `from`: the younger versions of that message stand beside it.
    #[serde(default)]
    beside: bool,
    /// The line ends above this message: `earlier` of the part below.
    before: Option<Uuid>,
    /// The `id` of a `fold` that is to be shown.
    open: Option<Uuid>,
}

/// A conversation's branches
///
/// As a tree that is read from the top: one line, by default the branch that is shown, with the lines that begin in other versions of its messages
/// after those, one deeper. Runs without a fork are folded, and a part has a few hundred items at most: what is left out is an item that says how
/// much it is and with which parameters it is had.
#[utoipa::path(get, operation_id = "session_tree", path = "/api/llm/sessions/{id}/tree/", tag = "llm", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation"), TreePart),
    responses((status = 200, description = "A part of the tree", body = Tree), TreeProblems))]
async fn session_tree(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(part): Query<TreePart>,
) -> Result<Json<Tree>, Problem> {
    let TreePart { from, beside, before, open } = part;
    Ok(Json(tree::tree(&server, &viewer, id, &TreeQuery { from, beside, before, open }).await?))
}
