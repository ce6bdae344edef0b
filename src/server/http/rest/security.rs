//! `/api/admin/settings/security/`: what administrators ask of accounts, and how long a deletion waits.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems};
use crate::model::setting::{DataSettings, SecuritySettings};
use crate::server::Server;
use crate::server::service::setting;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(read, write))
}

problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// The two groups that the page about security shows.
#[derive(Serialize, Deserialize, ToSchema)]
struct SecurityGroups {
    #[serde(flatten)]
    security: SecuritySettings,
    #[serde(flatten)]
    data: DataSettings,
}

/// What is asked of accounts
#[utoipa::path(get, path = "/api/admin/settings/security/", tag = "admin", operation_id = "security_settings", security(("bearer" = [])),
    responses((status = 200, description = "As it is now.", body = SecurityGroups), ReadProblems))]
async fn read(State(server): State<Server>, viewer: Viewer) -> Result<Json<SecurityGroups>, Problem> {
    viewer.require_admin()?;
    let settings = server.settings.get();
    Ok(Json(SecurityGroups { security: settings.security.clone(), data: settings.data.clone() }))
}

/// Ask something else of accounts
///
/// It holds at once. Absent fields get their defaults.
#[utoipa::path(put, path = "/api/admin/settings/security/", tag = "admin", operation_id = "set_security_settings", security(("bearer" = [])),
    request_body = SecurityGroups, responses((status = 200, description = "As it is now.", body = SecurityGroups), WriteProblems))]
async fn write(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(body): Json<SecurityGroups>,
) -> Result<Json<SecurityGroups>, Problem> {
    viewer.require_admin()?;
    let data = body.data.checked()?;
    setting::update_security(&server, &viewer, &origin, body.security).await?;
    setting::update_data(&server, &viewer, &origin, data).await?;
    read(State(server), viewer).await
}
