//! `/api/auth/register/` (what it asks), `/api/users/invite/` and `/api/admin/settings/registration/`: who may make an account.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, Query, problems, written};
use crate::model::setting::{Gate, RegistrationMode, RegistrationSettings};
use crate::model::user;
use crate::server::Server;
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{registration, setting};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(door)).routes(routes!(invite)).routes(routes!(settings, update))
}

problems!(DoorProblems: Malformed, Internal);
problems!(InviteProblems: Malformed, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DoorQuery {
    /// The token of an invitation's link.
    invitation: Option<String>,
}

/// Who may make an account here.
#[derive(Serialize, ToSchema)]
struct RegistrationDoor {
    mode: RegistrationMode,
    /// The only mail domains that may register; empty: all.
    #[schema(example = json!(["example.org"]))]
    domains: Vec<String>,
    /// Whether an administrator has to approve the account.
    approval: bool,
    /// Whom the invitation is for; null without one that holds.
    #[schema(example = "ada@example.org")]
    invited: Option<String>,
    /// The name of who sent it.
    #[schema(example = "Grace")]
    invited_by: Option<String>,
}

impl From<Gate> for RegistrationDoor {
    fn from(Gate { mode, domains, approval, guest, gone: _ }: Gate) -> Self {
        let (invited, invited_by) = guest.unzip();
        Self { mode, domains, approval, invited, invited_by }
    }
}

/// Who may register
///
/// What a page for it has to say before anybody types.
#[utoipa::path(get, path = "/api/auth/register/", tag = "auth", operation_id = "registration_door", params(DoorQuery),
    responses((status = 200, description = "What is asked.", body = RegistrationDoor), DoorProblems))]
async fn door(State(server): State<Server>, Query(query): Query<DoorQuery>) -> Result<Json<RegistrationDoor>, Problem> {
    Ok(Json(registration::gate(&server, query.invitation.as_deref()).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitedGuest {
    #[schema(example = "ada@example.org", max_length = 254)]
    email: String,
    /// Of the letter, `en` or `zh-CN`; yours if absent.
    #[schema(example = "zh-CN")]
    language: Option<String>,
}

/// Invite somebody
///
/// A link goes to the address. It is good once, for 7 days, for this address alone, which counts as proved. Administrators only.
#[utoipa::path(post, path = "/api/users/invite/", tag = "users", operation_id = "invite", security(("bearer" = ["admin"])), request_body = InvitedGuest,
    responses((status = 201, description = "The link is on its way.", body = user::Invitation), InviteProblems))]
async fn invite(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(guest): Json<InvitedGuest>,
) -> Result<(StatusCode, Json<user::Invitation>), Problem> {
    Ok((StatusCode::CREATED, Json(registration::invite(&server, &viewer, &origin, &guest.email, guest.language).await?)))
}

/// How accounts are made
///
/// Administrators only.
#[utoipa::path(get, path = "/api/admin/settings/registration/", tag = "admin", operation_id = "registration_settings",
    security(("bearer" = ["admin"])), responses((status = 200, description = "The settings.", body = RegistrationSettings), ReadProblems))]
async fn settings(State(server): State<Server>, viewer: Viewer) -> Result<Json<RegistrationSettings>, Problem> {
    Ok(Json(registration::settings(&server, &viewer)?))
}

/// Set how accounts are made
///
/// What is absent gets its default. Administrators only.
#[utoipa::path(put, path = "/api/admin/settings/registration/", tag = "admin", operation_id = "set_registration_settings",
    security(("bearer" = ["admin"])), request_body = RegistrationSettings,
    responses((status = 200, description = "As it holds now.", body = RegistrationSettings), WriteProblems))]
async fn update(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<RegistrationSettings>, Problem> {
    let group = written::<RegistrationSettings>(body)?;
    setting::update_registration(&server, &viewer, &origin, group).await?;
    Ok(Json(registration::settings(&server, &viewer)?))
}
