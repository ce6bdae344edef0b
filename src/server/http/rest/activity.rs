//! The security log: `/api/users/me/activity/` for everybody, `/api/activity/` for administrators.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, Query, problems};
use crate::model::Page;
use crate::model::activity::{Action, ActivityQuery, LogEntry, Outcome};
use crate::model::sheet::SheetFormat;
use crate::server::Server;
use crate::server::service::activity;
use crate::server::service::sheet::Sheet;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(own)).routes(routes!(list)).routes(routes!(export))
}

problems!(OwnProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);
problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OwnParams {
    /// The `next` of the page before.
    after: Option<String>,
}

/// Which entries are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    action: Option<Action>,
    result: Option<Outcome>,
    /// Whose account it is about: an id or an e-mail address.
    #[param(example = "ada@example.org")]
    user: Option<String>,
    /// Who acted: an id or an e-mail address.
    actor: Option<String>,
    /// The address that it came from.
    #[param(example = "192.0.2.1")]
    ip: Option<String>,
    /// Not before this day, or this moment (RFC 3339); days are UTC's.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// Up to the end of this day, or before this moment.
    to: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Of a file: how it is written.
    #[param(inline)]
    format: Option<SheetFormat>,
}

impl ListParams {
    fn split(self) -> (ActivityQuery, Option<String>, SheetFormat) {
        let Self { action, result, user, actor, ip, from, to, after, format } = self;
        (ActivityQuery { action, result, user, actor, ip, from, to }, after, format.unwrap_or_default())
    }
}

/// My activity
///
/// What happened with my account, the newest first: who did what, when, and how it ended. Where from is told of what I did
/// myself, and of attempts by who was not signed in.
#[utoipa::path(get, path = "/api/users/me/activity/", tag = "activity", operation_id = "my_activity", params(OwnParams),
    security(("bearer" = [])), responses((status = 200, description = "A page of the log.", body = Page<LogEntry>), OwnProblems))]
async fn own(State(server): State<Server>, viewer: Viewer, Query(params): Query<OwnParams>) -> Result<Json<Page<LogEntry>>, Problem> {
    Ok(Json(activity::own(&server, &viewer, params.after.as_deref()).await?))
}

/// The security log
///
/// The newest first. That an administrator reads it is noted in it.
#[utoipa::path(get, path = "/api/activity/", tag = "activity", operation_id = "activity", params(ListParams),
    security(("bearer" = ["admin"])), responses((status = 200, description = "A page of the log.", body = Page<LogEntry>), ListProblems))]
async fn list(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Query(params): Query<ListParams>,
) -> Result<Json<Page<LogEntry>>, Problem> {
    let (query, after, _) = params.split();
    Ok(Json(activity::list(&server, &viewer, &origin, query, after.as_deref()).await?))
}

/// The security log as a file
///
/// Everything that fits, streamed; `after` is not looked at.
#[utoipa::path(get, path = "/api/activity/export/", tag = "activity", operation_id = "export_activity", params(ListParams),
    security(("bearer" = ["admin"])), responses((status = 200, description = "The file.", content(
        (String = "text/csv"), (Vec<LogEntry> = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), ListProblems))]
async fn export(State(server): State<Server>, viewer: Viewer, origin: Origin, Query(params): Query<ListParams>) -> Result<Sheet, Problem> {
    let (query, _, format) = params.split();
    Ok(activity::export(&server, &viewer, &origin, query, format).await?)
}
