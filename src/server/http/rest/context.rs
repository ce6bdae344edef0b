//! What models are shown of a conversation: `/api/llm/sessions/{id}/context/` and `…/summary/`, and `…/messages/{id}/pin/`.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, problems};
use crate::model::context::{Budget, Summary};
use crate::model::message::Message;
use crate::server::Server;
use crate::server::service::viewer::Viewer;
use crate::server::service::{context, generation};

/// The routes, with their documentation.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(session_context)).routes(routes!(pin, unpin)).routes(routes!(session_summary, change_summary))
}

problems!(BudgetProblems: Malformed, Unauthenticated, Forbidden, NotFound, Invalid, Internal);
problems!(PinProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);
problems!(UnpinProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);

problems!(SummaryProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// For which model.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ContextQuery {
    /// `provider/model`; absent: the one used last.
    model: Option<String>,
}

/// What the next question would take
///
/// In tokens of the model's context window, for the branch that is shown. A window that nobody told is null.
#[utoipa::path(get, operation_id = "session_context", path = "/api/llm/sessions/{id}/context/", tag = "llm", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation"), ContextQuery),
    responses((status = 200, description = "The window, and what is in it", body = Budget), BudgetProblems))]
async fn session_context(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(query): Query<ContextQuery>,
) -> Result<Json<Budget>, Problem> {
    Ok(Json(generation::budget(&server, &viewer, Some(id), query.model.as_deref()).await?))
}

/// Pin a message
///
/// It stays in what models are shown of its branch, however long the conversation becomes. At most 20 of a conversation.
#[utoipa::path(post, operation_id = "pin", path = "/api/llm/messages/{id}/pin/", tag = "llm", params(("id" = Uuid, Path, description = "The message")), security(("bearer" = [])),
    responses((status = 200, description = "The message, pinned now or before", body = Message), PinProblems))]
async fn pin(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Message>, Problem> {
    Ok(Json(context::pin(&server, &viewer, id, true).await?))
}

/// Take a pin away
#[utoipa::path(delete, operation_id = "unpin", path = "/api/llm/messages/{id}/pin/", tag = "llm", params(("id" = Uuid, Path, description = "The message")), security(("bearer" = [])),
    responses((status = 204, description = "Not pinned, now or before"), UnpinProblems))]
async fn unpin(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    context::pin(&server, &viewer, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The summary of the oldest messages
///
/// Of the branch that is shown, where its conversation makes room by summaries (`"context": "summary"`) and had to. Models are shown it in
/// the place of the messages up to `upto_id`, which stay where they are.
#[utoipa::path(get, operation_id = "session_summary", path = "/api/llm/sessions/{id}/summary/", tag = "llm", params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses((status = 200, description = "The summary", body = Summary), UnpinProblems))]
async fn session_summary(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Summary>, Problem> {
    Ok(Json(context::summary(&server, &viewer, id).await?))
}

/// Another text for a summary.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SummaryChange {
    /// At most 20,000 characters.
    #[schema(example = "The user plans a garden on a balcony that faces north.")]
    content: String,
}

/// Change the summary
///
/// It holds from the next answer on, on every branch that has this summary.
#[utoipa::path(patch, operation_id = "change_summary", path = "/api/llm/sessions/{id}/summary/", tag = "llm", request_body = SummaryChange,
    params(("id" = Uuid, Path, description = "The conversation")), security(("bearer" = [])),
    responses((status = 200, description = "As changed", body = Summary), SummaryProblems))]
async fn change_summary(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Json(change): Json<SummaryChange>,
) -> Result<Json<Summary>, Problem> {
    Ok(Json(context::edit_summary(&server, &viewer, id, None, &change.content).await?))
}
