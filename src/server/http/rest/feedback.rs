//! `/api/llm/messages/{id}/feedback/`: what somebody thinks of an answer; `/api/admin/feedback/`: how many think so of a model's.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, problems};
use crate::model::Page;
use crate::model::feedback::{Feedback, FeedbackCount, FeedbackForm};
use crate::server::Server;
use crate::server::service::feedback;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(set, forget)).routes(routes!(counts))
}

problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(CountProblems: Unauthenticated, Forbidden, Internal);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct After {
    /// `next` of the page before.
    after: Option<Uuid>,
}

/// What I think of a conversation's answers
#[utoipa::path(get, path = "/api/llm/sessions/{id}/feedback/", tag = "llm", operation_id = "feedback", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation"), After),
    responses((status = 200, description = "In the order of the answers.", body = Page<Feedback>), OneProblems))]
async fn list(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(page): Query<After>,
) -> Result<Json<Page<Feedback>>, Problem> {
    Ok(Json(feedback::list(&server, &viewer, id, page.after).await?))
}

/// Say what I think of an answer
///
/// In place of what I said of it before.
#[utoipa::path(put, path = "/api/llm/messages/{id}/feedback/", tag = "llm", operation_id = "set_feedback", request_body = FeedbackForm,
    params(("id" = Uuid, Path, description = "The answer")), security(("bearer" = [])),
    responses((status = 200, description = "As kept.", body = Feedback), WriteProblems))]
async fn set(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(form): Json<FeedbackForm>,
) -> Result<Json<Feedback>, Problem> {
    Ok(Json(feedback::set(&server, &viewer, id, form).await?))
}

/// Take back what I think of an answer
#[utoipa::path(delete, path = "/api/llm/messages/{id}/feedback/", tag = "llm", operation_id = "forget_feedback",
    params(("id" = Uuid, Path, description = "The answer")), security(("bearer" = [])),
    responses((status = 204, description = "Forgotten, or there was none."), OneProblems))]
async fn forget(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    feedback::forget(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What people think of models
///
/// How many answers of each were found good or bad, and why; nobody's name, and nothing of what was said.
#[utoipa::path(get, path = "/api/admin/feedback/", tag = "admin", operation_id = "feedback_counts", security(("bearer" = ["admin"])),
    responses((status = 200, description = "By model, verdict and reason.", body = Page<FeedbackCount>), CountProblems))]
async fn counts(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<FeedbackCount>>, Problem> {
    Ok(Json(Page { items: feedback::counts(&server, &viewer).await?, next: None }))
}
