//! `/api/auth/…`: registration and sign-in with tokens.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems};
use crate::i18n::Locale;
use crate::model::factor::Challenge;
use crate::model::token::Tokens;
use crate::model::user::{Registration, User};
use crate::server::Server;
use crate::server::error::Error;
use crate::server::http::viewer::bearer;
use crate::server::service::device::Device;
use crate::server::service::registration::Application;
use crate::server::service::token::{self, Entry};
use crate::server::service::viewer::{Origin, Via};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(refresh))
        .routes(routes!(verify))
}

/// What a new account needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    // Not a flattened `Registration`: serde would not say which field of it is wrong.
    #[schema(example = "ada@example.org", max_length = 254)]
    email: String,
    /// Display name; empty or absent: the part of the address before the `@`.
    #[serde(default)]
    #[schema(example = "Ada Lovelace", max_length = 80)]
    name: String,
    #[schema(example = "a sentence nobody guesses", min_length = 8, max_length = 256)]
    password: String,
    /// The token in the link of an invitation, where registration needs one.
    #[serde(default)]
    invitation: Option<String>,
    /// Of the letters and pages, `en` or `zh-CN`; absent or empty: the best of `Accept-Language`.
    #[serde(default)]
    #[schema(example = "zh-CN")]
    language: Option<String>,
}

/// What signing in needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ada@example.org", "password": "a sentence nobody guesses"}))]
struct Login {
    #[schema(min_length = 1, max_length = 254)]
    email: String,
    #[schema(min_length = 1, max_length = 256)]
    password: String,
}

/// A user who is signed in, and their tokens.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedIn {
    user: User,
    #[serde(flatten)]
    tokens: Tokens,
}

/// The first factor was right.
#[derive(Serialize, ToSchema)]
pub(super) struct HalfIn {
    second_factor: Challenge,
}

/// The answer to who has proved who they are: 200 with tokens, or 202 with what is still asked.
pub fn entered(entry: Entry) -> Result<Response, Problem> {
    Ok(match entry {
        Entry::In(user, tokens) => Json(SignedIn { user: *user, tokens }).into_response(),
        Entry::SecondFactor(second_factor) => (StatusCode::ACCEPTED, Json(HalfIn { second_factor })).into_response(),
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Refresh {
    #[schema(example = "T2x2aWEg8J-Ml3NlY3JldC1yYW5kb20tYnl0ZXM")]
    refresh: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Verify {
    /// An access token.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTlh….x3Q…")]
    token: String,
}

#[derive(Serialize, ToSchema)]
struct Verified {
    /// Always true; a token that does not hold is a 401.
    valid: bool,
    expires_at: DateTime<Utc>,
}

problems!(RegisterProblems: Malformed, Forbidden, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Unavailable, Internal);
problems!(LoginProblems: Malformed, BadCredentials, Forbidden, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Unavailable, Internal);
problems!(TokenProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Internal);

/// Register
///
/// Makes an account and signs in with it; the link that proves the address goes there by mail. The first account of a server is its
/// administrator. Where administrators approve new accounts the answer is 403 with the code `pending`: the account was made, and waits.
#[utoipa::path(post, path = "/api/auth/register/", tag = "auth", operation_id = "register", request_body = NewAccount,
    responses((status = 201, description = "The account was made.", body = SignedIn), RegisterProblems))]
async fn register(
    State(server): State<Server>,
    origin: Origin,
    headers: HeaderMap,
    Json(NewAccount { email, name, password, invitation, language }): Json<NewAccount>,
) -> Result<Response, Problem> {
    let asked_for = || Locale::asked_for(&headers).map(Locale::tag);
    let language = language.as_deref().filter(|language| !language.is_empty()).or_else(asked_for);
    let application = Application { invitation: invitation.as_deref(), language };
    let entry = token::register(&server, &origin, Registration { email, name, password }, application).await?;
    Ok((StatusCode::CREATED, entered(entry)?).into_response())
}

/// Sign in
///
/// An unknown address and a wrong password get the same answer. Where a second factor is asked for, the answer is 202 and its
/// ticket goes to `POST /api/auth/2fa/verify/`.
#[utoipa::path(post, path = "/api/auth/login/", tag = "auth", operation_id = "login", request_body = Login,
    responses((status = 200, description = "Signed in.", body = SignedIn),
        (status = 202, description = "The password is right; the second factor is still to come.", body = HalfIn), LoginProblems))]
async fn login(State(server): State<Server>, origin: Origin, device: Device, Json(login): Json<Login>) -> Result<Response, Problem> {
    entered(token::login(&server, &origin, &device, &login.email, login.password).await?)
}

/// Sign out
///
/// Ends the sign-in of the refresh token in the body, else that of the bearer token: none of its tokens holds any more.
#[utoipa::path(post, path = "/api/auth/logout/", tag = "auth", operation_id = "logout", request_body = Option<Refresh>,
    security((), ("bearer" = [])), responses((status = 204, description = "Signed out."), TokenProblems))]
async fn logout(
    State(server): State<Server>,
    origin: Origin,
    headers: HeaderMap,
    body: Option<Json<Refresh>>,
) -> Result<StatusCode, Problem> {
    if let Some(Json(Refresh { refresh })) = body {
        token::end_of_refresh(&server, &origin, &refresh).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let access = bearer(&headers).ok_or_else(Error::unauthenticated)?;
    if let Via::Token { family } = token::viewer(&server, access).await?.via {
        token::end(&server, &origin, family).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Refresh
///
/// Exchanges a refresh token for a new pair. It is good once: used again, it ends the whole sign-in.
#[utoipa::path(post, path = "/api/auth/token/refresh/", tag = "auth", operation_id = "token_refresh", request_body = Refresh,
    responses((status = 200, description = "The new pair.", body = Tokens), TokenProblems))]
async fn refresh(State(server): State<Server>, origin: Origin, Json(body): Json<Refresh>) -> Result<Json<Tokens>, Problem> {
    Ok(Json(token::refresh(&server, &origin, &body.refresh).await?))
}

/// Verify
///
/// Whether an access token holds, and until when.
#[utoipa::path(post, path = "/api/auth/token/verify/", tag = "auth", operation_id = "token_verify", request_body = Verify,
    responses((status = 200, description = "It holds.", body = Verified,
        example = json!({"valid": true, "expires_at": "2026-11-23T12:15:00Z"})), TokenProblems))]
async fn verify(State(server): State<Server>, Json(body): Json<Verify>) -> Result<Json<Verified>, Problem> {
    let expires_at = token::verify(&server, &body.token).await?;
    Ok(Json(Verified { valid: true, expires_at }))
}
