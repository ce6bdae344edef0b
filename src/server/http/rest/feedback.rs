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
use crate::model::feedback::{Feedback, FeedbackCount, FeedbackForm, FeedbackQuery};
use crate::model::sheet::SheetFormat;
use crate::server::Server;
use crate::server::service::feedback;
use crate::server::service::sheet::Sheet;
use crate::server::service::viewer::Viewer;

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(set, forget)).routes(routes!(counts)).routes(routes!(export))
}

problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(CountProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);

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

/// Of which answers it is counted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Counted {
    /// What was said since this day, or this moment (RFC 3339); days are UTC's.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// Up to the end of this day, or before this moment.
    to: Option<String>,
    /// `provider/model`.
    model: Option<String>,
}

impl Counted {
    fn query(self) -> FeedbackQuery {
        let Self { from, to, model } = self;
        FeedbackQuery { from, to, model }
    }
}

/// How a file is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FileFormat {
    /// `csv` if absent.
    #[param(inline)]
    format: Option<SheetFormat>,
}

/// What people think of models
///
/// How many answers of each were found good or bad, and why; nobody's name, and nothing of what was said.
#[utoipa::path(get, path = "/api/admin/feedback/", tag = "admin", operation_id = "feedback_counts", params(Counted), security(("bearer" = ["admin"])),
    responses((status = 200, description = "By model, verdict and reason.", body = Page<FeedbackCount>), CountProblems))]
async fn counts(
    State(server): State<Server>,
    viewer: Viewer,
    Query(counted): Query<Counted>,
) -> Result<Json<Page<FeedbackCount>>, Problem> {
    Ok(Json(Page { items: feedback::counts(&server, &viewer, counted.query()).await?, next: None }))
}

/// What people think of models, as a file
///
/// A row for each model, verdict and reason.
#[utoipa::path(get, path = "/api/admin/feedback/export/", tag = "admin", operation_id = "export_feedback", params(Counted, FileFormat),
    security(("bearer" = ["admin"])),
    responses((status = 200, description = "The file.", content((String = "text/csv"), (Vec<FeedbackCount> = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), CountProblems))]
async fn export(
    State(server): State<Server>,
    viewer: Viewer,
    Query(counted): Query<Counted>,
    Query(file): Query<FileFormat>,
) -> Result<Sheet, Problem> {
    Ok(feedback::export(&server, &viewer, counted.query(), file.format.unwrap_or_default()).await?)
}
