//! `/api/auth/passkeys/…`: passkeys, made and used by ceremonies of WebAuthn.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::auth::{SignedIn, entered};
use super::factor::host;
use super::problem::{Json, Path, Problem, problems};
use crate::model::passkey::{Ceremony, Passkey};
use crate::server::Server;
use crate::server::service::admission::Proof;
use crate::server::service::device::Device;
use crate::server::service::passkey::{self, Answer};
use crate::server::service::token;
use crate::server::service::viewer::{Limited, Origin};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(register_start))
        .routes(routes!(register_finish))
        .routes(routes!(login_start))
        .routes(routes!(login_finish))
        .routes(routes!(rename, delete))
}

problems!(ReadProblems: Unauthenticated, Internal);
problems!(StartProblems: Unauthenticated, StepUp, Conflict, Internal);
problems!(AskProblems: Malformed, Conflict, TooLarge, UnsupportedMediaType, RateLimited, Internal);
problems!(FinishProblems: Malformed, BadCredentials, StepUp, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(LoginProblems: Malformed, BadCredentials, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Internal);
problems!(RenameProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(DeleteProblems: Malformed, Unauthenticated, StepUp, NotFound, Internal);

/// An authenticator's answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Of the ceremony.
    #[schema(example = "q5Yk0dGJm0b2m7pY1tqkq1Wb0hXr3v1r8m0O6xY5c2A")]
    ticket: String,
    /// What `navigator.credentials` gave, as JSON (`PublicKeyCredential.toJSON()`).
    #[schema(value_type = Object)]
    credential: serde_json::Value,
}

impl From<Given> for Answer {
    fn from(Given { ticket, credential }: Given) -> Self {
        Self { ticket, credential }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Made {
    #[schema(example = "q5Yk0dGJm0b2m7pY1tqkq1Wb0hXr3v1r8m0O6xY5c2A")]
    ticket: String,
    /// What `navigator.credentials.create` gave, as JSON.
    #[schema(value_type = Object)]
    credential: serde_json::Value,
    #[schema(example = "Phone", min_length = 1, max_length = 60)]
    name: String,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Whom {
    /// Whose authenticators are asked; absent: whoever has a passkey for this server.
    #[schema(example = "ada@example.org", max_length = 254)]
    email: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Name {
    #[schema(example = "Phone", min_length = 1, max_length = 60)]
    name: String,
}

#[derive(Serialize, ToSchema)]
struct Passkeys {
    items: Vec<Passkey>,
}

/// My passkeys
#[utoipa::path(get, path = "/api/auth/passkeys/", tag = "auth", operation_id = "passkeys", security(("bearer" = [])),
    responses((status = 200, description = "The oldest first.", body = Passkeys), ReadProblems))]
async fn list(State(server): State<Server>, Limited(viewer): Limited) -> Result<Json<Passkeys>, Problem> {
    Ok(Json(Passkeys { items: passkey::list(&server, &viewer).await? }))
}

/// Begin to make a passkey
///
/// The options go to `navigator.credentials.create`. Needs a fresh proof of who it is.
#[utoipa::path(post, path = "/api/auth/passkeys/register/start/", tag = "auth", operation_id = "passkey_register_start",
    security(("bearer" = [])), responses((status = 200, description = "The ceremony.", body = Ceremony), StartProblems))]
async fn register_start(State(server): State<Server>, Limited(viewer): Limited, headers: HeaderMap) -> Result<Json<Ceremony>, Problem> {
    Ok(Json(passkey::begin_registration(&server, &viewer, host(&headers).as_deref()).await?))
}

/// Keep a passkey
#[utoipa::path(post, path = "/api/auth/passkeys/register/finish/", tag = "auth", operation_id = "passkey_register_finish",
    security(("bearer" = [])), request_body = Made, responses((status = 201, description = "It can be used.", body = Passkey), FinishProblems))]
async fn register_finish(
    State(server): State<Server>,
    Limited(viewer): Limited,
    origin: Origin,
    headers: HeaderMap,
    Json(body): Json<Made>,
) -> Result<(StatusCode, Json<Passkey>), Problem> {
    let Made { ticket, credential, name } = body;
    let answer = Answer { ticket, credential };
    let made = passkey::finish_registration(&server, &viewer, &origin, host(&headers).as_deref(), answer, &name).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Begin to sign in with a passkey
///
/// The options go to `navigator.credentials.get`. Also for `POST /api/auth/step-up/`. An address that nobody has gets the same answer.
#[utoipa::path(post, path = "/api/auth/passkeys/login/start/", tag = "auth", operation_id = "passkey_login_start",
    request_body = Option<Whom>, responses((status = 200, description = "The ceremony.", body = Ceremony), AskProblems))]
async fn login_start(
    State(server): State<Server>,
    origin: Origin,
    headers: HeaderMap,
    body: Option<Json<Whom>>,
) -> Result<Json<Ceremony>, Problem> {
    let email = body.and_then(|Json(whom)| whom.email);
    Ok(Json(passkey::begin_proof(&server, &origin, host(&headers).as_deref(), email.as_deref()).await?))
}

/// Sign in with a passkey
///
/// Two factors in one: no code is asked for.
#[utoipa::path(post, path = "/api/auth/passkeys/login/finish/", tag = "auth", operation_id = "passkey_login_finish", request_body = Given,
    responses((status = 200, description = "Signed in.", body = SignedIn), LoginProblems))]
async fn login_finish(
    State(server): State<Server>,
    origin: Origin,
    device: Device,
    headers: HeaderMap,
    Json(body): Json<Given>,
) -> Result<Response, Problem> {
    let user = passkey::prove(&server, &origin, host(&headers).as_deref(), body.into()).await?;
    entered(token::enter(&server, &origin, Some(&device), user, &Proof::Passkey).await?)
}

/// Rename a passkey
#[utoipa::path(patch, path = "/api/auth/passkeys/{id}/", tag = "auth", operation_id = "rename_passkey", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = Name, responses((status = 200, description = "As renamed.", body = Passkey), RenameProblems))]
async fn rename(
    State(server): State<Server>,
    Limited(viewer): Limited,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(body): Json<Name>,
) -> Result<Json<Passkey>, Problem> {
    Ok(Json(passkey::rename(&server, &viewer, &origin, id, &body.name).await?))
}

/// Remove a passkey
///
/// Needs a fresh proof of who it is.
#[utoipa::path(delete, path = "/api/auth/passkeys/{id}/", tag = "auth", operation_id = "delete_passkey", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is gone."), DeleteProblems))]
async fn delete(
    State(server): State<Server>,
    Limited(viewer): Limited,
    origin: Origin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    passkey::delete(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
