//! `/api/admin/maintenance/`, `/api/admin/features/`, `/api/admin/announcements/…`: how the server is run; and `/api/announcements/…`: what
//! everybody is told.

use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::Page;
use crate::model::announcement::{Announcement, AnnouncementForm};
use crate::model::operation::{FeatureSettings, MaintenanceSettings};
use crate::server::Server;
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{announcement, feature, maintenance, setting};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(read_maintenance, set_maintenance))
        .routes(routes!(read_features, set_features))
        .routes(routes!(all, add))
        .routes(routes!(change, delete))
        .routes(routes!(shown))
        .routes(routes!(dismiss))
}

problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(SetProblems: Malformed, Unauthenticated, Forbidden, StepUp, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(AddProblems: Malformed, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(ChangeProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(ShownProblems: Unauthenticated, Internal);
problems!(DismissProblems: Malformed, Unauthenticated, NotFound, Internal);

/// Maintenance mode
#[utoipa::path(get, path = "/api/admin/maintenance/", tag = "admin", operation_id = "maintenance", security(("bearer" = ["admin"])),
    responses((status = 200, description = "As it is now.", body = MaintenanceSettings), ReadProblems))]
async fn read_maintenance(State(server): State<Server>, viewer: Viewer) -> Result<Json<MaintenanceSettings>, Problem> {
    viewer.require_admin()?;
    Ok(Json(server.settings.get().maintenance.clone()))
}

/// Switch maintenance mode
///
/// While it is on, administrators go on; everybody else gets 503 with `Retry-After`, and a page where people ask. Answers that are being
/// written are written to their end.
#[utoipa::path(put, path = "/api/admin/maintenance/", tag = "admin", operation_id = "set_maintenance", request_body = MaintenanceSettings,
    security(("bearer" = ["admin"])), responses((status = 200, description = "As it is now.", body = MaintenanceSettings), SetProblems))]
async fn set_maintenance(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(group): Json<MaintenanceSettings>,
) -> Result<Json<MaintenanceSettings>, Problem> {
    maintenance::set(&server, &viewer, &origin, group).await?;
    Ok(Json(server.settings.get().maintenance.clone()))
}

/// What is switched off
#[utoipa::path(get, path = "/api/admin/features/", tag = "admin", operation_id = "features", security(("bearer" = ["admin"])),
    responses((status = 200, description = "The table of switches.", body = FeatureSettings), ReadProblems))]
async fn read_features(State(server): State<Server>, viewer: Viewer) -> Result<Json<FeatureSettings>, Problem> {
    Ok(Json(feature::read(&server, &viewer)?))
}

/// Switch features
///
/// What is off is off for everybody, administrators too, and hidden in the pages: whoever asks for it hears 403. `api` ends this very API
/// for tokens; it is switched on again in the pages.
#[utoipa::path(put, path = "/api/admin/features/", tag = "admin", operation_id = "set_features", request_body = FeatureSettings,
    security(("bearer" = ["admin"])), responses((status = 200, description = "As it is now.", body = FeatureSettings), SetProblems))]
async fn set_features(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(group): Json<FeatureSettings>,
) -> Result<Json<FeatureSettings>, Problem> {
    setting::update_features(&server, &viewer, &origin, group).await?;
    Ok(Json(feature::read(&server, &viewer)?))
}

/// Announcements
///
/// All of them, the newest first: those that are shown, will be, and were.
#[utoipa::path(get, path = "/api/admin/announcements/", tag = "admin", operation_id = "announcements", security(("bearer" = ["admin"])),
    responses((status = 200, description = "All of them.", body = Page<Announcement>), ReadProblems))]
async fn all(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Announcement>>, Problem> {
    Ok(Json(Page { items: announcement::list(&server, &viewer).await?, next: None }))
}

/// Announce
///
/// It is shown above every page, from its beginning to its end.
#[utoipa::path(post, path = "/api/admin/announcements/", tag = "admin", operation_id = "announce", request_body = AnnouncementForm,
    security(("bearer" = ["admin"])), responses((status = 201, description = "The announcement.", body = Announcement), AddProblems))]
async fn add(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(form): Json<AnnouncementForm>,
) -> Result<(StatusCode, Json<Announcement>), Problem> {
    Ok((StatusCode::CREATED, Json(announcement::save(&server, &viewer, &origin, None, form).await?)))
}

/// Change an announcement
///
/// With other words it is shown again to who had dismissed it.
#[utoipa::path(put, path = "/api/admin/announcements/{id}/", tag = "admin", operation_id = "change_announcement",
    request_body = AnnouncementForm, security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The announcement")),
    responses((status = 200, description = "As it is now.", body = Announcement), ChangeProblems))]
async fn change(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(form): Json<AnnouncementForm>,
) -> Result<Json<Announcement>, Problem> {
    Ok(Json(announcement::save(&server, &viewer, &origin, Some(id), form).await?))
}

/// Remove an announcement
#[utoipa::path(delete, path = "/api/admin/announcements/{id}/", tag = "admin", operation_id = "remove_announcement",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The announcement")),
    responses((status = 204, description = "It is gone."), OneProblems))]
async fn delete(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    announcement::delete(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is announced
///
/// What the viewer is told now, without what they dismissed.
#[utoipa::path(get, path = "/api/announcements/", tag = "users", operation_id = "own_announcements", security(("bearer" = [])),
    responses((status = 200, description = "Those of now.", body = Page<Announcement>), ShownProblems))]
async fn shown(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Announcement>>, Problem> {
    Ok(Json(Page { items: announcement::shown(&server, Some(viewer.user.id)).await?, next: None }))
}

/// Dismiss an announcement
///
/// It is not shown to the viewer any more. 404 also of one that cannot be dismissed.
#[utoipa::path(post, path = "/api/announcements/{id}/dismiss/", tag = "users", operation_id = "dismiss_announcement", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The announcement")),
    responses((status = 204, description = "It is not shown any more."), DismissProblems))]
async fn dismiss(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    announcement::dismiss(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
