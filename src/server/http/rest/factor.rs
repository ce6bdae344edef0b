//! `/api/auth/2fa/…` and `/api/auth/step-up/`: the second factor, and proving again who one is.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{SignedIn, entered};
use super::passkey::Given;
use super::problem::{Json, Problem, problems};
use crate::model::factor::{FactorStatus, RecoveryCodes, Setup};
use crate::server::Server;
use crate::server::error::Error;
use crate::server::service::device::Device;
use crate::server::service::step_up::{self, Proof};
use crate::server::service::viewer::{Limited, Origin};
use crate::server::service::{factor, token};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(setup))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(recovery_codes))
        .routes(routes!(verify))
        .routes(routes!(step_up))
}

problems!(ReadProblems: Unauthenticated, Internal);
problems!(ChangeProblems: Unauthenticated, StepUp, Conflict, Internal);
problems!(CodeProblems: Malformed, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Internal);
problems!(VerifyProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Internal);
problems!(StepUpProblems: Malformed, BadCredentials, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Unavailable, Internal);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AppCode)]
struct Code {
    /// Of the authenticator app.
    #[schema(example = "492039", max_length = 64)]
    code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Second {
    /// Of the answer to the first factor.
    #[schema(example = "q5Yk0dGJm0b2m7pY1tqkq1Wb0hXr3v1r8m0O6xY5c2A")]
    ticket: String,
    /// Of the authenticator app, or a recovery code.
    #[schema(example = "492039", max_length = 64)]
    code: String,
    /// Do not ask again for 30 days where the cookie `liao_device` is sent.
    #[serde(default)]
    remember: bool,
}

/// One of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "a sentence nobody guesses"}))]
struct Again {
    #[schema(max_length = 256)]
    password: Option<String>,
    /// Of the authenticator app, or a recovery code.
    #[schema(max_length = 64)]
    code: Option<String>,
    /// Answers a ceremony of `POST /api/auth/passkeys/login/start/`.
    passkey: Option<Given>,
}

#[derive(Serialize, ToSchema)]
struct Fresh {
    fresh_until: DateTime<Utc>,
}

/// My second factor
#[utoipa::path(get, path = "/api/auth/2fa/", tag = "auth", operation_id = "factor_status", security(("bearer" = [])),
    responses((status = 200, description = "How it stands.", body = FactorStatus), ReadProblems))]
async fn status(State(server): State<Server>, Limited(viewer): Limited) -> Result<Json<FactorStatus>, Problem> {
    Ok(Json(factor::status(&server, &viewer).await?))
}

/// Set up an authenticator app
///
/// It holds when `enable/` was told a code of it. A set-up that was begun before is replaced. Needs a fresh proof of who it is.
#[utoipa::path(post, path = "/api/auth/2fa/setup/", tag = "auth", operation_id = "factor_setup", security(("bearer" = [])),
    responses((status = 200, description = "What the app needs.", body = Setup), ChangeProblems))]
async fn setup(State(server): State<Server>, Limited(viewer): Limited) -> Result<Json<Setup>, Problem> {
    Ok(Json(factor::setup(&server, &viewer).await?))
}

/// Switch it on
///
/// From now on signing in asks for a code. The recovery codes are told this once.
#[utoipa::path(post, path = "/api/auth/2fa/enable/", tag = "auth", operation_id = "factor_enable", security(("bearer" = [])),
    request_body = Code, responses((status = 200, description = "It holds.", body = RecoveryCodes), CodeProblems))]
async fn enable(
    State(server): State<Server>,
    Limited(viewer): Limited,
    origin: Origin,
    Json(body): Json<Code>,
) -> Result<Json<RecoveryCodes>, Problem> {
    Ok(Json(factor::enable(&server, &viewer, &origin, &body.code).await?))
}

/// Switch it off
///
/// Removes authenticator app and recovery codes. Needs a fresh proof of who it is.
#[utoipa::path(post, path = "/api/auth/2fa/disable/", tag = "auth", operation_id = "factor_disable", security(("bearer" = [])),
    responses((status = 204, description = "It is off."), ChangeProblems))]
async fn disable(State(server): State<Server>, Limited(viewer): Limited, origin: Origin) -> Result<StatusCode, Problem> {
    factor::disable(&server, &viewer, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// New recovery codes
///
/// In place of those there are. Needs a fresh proof of who it is.
#[utoipa::path(post, path = "/api/auth/2fa/recovery-codes/", tag = "auth", operation_id = "recovery_codes", security(("bearer" = [])),
    responses((status = 200, description = "Told this once.", body = RecoveryCodes), ChangeProblems))]
async fn recovery_codes(State(server): State<Server>, Limited(viewer): Limited, origin: Origin) -> Result<Json<RecoveryCodes>, Problem> {
    Ok(Json(factor::renew_codes(&server, &viewer, &origin).await?))
}

/// The second factor
///
/// Signs in after an answer 202 to the first factor. A code is good once; wrong ones lock the second factor for a growing while.
#[utoipa::path(post, path = "/api/auth/2fa/verify/", tag = "auth", operation_id = "factor_verify", request_body = Second,
    responses((status = 200, description = "Signed in.", body = SignedIn), VerifyProblems))]
async fn verify(State(server): State<Server>, origin: Origin, device: Device, Json(body): Json<Second>) -> Result<Response, Problem> {
    entered(token::second(&server, &origin, &device, &body.ticket, &body.code, body.remember).await?)
}

/// Prove again who I am
///
/// What is dangerous asks for a proof that is at most ten minutes old (`step_up`); signing in is one, too.
#[utoipa::path(post, path = "/api/auth/step-up/", tag = "auth", operation_id = "step_up", security(("bearer" = [])),
    request_body = Again, responses((status = 200, description = "It is fresh until then.", body = Fresh), StepUpProblems))]
async fn step_up(
    State(server): State<Server>,
    Limited(viewer): Limited,
    origin: Origin,
    headers: HeaderMap,
    Json(body): Json<Again>,
) -> Result<Json<Fresh>, Problem> {
    let proof = match body {
        Again { password: Some(password), .. } => Proof::Password(password),
        Again { code: Some(code), .. } => Proof::Code(code),
        Again { passkey: Some(given), .. } => Proof::Passkey { answer: given.into(), host: host(&headers) },
        _ => return Err(Error::invalid("password", crate::model::error::Rule::Required, "password, code or passkey is required.").into()),
    };
    Ok(Json(Fresh { fresh_until: step_up::prove(&server, &viewer, &origin, proof).await? }))
}

/// The host that was asked.
pub fn host(headers: &HeaderMap) -> Option<String> {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned)
}
