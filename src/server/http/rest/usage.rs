//! `/api/users/me/usage/` and `/api/usage/`: what calls to models used and cost.

use axum::extract::State;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Problem, Query, page_size, problems};
use crate::model::Page;
use crate::model::sheet::SheetFormat;
use crate::model::usage::{OfUser, Period, Report};
use crate::server::Server;
use crate::server::service::sheet::Sheet;
use crate::server::service::usage::{self, Between};
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(mine)).routes(routes!(all)).routes(routes!(export))
}

problems!(MineProblems: Malformed, Unauthenticated, Forbidden, Internal);
problems!(AllProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);

/// Which days are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MineParams {
    /// `30d` if absent.
    #[param(inline)]
    period: Option<Period>,
}

/// My usage
///
/// Tokens and costs by model and by day, in the time zone of the profile. Costs are in millionths of a US dollar, of the calls whose
/// price is known; `unpriced` says how many others there are.
#[utoipa::path(get, path = "/api/users/me/usage/", tag = "users", operation_id = "my_usage", params(MineParams), security(("bearer" = [])),
    responses((status = 200, description = "What was used.", body = Report), MineProblems))]
async fn mine(State(server): State<Server>, viewer: Viewer, Query(params): Query<MineParams>) -> Result<Json<Report>, Problem> {
    Ok(Json(usage::mine(&server, &viewer, params.period.unwrap_or_default()).await?))
}

/// Which days and which page are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AllParams {
    /// The first day, in UTC; the first there is, if absent.
    from: Option<NaiveDate>,
    /// The last day, in UTC; today, if absent.
    to: Option<NaiveDate>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Users of a page; 50 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Everybody's usage
///
/// By user and model. Those whose accounts were erased come last, together, with `user` null.
#[utoipa::path(get, path = "/api/usage/", tag = "admin", operation_id = "usage", params(AllParams), security(("bearer" = ["admin"])),
    responses((status = 200, description = "A page of users.", body = Page<OfUser>), AllProblems))]
async fn all(State(server): State<Server>, viewer: Viewer, Query(params): Query<AllParams>) -> Result<Json<Page<OfUser>>, Problem> {
    let AllParams { from, to, after, limit } = params;
    Ok(Json(usage::all(&server, &viewer, Between { from, to }, after.as_deref(), limit).await?))
}

/// Which days, and how they are written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportParams {
    /// The first day, in UTC; the first there is, if absent.
    from: Option<NaiveDate>,
    /// The last day, in UTC; today, if absent.
    to: Option<NaiveDate>,
    /// `csv` if absent.
    #[param(inline)]
    format: Option<SheetFormat>,
}

/// A row of the file: what one user used of one model.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the shape of the rows, for the API's document; they are written column by column")]
struct UsageRow {
    /// Null: of those whose accounts were erased.
    user_id: Option<Uuid>,
    email: Option<String>,
    name: Option<String>,
    model: String,
    calls: u64,
    input_tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
    reasoning_tokens: u64,
    /// Calls of which some tokens were counted here.
    estimated: u64,
    /// Millionths of a US dollar; null where no price is known.
    cost: Option<u64>,
    /// Calls without a known price.
    unpriced: u64,
}

/// Everybody's usage as a file
///
/// A row for each user and model, streamed.
#[utoipa::path(get, path = "/api/usage/export/", tag = "admin", operation_id = "export_usage", params(ExportParams), security(("bearer" = ["admin"])),
    responses((status = 200, description = "The file.", content((String = "text/csv"), (Vec<UsageRow> = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), AllProblems))]
async fn export(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Query(params): Query<ExportParams>,
) -> Result<Sheet, Problem> {
    let ExportParams { from, to, format } = params;
    Ok(usage::export(&server, &viewer, &origin, Between { from, to }, format.unwrap_or_default()).await?)
}
