//! `/api/admin/statistics/`: what the dashboard shows, the calls behind it, and both as files.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, Query, problems};
use crate::model::Page;
use crate::model::generation::FailureKind;
use crate::model::sheet::SheetFormat;
use crate::model::statistics::{self as model, CallRow, Range, Statistics};
use crate::server::Server;
use crate::server::service::sheet::Sheet;
use crate::server::service::statistics;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(report)).routes(routes!(export)).routes(routes!(calls)).routes(routes!(export_calls))
}

problems!(StatisticsProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);

/// Which time, and of what.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Params {
    /// `7d` if absent; `from` and `to` win. Days are those of the profile's time zone and begin at a whole hour of UTC.
    #[param(inline)]
    range: Option<Range>,
    /// The first day, or a moment (RFC 3339), from the beginning of its hour; a week before `to`, if absent.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// The last day, or a moment, to the end of its hour; now, if absent.
    to: Option<String>,
    /// A provider's short name.
    provider: Option<String>,
    /// A model's name at its provider.
    model: Option<String>,
    /// Somebody's id or e-mail address; `erased`: those whose accounts were erased.
    #[param(example = "ada@example.org")]
    user: Option<String>,
}

/// Which calls.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CallParams {
    /// `7d` if absent; `from` and `to` win.
    #[param(inline)]
    range: Option<Range>,
    /// The first day, or a moment (RFC 3339), from the beginning of its hour; a week before `to`, if absent.
    from: Option<String>,
    /// The last day, or a moment, to the end of its hour; now, if absent.
    to: Option<String>,
    /// A provider's short name.
    provider: Option<String>,
    /// A model's name at its provider.
    model: Option<String>,
    /// Somebody's id or e-mail address; `erased`: those whose accounts were erased.
    user: Option<String>,
    /// Only calls that failed for this reason.
    failure: Option<FailureKind>,
    /// What a provider's key is called.
    key: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// How a file is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FileParams {
    /// `csv` if absent.
    #[param(inline)]
    format: Option<SheetFormat>,
}

impl Params {
    fn query(self) -> model::Query {
        let Self { range, from, to, provider, model, user } = self;
        model::Query { range: range.unwrap_or_default(), from, to, provider, model, user, failure: None, key: None }
    }
}

impl CallParams {
    fn split(self) -> (model::Query, Option<String>) {
        let Self { range, from, to, provider, model, user, failure, key, after } = self;
        (model::Query { range: range.unwrap_or_default(), from, to, provider, model, user, failure, key }, after)
    }
}

/// Statistics
///
/// People, conversations, calls, tokens, costs, failures and waiting times in some time and in as long a time before, from the hours
/// of the ledger. Every sum is the ledger's own; waiting times are told within five in a hundred.
#[utoipa::path(get, path = "/api/admin/statistics/", tag = "admin", operation_id = "statistics", params(Params), security(("bearer" = ["admin"])),
    responses((status = 200, description = "How the server was used.", body = Statistics), StatisticsProblems))]
async fn report(State(server): State<Server>, viewer: Viewer, Query(params): Query<Params>) -> Result<Json<Statistics>, Problem> {
    Ok(Json(statistics::report(&server, &viewer, &params.query()).await?))
}

/// A row of the file: what one model did in one hour.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the shape of the rows, for the API's document; they are written column by column")]
struct HourRow {
    /// Its beginning.
    hour: DateTime<Utc>,
    provider: String,
    model: String,
    calls: u64,
    /// Calls that wrote an answer.
    answers: u64,
    failed: u64,
    input_tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
    reasoning_tokens: u64,
    /// Calls whose tokens were counted here.
    estimated: u64,
    /// Millionths of a US dollar; null where no price is known.
    cost: Option<u64>,
    /// Calls without a known price.
    unpriced: u64,
}

/// Statistics as a file
///
/// A row for each hour, provider and model, streamed.
#[utoipa::path(get, path = "/api/admin/statistics/export/", tag = "admin", operation_id = "export_statistics", params(Params, FileParams),
    security(("bearer" = ["admin"])),
    responses((status = 200, description = "The file.", content((String = "text/csv"), (Vec<HourRow> = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), StatisticsProblems))]
async fn export(
    State(server): State<Server>,
    viewer: Viewer,
    Query(params): Query<Params>,
    Query(file): Query<FileParams>,
) -> Result<Sheet, Problem> {
    Ok(statistics::export(&server, &viewer, &params.query(), file.format.unwrap_or_default()).await?)
}

/// The calls behind the statistics
///
/// As the ledger has them, the newest first: who asked which model, what it used and cost, and how it ended; not what was said.
#[utoipa::path(get, path = "/api/admin/statistics/calls/", tag = "admin", operation_id = "calls", params(CallParams),
    security(("bearer" = ["admin"])),
    responses((status = 200, description = "A page of calls.", body = Page<CallRow>), StatisticsProblems))]
async fn calls(State(server): State<Server>, viewer: Viewer, Query(params): Query<CallParams>) -> Result<Json<Page<CallRow>>, Problem> {
    let (query, after) = params.split();
    Ok(Json(statistics::rows(&server, &viewer, &query, after.as_deref()).await?))
}

/// The calls as a file
///
/// Everything that fits, streamed; `after` is not looked at. It is noted in the security log, because people are named in it.
#[utoipa::path(get, path = "/api/admin/statistics/calls/export/", tag = "admin", operation_id = "export_calls",
    params(CallParams, FileParams), security(("bearer" = ["admin"])),
    responses((status = 200, description = "The file.", content((String = "text/csv"), (Vec<CallRow> = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), StatisticsProblems))]
async fn export_calls(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Query(params): Query<CallParams>,
    Query(file): Query<FileParams>,
) -> Result<Sheet, Problem> {
    let (query, _) = params.split();
    Ok(statistics::export_rows(&server, &viewer, &origin, &query, file.format.unwrap_or_default()).await?)
}
