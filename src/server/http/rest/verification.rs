//! `/api/auth/send-verification/`, `/api/auth/verify-email/` and `/api/users/me/email/`: whose address it is.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems};
use crate::model::user::EmailState;
use crate::server::Server;
use crate::server::service::verification;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(send)).routes(routes!(verify)).routes(routes!(state, change))
}

problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(SendProblems: Unauthenticated, Forbidden, RateLimited, Internal);
problems!(VerifyProblems: Malformed, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(ChangeProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Internal);

/// Send the verification mail again
///
/// At most one a minute. Nothing is sent to an address that is proved; if another one was named, the link goes there.
#[utoipa::path(post, path = "/api/auth/send-verification/", tag = "auth", operation_id = "send_verification", security(("bearer" = [])),
    responses((status = 202, description = "It is on its way.", body = EmailState), SendProblems))]
async fn send(State(server): State<Server>, viewer: Viewer, origin: Origin) -> Result<(StatusCode, Json<EmailState>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(verification::ask(&server, &viewer, &origin, None).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EmailToken {
    /// The token in the link.
    #[schema(example = "q3nYJm0Zr4dWm8v3cKq9xS1uT5bE7hL2pR6aV0iO4g")]
    token: String,
}

#[derive(Serialize, ToSchema)]
struct VerifiedEmail {
    /// The address that is proved.
    #[schema(example = "ada@example.org")]
    email: String,
}

/// Verify an e-mail address
///
/// Takes the token of the link in the mail; it is good once, for 24 hours.
#[utoipa::path(post, path = "/api/auth/verify-email/", tag = "auth", operation_id = "verify_email", request_body = EmailToken,
    responses((status = 200, description = "The address is theirs.", body = VerifiedEmail), VerifyProblems))]
async fn verify(State(server): State<Server>, origin: Origin, Json(body): Json<EmailToken>) -> Result<Json<VerifiedEmail>, Problem> {
    Ok(Json(VerifiedEmail { email: verification::redeem(&server, &origin, &body.token).await? }))
}

/// My e-mail address
#[utoipa::path(get, path = "/api/users/me/email/", tag = "users", operation_id = "email", security(("bearer" = [])),
    responses((status = 200, description = "The address, and the one that waits to be proved.", body = EmailState), ReadProblems))]
async fn state(State(server): State<Server>, viewer: Viewer) -> Result<Json<EmailState>, Problem> {
    Ok(Json(verification::state(&server, &viewer).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAddress {
    #[schema(example = "ada@new.example.org", max_length = 254)]
    email: String,
}

/// Change my e-mail address
///
/// A link goes to the new address, and word of it to the old one, which stays until the link was followed. Asks for a fresh proof of who
/// you are: else 403 with the code `step_up`.
#[utoipa::path(post, path = "/api/users/me/email/", tag = "users", operation_id = "change_email", security(("bearer" = [])),
    request_body = NewAddress, responses((status = 202, description = "The link is on its way.", body = EmailState), ChangeProblems))]
async fn change(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(body): Json<NewAddress>,
) -> Result<(StatusCode, Json<EmailState>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(verification::change(&server, &viewer, &origin, &body.email, None).await?)))
}
