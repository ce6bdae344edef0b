//! `/api/users/me/export/` and the end of an account.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems};
use crate::model::export::{Deletion, Export};
use crate::server::Server;
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{erasure, export};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(export, start_export)).routes(routes!(delete_me))
}

problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(StartProblems: Unauthenticated, Forbidden, RateLimited, Internal);
problems!(DeleteProblems: Malformed, BadCredentials, StepUp, Conflict, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Unavailable, Internal);

/// My export
///
/// How far the last export is; when it is ready, the address of its file, which takes `Range` and holds for 48 hours.
#[utoipa::path(get, path = "/api/users/me/export/", tag = "users", operation_id = "export", security(("bearer" = [])),
    responses((status = 200, description = "The last export.", body = Export), ReadProblems))]
async fn export(State(server): State<Server>, viewer: Viewer) -> Result<Json<Export>, Problem> {
    Ok(Json(export::state(&server, &viewer).await?))
}

/// Export my data
///
/// Begins to put profile, conversations, files, usage and activity into one ZIP file. One that is being made is not begun again.
#[utoipa::path(post, path = "/api/users/me/export/", tag = "users", operation_id = "start_export", security(("bearer" = [])),
    responses((status = 202, description = "It is being made.", body = Export), StartProblems))]
async fn start_export(State(server): State<Server>, viewer: Viewer, origin: Origin) -> Result<(StatusCode, Json<Export>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(export::start(&server, &viewer, &origin).await?)))
}

/// What proves that it is really the owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Farewell {
    /// Absent: who it is was proved at most ten minutes ago (`POST /api/auth/step-up/`).
    #[schema(example = "a sentence nobody guesses", max_length = 256)]
    password: Option<String>,
}

/// Delete my account
///
/// Signs it out everywhere. After the days of grace everything of it is erased; signing in until then calls it off.
#[utoipa::path(delete, path = "/api/users/me/", tag = "users", operation_id = "delete_me", security(("bearer" = [])),
    request_body = Farewell, responses((status = 202, description = "It will be erased.", body = Deletion), DeleteProblems))]
async fn delete_me(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(body): Json<Farewell>,
) -> Result<(StatusCode, Json<Deletion>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(erasure::request(&server, &viewer, &origin, body.password).await?)))
}
