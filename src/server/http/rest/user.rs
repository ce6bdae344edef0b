//! `/api/users/me/…`: people about themselves.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems};
use crate::model::avatar::Avatar;
use crate::model::look::{Look, LookChange};
use crate::model::preference::{Preferences, PreferencesChange};
use crate::model::presence::Online;
use crate::model::user::{Profile, User};
use crate::server::Server;
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{presence, profile};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(me, update_me))
        .routes(routes!(preferences, update_preferences))
        .routes(routes!(look, update_look))
        .routes(routes!(online))
}

problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(OnlineProblems: Unauthenticated, Forbidden, Internal);
problems!(UpdateProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// The signed-in user, and where their picture is.
#[derive(Serialize, ToSchema)]
pub struct Me {
    #[serde(flatten)]
    user: User,
    avatar_urls: Avatar,
}

impl From<User> for Me {
    fn from(user: User) -> Self {
        Self { avatar_urls: Avatar::of(&user), user }
    }
}

/// Who am I
#[utoipa::path(get, path = "/api/users/me/", tag = "users", operation_id = "me", security(("bearer" = [])),
    responses((status = 200, description = "The signed-in user.", body = Me), ReadProblems))]
async fn me(viewer: Viewer) -> Json<Me> {
    Json(viewer.user.into())
}

/// Change my profile
///
/// Absent fields stay as they are.
#[utoipa::path(patch, path = "/api/users/me/", tag = "users", operation_id = "update_me", security(("bearer" = [])),
    request_body = Profile, responses((status = 200, description = "The user as changed.", body = Me), UpdateProblems))]
async fn update_me(State(server): State<Server>, viewer: Viewer, origin: Origin, Json(change): Json<Profile>) -> Result<Json<Me>, Problem> {
    Ok(Json(profile::update(&server, &viewer, &origin, change).await?.into()))
}

/// Who is online
///
/// Everybody who has a page open and shows it, and how many do not. Administrators only; pages watch the same over `/ws`.
#[utoipa::path(get, path = "/api/users/online/", tag = "users", operation_id = "online", security(("bearer" = ["admin"])),
    responses((status = 200, description = "Who is online now.", body = Online), OnlineProblems))]
async fn online(State(server): State<Server>, viewer: Viewer) -> Result<Json<Online>, Problem> {
    Ok(Json(presence::online(&server, &viewer)?))
}

/// My preferences
#[utoipa::path(get, path = "/api/users/me/preferences/", tag = "users", operation_id = "preferences", security(("bearer" = [])),
    responses((status = 200, description = "The preferences, defaults filled in.", body = Preferences), ReadProblems))]
async fn preferences(viewer: Viewer) -> Json<Preferences> {
    Json(viewer.user.preferences)
}

/// Change my preferences
///
/// Absent fields stay as they are; null means the default.
#[utoipa::path(patch, path = "/api/users/me/preferences/", tag = "users", operation_id = "update_preferences",
    security(("bearer" = [])), request_body = PreferencesChange,
    responses((status = 200, description = "The preferences as changed.", body = Preferences), UpdateProblems))]
async fn update_preferences(
    State(server): State<Server>,
    viewer: Viewer,
    Json(change): Json<PreferencesChange>,
) -> Result<Json<Preferences>, Problem> {
    Ok(Json(profile::set_preferences(&server, &viewer, change).await?))
}

/// What my pages look like
///
/// Besides light and dark, which are `theme` of the preferences.
#[utoipa::path(get, path = "/api/users/me/look/", tag = "users", operation_id = "look", security(("bearer" = [])),
    responses((status = 200, description = "The look, defaults filled in.", body = Look), ReadProblems))]
async fn look(viewer: Viewer) -> Json<Look> {
    Json(viewer.user.look)
}

/// Change what my pages look like
///
/// Absent fields stay as they are. It holds on every device, from the next page on.
#[utoipa::path(patch, path = "/api/users/me/look/", tag = "users", operation_id = "update_look", security(("bearer" = [])),
    request_body = LookChange, responses((status = 200, description = "The look as changed.", body = Look), UpdateProblems))]
async fn update_look(State(server): State<Server>, viewer: Viewer, Json(change): Json<LookChange>) -> Result<Json<Look>, Problem> {
    Ok(Json(profile::set_look(&server, &viewer, change).await?))
}
