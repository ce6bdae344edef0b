//! `/api/admin/logs/`: the server's own log.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_DISPOSITION;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, Query, page_size, problems};
use crate::model::Page;
use crate::model::log::{LogLevel, LogLine, LogQuery, LogSettings};
use crate::server::Server;
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{log, setting};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(export)).routes(routes!(settings, set))
}

problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Invalid, Unavailable, Internal);
problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(SetProblems: Malformed, Unauthenticated, Forbidden, StepUp, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Which lines are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogParams {
    /// This one and what is graver.
    #[param(inline)]
    level: Option<LogLevel>,
    /// What the target begins with.
    #[param(example = "liao::server::http")]
    target: Option<String>,
    /// What stands in the message or the fields.
    text: Option<String>,
    /// Id of who asked.
    user: Option<String>,
    /// `x-request-id`.
    request: Option<String>,
    /// Id of the answer that was being written.
    generation: Option<String>,
    /// Not before this day, or this moment (RFC 3339); days are UTC's.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// Up to the end of this day, or before this moment.
    to: Option<String>,
    /// Whose log: the id of a node, as the system page lists them; that of the one that answers if absent.
    node: Option<String>,
    /// `next` of the page before.
    after: Option<u64>,
    /// Items of a page, 1 to 200; 100 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

impl LogParams {
    /// What is asked for, and where it goes on.
    pub fn split(self) -> (LogQuery, Option<u64>, Option<u32>) {
        let Self { level, target, text, user, request, generation, from, to, node, after, limit } = self;
        (LogQuery { level, target, text, user, request, generation, from, to, node }, after, limit)
    }
}

/// The server's log
///
/// What a node logged, the newest first. Secrets and what people write are not in it.
#[utoipa::path(get, path = "/api/admin/logs/", tag = "admin", operation_id = "logs", params(LogParams), security(("bearer" = ["admin"])),
    responses((status = 200, description = "A page of lines.", body = Page<LogLine>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Query(params): Query<LogParams>) -> Result<Json<Page<LogLine>>, Problem> {
    let (query, after, limit) = params.split();
    let page = log::page(&server, &viewer, query, after, limit).await?;
    if page.away {
        return Err(log::away().into());
    }
    Ok(Json(Page { items: page.lines, next: page.next.map(|next| next.to_string()) }))
}

/// The server's log as a file
///
/// The newest 20,000 lines that fit, as JSON; `after` and `limit` are not looked at.
#[utoipa::path(get, path = "/api/admin/logs/export/", tag = "admin", operation_id = "export_logs", params(LogParams),
    security(("bearer" = ["admin"])), responses((status = 200, description = "The lines.", body = Vec<LogLine>), ListProblems))]
async fn export(State(server): State<Server>, viewer: Viewer, Query(params): Query<LogParams>) -> Result<Response, Problem> {
    let lines = log::all(&server, &viewer, params.split().0).await?;
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"liao-log.json\"")], Json(lines)).into_response())
}

/// How much of the log is kept
#[utoipa::path(get, path = "/api/admin/settings/logs/", tag = "admin", operation_id = "log_settings", security(("bearer" = ["admin"])),
    responses((status = 200, description = "As it is now.", body = LogSettings), ReadProblems))]
async fn settings(State(server): State<Server>, viewer: Viewer) -> Result<Json<LogSettings>, Problem> {
    viewer.require_admin()?;
    Ok(Json(server.settings.get().logs.clone()))
}

/// Set how much of the log is kept
///
/// What is too old or too much is removed when the next file of it begins, every 4 MiB.
#[utoipa::path(put, path = "/api/admin/settings/logs/", tag = "admin", operation_id = "set_log_settings", request_body = LogSettings,
    security(("bearer" = ["admin"])), responses((status = 200, description = "As it is now.", body = LogSettings), SetProblems))]
async fn set(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(group): Json<LogSettings>,
) -> Result<Json<LogSettings>, Problem> {
    setting::update_logs(&server, &viewer, &origin, group).await?;
    Ok(Json(server.settings.get().logs.clone()))
}
