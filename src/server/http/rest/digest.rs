//! `/api/users/me/usage/report/` and `/api/usage/report/`: reports of use, and which of them come by mail.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::file_content::disposition;
use super::problem::{Json, Problem, Query, problems};
use crate::i18n::Locale;
use crate::model::digest::{Digest, DigestChange, DigestChoices, DigestFormat, DigestPeriod, DigestScope};
use crate::server::Server;
use crate::server::service::digest::{self, Made};
use crate::server::service::viewer::Viewer;

/// The page is a letter: it loads nothing, and its looks are in it.
const LETTER: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(own)).routes(routes!(all)).routes(routes!(choices, choose))
}

problems!(ReportProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);
problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Which time, and how it is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Params {
    /// `week` if absent.
    #[param(inline)]
    period: Option<DigestPeriod>,
    /// A day of it; the last one that is over, if absent. A time that goes on is told of as far as it is.
    #[param(example = "2026-11-16")]
    of: Option<NaiveDate>,
    /// `json` if absent.
    #[param(inline)]
    format: Option<DigestFormat>,
}

/// A report of my usage
///
/// What I used in a week (from Monday) or a month, by model and by day, compared with the one before, in the time zone of the profile, whose
/// days begin at a whole hour of UTC here. As a page or a PDF it is what the mail holds, in the language of the profile.
#[utoipa::path(get, path = "/api/users/me/usage/report/", tag = "users", operation_id = "my_report", params(Params), security(("bearer" = [])),
    responses((status = 200, description = "The report.", content((Digest = "application/json"), (String = "text/html"), (String = "application/pdf"))),
        ReportProblems))]
async fn own(State(server): State<Server>, viewer: Viewer, Query(params): Query<Params>, parts: Parts) -> Result<Response, Problem> {
    answer(&server, &viewer, DigestScope::Own, params, &parts).await
}

/// A report of everybody's usage
///
/// The same of the whole server, with who was active and new, failures by their reason, and who used most (not where `reading` of the
/// oversight settings is off).
#[utoipa::path(get, path = "/api/usage/report/", tag = "admin", operation_id = "server_report", params(Params), security(("bearer" = ["admin"])),
    responses((status = 200, description = "The report.", content((Digest = "application/json"), (String = "text/html"), (String = "application/pdf"))),
        ReportProblems))]
async fn all(State(server): State<Server>, viewer: Viewer, Query(params): Query<Params>, parts: Parts) -> Result<Response, Problem> {
    answer(&server, &viewer, DigestScope::Server, params, &parts).await
}

async fn answer(server: &Server, viewer: &Viewer, scope: DigestScope, params: Params, parts: &Parts) -> Result<Response, Problem> {
    let Params { period, of, format } = params;
    let digest = digest::report(server, viewer, scope, period.unwrap_or(DigestPeriod::Week), of).await?;
    let made = digest::file(server, viewer, digest, format.unwrap_or_default(), Locale::of_request(parts)).await?;
    let fresh = (CACHE_CONTROL, "private, no-store".to_owned());
    Ok(match made {
        Made::Json(digest) => Json(digest).into_response(),
        Made::Html(html) => {
            let head = [(CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (CONTENT_SECURITY_POLICY, LETTER.to_owned()), fresh];
            (head, html).into_response()
        }
        Made::Pdf { name, bytes } => {
            ([(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, disposition(&name)), fresh], bytes).into_response()
        }
    })
}

/// Which reports I get by mail
///
/// None, until they are chosen. They come on the morning after the week or the month, once each; to an address that was confirmed.
#[utoipa::path(get, path = "/api/users/me/usage/reports/", tag = "users", operation_id = "report_choices", security(("bearer" = [])),
    responses((status = 200, description = "The choices.", body = DigestChoices), ReadProblems))]
async fn choices(State(server): State<Server>, viewer: Viewer) -> Result<Json<DigestChoices>, Problem> {
    Ok(Json(digest::choices(&server, &viewer).await?))
}

/// Choose which reports I get by mail
///
/// What is absent stays as it is. Reports about everybody are for administrators.
#[utoipa::path(patch, path = "/api/users/me/usage/reports/", tag = "users", operation_id = "choose_reports", request_body = DigestChange,
    security(("bearer" = [])), responses((status = 200, description = "The choices.", body = DigestChoices), WriteProblems))]
async fn choose(State(server): State<Server>, viewer: Viewer, Json(change): Json<DigestChange>) -> Result<Json<DigestChoices>, Problem> {
    Ok(Json(digest::choose(&server, &viewer, change).await?))
}
