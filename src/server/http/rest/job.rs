//! `/api/admin/jobs/…`: background jobs.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, page_size, problems};
use crate::model::Page;
use crate::model::job::{JobEntry, JobState};
use crate::server::Server;
use crate::server::service::job;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(retry)).routes(routes!(cancel))
}

problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Internal);
problems!(ActProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JobQuery {
    /// Those in this state only.
    state: Option<JobState>,
    /// The `next` of the page before.
    after: Option<Uuid>,
    /// Items of a page, 1 to 200; 30 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Background jobs
///
/// The newest first. Ended ones are kept for 14 days (of what comes every few minutes, an hour).
#[utoipa::path(get, path = "/api/admin/jobs/", tag = "admin", operation_id = "jobs", params(JobQuery), security(("bearer" = ["admin"])),
    responses((status = 200, description = "A page of jobs.", body = Page<JobEntry>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Query(query): Query<JobQuery>) -> Result<Json<Page<JobEntry>>, Problem> {
    Ok(Json(job::list(&server, &viewer, query.state, query.after, query.limit).await?))
}

/// Try a job again
///
/// One that was given up or cancelled, or that waits after a failure: now, and as often as a new one. 409 where it runs, waits for its first time
/// or is done. Of an erasure a fresh proof of who you are is asked for: else 403 with the code `step_up`. It is noted in the security log.
#[utoipa::path(post, path = "/api/admin/jobs/{id}/retry/", tag = "admin", operation_id = "retry_job", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The job")),
    responses((status = 202, description = "It is queued.", body = JobEntry), ActProblems))]
async fn retry(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<JobEntry>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(job::retry(&server, &viewer, &origin, id).await?)))
}

/// Cancel a job
///
/// One that waits or runs; one that runs ends at its next step. An erasure cannot be cancelled (409): it is called off at the account. It is
/// noted in the security log.
#[utoipa::path(post, path = "/api/admin/jobs/{id}/cancel/", tag = "admin", operation_id = "cancel_job", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The job")),
    responses((status = 200, description = "It is cancelled.", body = JobEntry), ActProblems))]
async fn cancel(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<Json<JobEntry>, Problem> {
    Ok(Json(job::cancel(&server, &viewer, &origin, id).await?))
}
