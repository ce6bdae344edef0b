//! Maintenance mode, switches and announcements.
#![allow(clippy::too_many_arguments, reason = "the arguments are the fields of a plain form")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::announcement::AnnouncementLevel;
use crate::model::operation::{Feature, Operation};

/// All three. Administrators only.
#[server(endpoint = "operation/look", output = crate::rpc::Wire)]
pub async fn look() -> Rpc<Operation> {
    use crate::server::service::announcement;
    let (server, viewer) = asked()?;
    let announcements = answer(announcement::list(&server, &viewer).await)?;
    let settings = server.settings.get();
    let (maintenance, features) = (settings.maintenance.clone(), settings.features.clone());
    Ok(Operation { maintenance, features, announcements, now: server.clock.now() })
}

/// Switches maintenance mode, or says what is told of it. A box that is not ticked is not sent. Administrators only.
#[server(endpoint = "operation/maintenance", output = crate::rpc::Wire)]
pub async fn save_maintenance(on: Option<bool>, told_en: Option<String>, told_zh_cn: Option<String>, until: Option<String>) -> Rpc<()> {
    use crate::model::operation::MaintenanceSettings;
    use crate::server::service::maintenance;
    let (server, viewer, origin) = asked_from()?;
    let until = answer(form::time("until", until))?;
    let group = MaintenanceSettings { on: on.unwrap_or(false), texts: form::words(told_en, told_zh_cn), until };
    answer(maintenance::set(&server, &viewer, &origin, group).await)?;
    leptos_axum::redirect("/admin/operation?saved=1");
    Ok(())
}

/// Leaves on what is ticked, and switches everything else off. Administrators only.
#[server(endpoint = "operation/features", output = crate::rpc::Wire)]
pub async fn save_features(#[server(default)] on: Vec<Feature>) -> Rpc<()> {
    use crate::model::operation::FeatureSettings;
    use crate::server::service::setting;
    let (server, viewer, origin) = asked_from()?;
    let off = Feature::ALL.into_iter().filter(|feature| !on.contains(feature)).collect();
    answer(setting::update_features(&server, &viewer, &origin, FeatureSettings { off }).await)?;
    leptos_axum::redirect("/admin/operation?saved=1");
    Ok(())
}

/// Adds or changes an announcement. A box that is not ticked is not sent. Administrators only.
#[server(endpoint = "operation/announce", output = crate::rpc::Wire)]
pub async fn announce(
    id: Option<Uuid>,
    level: AnnouncementLevel,
    text_en: Option<String>,
    text_zh_cn: Option<String>,
    dismissible: Option<bool>,
    starts_at: Option<String>,
    ends_at: Option<String>,
) -> Rpc<()> {
    use crate::model::announcement::AnnouncementForm;
    use crate::server::service::announcement;
    let (server, viewer, origin) = asked_from()?;
    let (starts_at, ends_at) = (answer(form::time("starts_at", starts_at))?, answer(form::time("ends_at", ends_at))?);
    let (texts, dismissible) = (form::words(text_en, text_zh_cn), dismissible.unwrap_or(false));
    let form = AnnouncementForm { level, texts, dismissible, starts_at, ends_at };
    answer(announcement::save(&server, &viewer, &origin, id, form).await)?;
    leptos_axum::redirect("/admin/operation?saved=1");
    Ok(())
}

/// Removes an announcement. Administrators only.
#[server(endpoint = "operation/remove", output = crate::rpc::Wire)]
pub async fn remove(id: Uuid) -> Rpc<()> {
    use crate::server::service::announcement;
    let (server, viewer, origin) = asked_from()?;
    answer(announcement::delete(&server, &viewer, &origin, id).await)?;
    leptos_axum::redirect("/admin/operation?saved=1");
    Ok(())
}

/// The viewer does not want to see an announcement any more. Leads back to where they were.
#[server(endpoint = "announcement/dismiss", output = crate::rpc::Wire)]
pub async fn dismiss(id: Uuid) -> Rpc<()> {
    use crate::server::service::announcement;
    let (server, viewer) = asked()?;
    answer(announcement::dismiss(&server, &viewer, id).await)
}
