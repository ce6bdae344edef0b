//! `/api/auth/password/…`: changing a password, and setting one that was forgotten.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems};
use crate::model::password::Strength;
use crate::server::Server;
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{password, recovery};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(change)).routes(routes!(strength)).routes(routes!(reset)).routes(routes!(confirm))
}

problems!(ChangeProblems: Malformed, BadCredentials, Forbidden, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Unavailable, Internal);
problems!(StrengthProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(ResetProblems: Malformed, Forbidden, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Internal);
problems!(ConfirmProblems: Malformed, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Unavailable, Internal);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    /// Absent where there is none yet; then a fresh proof of who you are is asked for (403 with the code `step_up`).
    #[schema(example = "a sentence nobody guesses", max_length = 256)]
    current_password: Option<String>,
    #[schema(example = "another sentence nobody guesses", min_length = 8, max_length = 256)]
    new_password: String,
}

/// PasswordChange my password
///
/// Every other sign-in ends: sessions and refresh tokens. A letter says so. What is too easy to guess is refused with the rule `weak`.
#[utoipa::path(post, path = "/api/auth/password/change/", tag = "auth", operation_id = "change_password", security(("bearer" = [])),
    request_body = PasswordChange, responses((status = 204, description = "Changed."), ChangeProblems))]
async fn change(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(body): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    password::change(&server, &viewer, &origin, body.current_password, body.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordCandidate {
    #[schema(example = "a sentence nobody guesses", max_length = 256)]
    password: String,
}

/// How good a password would be
///
/// For somebody who knows your name and address. A score below 2 is not taken.
#[utoipa::path(post, path = "/api/auth/password/strength/", tag = "auth", operation_id = "password_strength", security(("bearer" = [])),
    request_body = PasswordCandidate, responses((status = 200, description = "0 to 4, and what makes it weak.", body = Strength), StrengthProblems))]
async fn strength(viewer: Viewer, Json(body): Json<PasswordCandidate>) -> Result<Json<Strength>, Problem> {
    Ok(Json(password::rate(&viewer, &body.password)?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForgottenPassword {
    #[schema(example = "ada@example.org", max_length = 254)]
    email: String,
}

/// Ask for a new password
///
/// The answer is the same whether there is such an account or not, and comes before it is looked for. The link in the mail is good once,
/// for 30 minutes.
#[utoipa::path(post, path = "/api/auth/password/reset/", tag = "auth", operation_id = "reset_password", request_body = ForgottenPassword,
    responses((status = 202, description = "If there is such an account, a link is on its way."), ResetProblems))]
async fn reset(State(server): State<Server>, origin: Origin, Json(body): Json<ForgottenPassword>) -> Result<StatusCode, Problem> {
    recovery::ask(&server, &origin, &body.email, None).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordReset {
    /// The token in the link.
    #[schema(example = "q3nYJm0Zr4dWm8v3cKq9xS1uT5bE7hL2pR6aV0iO4g")]
    token: String,
    #[schema(example = "another sentence nobody guesses", min_length = 8, max_length = 256)]
    password: String,
}

/// Set the new password
///
/// Every sign-in of the account ends; sign in with the new one. A second factor is asked for as always.
#[utoipa::path(post, path = "/api/auth/password/reset/confirm/", tag = "auth", operation_id = "confirm_reset", request_body = PasswordReset,
    responses((status = 204, description = "Set."), ConfirmProblems))]
async fn confirm(State(server): State<Server>, origin: Origin, Json(body): Json<PasswordReset>) -> Result<StatusCode, Problem> {
    recovery::confirm(&server, &origin, &body.token, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
