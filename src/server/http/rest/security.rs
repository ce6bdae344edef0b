//! `/api/admin/settings/security/`: what administrators ask of accounts, and how long a deletion waits.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems, written};
use crate::model::setting::{DataSettings, SecuritySettings, Settings};
use crate::model::user::Role;
use crate::server::Server;
use crate::server::service::setting;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(read, write))
}

problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// What the page about security shows, of two groups of settings.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct SecurityGroups {
    /// Whether the e-mail address has to be verified before chatting.
    require_verification: bool,
    /// The roles that have to use a second factor.
    second_factor: Vec<Role>,
    /// Days that the security log is kept; 0: for ever.
    #[schema(example = 365)]
    activity_days: u32,
    /// Days in which the deletion of an account can be called off by signing in; 0: it is erased at once.
    #[schema(example = 7)]
    deletion_days: u32,
}

impl Default for SecurityGroups {
    fn default() -> Self {
        Self::of(&Settings::default())
    }
}

impl SecurityGroups {
    fn of(settings: &Settings) -> Self {
        let SecuritySettings { require_verification, second_factor, activity_days } = settings.security.clone();
        Self { require_verification, second_factor, activity_days, deletion_days: settings.data.deletion_days }
    }
}

/// What is asked of accounts
#[utoipa::path(get, path = "/api/admin/settings/security/", tag = "admin", operation_id = "security_settings", security(("bearer" = ["admin"])),
    responses((status = 200, description = "As it is now.", body = SecurityGroups), ReadProblems))]
async fn read(State(server): State<Server>, viewer: Viewer) -> Result<Json<SecurityGroups>, Problem> {
    viewer.require_admin()?;
    Ok(Json(SecurityGroups::of(&server.settings.get())))
}

/// Ask something else of accounts
///
/// It holds at once. Absent fields get their defaults.
#[utoipa::path(put, path = "/api/admin/settings/security/", tag = "admin", operation_id = "set_security_settings", security(("bearer" = ["admin"])),
    request_body = SecurityGroups, responses((status = 200, description = "As it is now.", body = SecurityGroups), WriteProblems))]
async fn write(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<SecurityGroups>, Problem> {
    viewer.require_admin()?;
    let SecurityGroups { require_verification, second_factor, activity_days, deletion_days } = written(body)?;
    let data = DataSettings { deletion_days }.checked()?;
    let security = SecuritySettings { require_verification, second_factor, activity_days };
    setting::update_security(&server, &viewer, &origin, security).await?;
    setting::update_data(&server, &viewer, &origin, data).await?;
    read(State(server), viewer).await
}
