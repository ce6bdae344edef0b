//! `/api/llm/search/`: all messages of mine.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, Query, page_size, problems};
use crate::model::search::Found;
use crate::server::Server;
use crate::server::service::search;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(find))
}

problems!(SearchProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Words, `"words that stand together"`, and filters: `tag:`, `folder:`, `model:`, `from:me` or `from:model`, `before:` and `after:` (dates, UTC),
    /// `has:file`. A message has to have all of it. At most 400 characters.
    #[param(example = "tides tag:sea from:me", max_length = 400)]
    q: String,
    /// The `next` of the page before.
    after: Option<String>,
    /// Messages of a page; 20 if absent, and at most 50.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Search
///
/// Messages that have all that is looked for, newest first, whatever script they are in, with the words around what was found. Archived
/// conversations are searched, too.
#[utoipa::path(get, operation_id = "search", path = "/api/llm/search/", tag = "llm", params(SearchQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of what was found", body = Found), SearchProblems))]
async fn find(State(server): State<Server>, viewer: Viewer, Query(query): Query<SearchQuery>) -> Result<Json<Found>, Problem> {
    let SearchQuery { q, after, limit } = query;
    Ok(Json(search::find(&server, &viewer, &q, after.as_deref(), limit).await?))
}
