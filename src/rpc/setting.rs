//! What administrators set about security and people's data.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::setting::{DataSettings, SecuritySettings};

/// The two groups as they are now. Administrators only.
#[server(endpoint = "setting/read_security")]
pub async fn read_security() -> Rpc<(SecuritySettings, DataSettings)> {
    let (server, viewer) = asked()?;
    answer(viewer.require_admin())?;
    let settings = server.settings.get();
    Ok((settings.security.clone(), settings.data.clone()))
}

/// Sets both. A box that is not ticked is not sent. Administrators only.
#[server(endpoint = "setting/security")]
pub async fn save_security(
    require_verification: Option<bool>,
    factor_admin: Option<bool>,
    factor_user: Option<bool>,
    activity_days: u32,
    deletion_days: u32,
) -> Rpc<()> {
    use crate::model::user::Role;
    use crate::server::service::setting;
    let (server, viewer, origin) = asked_from()?;
    let roles = [(factor_admin, Role::Admin), (factor_user, Role::User)];
    let second_factor = roles.into_iter().filter(|(ticked, _)| ticked.is_some()).map(|(_, role)| role).collect();
    let security = SecuritySettings { require_verification: require_verification.is_some(), second_factor, activity_days };
    let data = DataSettings { deletion_days };
    answer(data.clone().checked().map_err(Into::into))?;
    answer(setting::update_security(&server, &viewer, &origin, security).await)?;
    answer(setting::update_data(&server, &viewer, &origin, data).await)?;
    leptos_axum::redirect("/admin/settings/security?saved=1");
    Ok(())
}
