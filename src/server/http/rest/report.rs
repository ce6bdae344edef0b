//! Reports of abuse: `/api/llm/messages/{id}/report/` and `/api/shares/{token}/report/` for who finds something, `/api/admin/reports/` for
//! administrators.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, problems};
use crate::model::Page;
use crate::model::report::{OwnReport, Report, ReportForm, ReportReason, ReportState, Ruling};
use crate::server::Server;
use crate::server::service::report;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(of_own))
        .routes(routes!(of_shared))
        .routes(routes!(own))
        .routes(routes!(list))
        .routes(routes!(resolve))
}

problems!(MakeProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(OwnProblems: Unauthenticated, Forbidden, Internal);
problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Internal);

/// Report an answer
///
/// In a conversation of who asks. Reported again it takes the place of the first report, until somebody has looked at that.
#[utoipa::path(post, path = "/api/llm/messages/{id}/report/", tag = "llm", operation_id = "report_answer", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The answer")), request_body = ReportForm,
    responses((status = 201, description = "Administrators see it.", body = OwnReport), MakeProblems))]
async fn of_own(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(form): Json<ReportForm>,
) -> Result<(StatusCode, Json<OwnReport>), Problem> {
    Ok((StatusCode::CREATED, Json(report::of_own(&server, &viewer, &origin, id, form).await?)))
}

/// What is said of a message that a link shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SharedReportForm {
    message_id: Uuid,
    reason: ReportReason,
    /// At most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: String,
}

/// Report a message of a shared conversation
///
/// One has to be signed in.
#[utoipa::path(post, path = "/api/shares/{token}/report/", tag = "llm", operation_id = "report_shared", security(("bearer" = [])),
    params(("token" = String, Path, description = "The last part of the link")), request_body = SharedReportForm,
    responses((status = 201, description = "Administrators see it.", body = OwnReport), MakeProblems))]
async fn of_shared(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(token): Path<String>,
    Json(SharedReportForm { message_id, reason, note }): Json<SharedReportForm>,
) -> Result<(StatusCode, Json<OwnReport>), Problem> {
    let form = ReportForm { reason, note };
    Ok((StatusCode::CREATED, Json(report::of_shared(&server, &viewer, &origin, &token, message_id, form).await?)))
}

/// What I have reported
///
/// The newest 50, and what became of them.
#[utoipa::path(get, path = "/api/llm/reports/", tag = "llm", operation_id = "own_reports", security(("bearer" = [])),
    responses((status = 200, description = "The newest first.", body = Page<OwnReport>), OwnProblems))]
async fn own(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<OwnReport>>, Problem> {
    Ok(Json(report::own(&server, &viewer).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Those in this state only.
    state: Option<ReportState>,
    /// `next` of the page before.
    after: Option<Uuid>,
}

/// Reports of abuse
///
/// The newest first. What a message says is seen by opening its conversation (`/api/admin/messages/`).
#[utoipa::path(get, path = "/api/admin/reports/", tag = "admin", operation_id = "reports", params(ListQuery), security(("bearer" = ["admin"])),
    responses((status = 200, description = "A page of reports.", body = Page<Report>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Query(query): Query<ListQuery>) -> Result<Json<Page<Report>>, Problem> {
    Ok(Json(report::list(&server, &viewer, query.state, query.after).await?))
}

/// What an administrator makes of a report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResolveForm {
    ruling: Ruling,
}

/// Resolve a report
///
/// 409 where somebody has already. Who reported it sees what became of it.
#[utoipa::path(post, path = "/api/admin/reports/{id}/resolve/", tag = "admin", operation_id = "resolve_report", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The report")), request_body = ResolveForm,
    responses((status = 200, description = "As it is now.", body = Report), MakeProblems))]
async fn resolve(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(form): Json<ResolveForm>,
) -> Result<Json<Report>, Problem> {
    Ok(Json(report::resolve(&server, &viewer, &origin, id, form.ruling).await?))
}
