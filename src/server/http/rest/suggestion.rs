//! `/api/llm/suggestions/` for administrators; `/api/llm/messages/{id}/follow-ups/` for an answer's owner.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::Page;
use crate::model::suggestion::SuggestionSettings;
use crate::server::Server;
use crate::server::service::suggestion;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(settings, set)).routes(routes!(follow_ups))
}

problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(SetProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);

/// What models are asked beside answers
#[utoipa::path(get, path = "/api/llm/suggestions/", tag = "llm", operation_id = "suggestion_settings", security(("bearer" = ["admin"])),
    responses((status = 200, description = "The settings.", body = SuggestionSettings), ReadProblems))]
async fn settings(State(server): State<Server>, viewer: Viewer) -> Result<Json<SuggestionSettings>, Problem> {
    Ok(Json(suggestion::settings(&server, &viewer)?))
}

/// Set what models are asked beside answers
///
/// All of it: what is absent is off. Everybody can switch it off for themselves in their preferences.
#[utoipa::path(put, path = "/api/llm/suggestions/", tag = "llm", operation_id = "set_suggestion_settings", request_body = SuggestionSettings,
    security(("bearer" = ["admin"])), responses((status = 200, description = "As set.", body = SuggestionSettings), SetProblems))]
async fn set(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(group): Json<SuggestionSettings>,
) -> Result<Json<SuggestionSettings>, Problem> {
    Ok(Json(suggestion::update(&server, &viewer, &origin, group).await?))
}

/// Questions that may come next
///
/// Up to three, made a moment after the answer where an administrator switched that on; until then, and otherwise, none.
#[utoipa::path(get, path = "/api/llm/messages/{id}/follow-ups/", tag = "llm", operation_id = "follow_ups", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The answer")),
    responses((status = 200, description = "The questions.", body = Page<String>, example = json!({"items": ["And in Rust?"], "next": null})), OneProblems))]
async fn follow_ups(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Page<String>>, Problem> {
    Ok(Json(Page { items: suggestion::follow_ups(&server, &viewer, id).await?, next: None }))
}
