//! What administrators set about security, people's data and their files.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::setting::{DataSettings, FileSettings, OversightSettings, SecuritySettings};

/// The two groups as they are now. Administrators only.
#[server(endpoint = "setting/read_security", output = crate::rpc::Wire)]
pub async fn read_security() -> Rpc<(SecuritySettings, DataSettings)> {
    let (server, viewer) = asked()?;
    answer(viewer.require_admin())?;
    let settings = server.settings.get();
    Ok((settings.security.clone(), settings.data.clone()))
}

/// Sets both. A box that is not ticked is not sent. Administrators only.
#[server(endpoint = "setting/security", output = crate::rpc::Wire)]
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

/// How much may be sent and kept. Administrators only.
#[server(endpoint = "setting/read_files", output = crate::rpc::Wire)]
pub async fn read_files() -> Rpc<FileSettings> {
    let (server, viewer) = asked()?;
    answer(viewer.require_admin())?;
    Ok(server.settings.get().files.clone())
}

/// Sets it. Administrators only.
#[server(endpoint = "setting/files", output = crate::rpc::Wire)]
pub async fn save_files(file_mb: u32, user_mb: u32) -> Rpc<()> {
    use crate::server::service::setting;
    let (server, viewer, origin) = asked_from()?;
    answer(setting::update_files(&server, &viewer, &origin, FileSettings { file_mb, user_mb }).await)?;
    leptos_axum::redirect("/admin/settings/security?saved=1");
    Ok(())
}

/// What administrators may see of people's conversations. Administrators only.
#[server(endpoint = "setting/read_oversight", output = crate::rpc::Wire)]
pub async fn read_oversight() -> Rpc<OversightSettings> {
    let (server, viewer) = asked()?;
    answer(viewer.require_admin())?;
    Ok(server.settings.get().oversight.clone())
}

/// Sets it. A box that is not ticked is not sent. Administrators only.
#[server(endpoint = "setting/oversight", output = crate::rpc::Wire)]
pub async fn save_oversight(reading: Option<bool>) -> Rpc<()> {
    use crate::server::service::setting;
    let (server, viewer, origin) = asked_from()?;
    answer(setting::update_oversight(&server, &viewer, &origin, OversightSettings { reading: reading.unwrap_or(false) }).await)?;
    leptos_axum::redirect("/admin/settings/security?saved=1");
    Ok(())
}
