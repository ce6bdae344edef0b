//! Alerts, for administrators.
#![allow(clippy::too_many_arguments, reason = "the arguments are the fields of a plain form")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::alert::{AlertKind, Alerts, ChannelKind};

/// Rules, channels and what there was. Administrators only.
#[server(endpoint = "alert/look", output = crate::rpc::Wire)]
pub async fn look(after: Option<Uuid>) -> Rpc<Alerts> {
    use crate::server::service::alert;
    let (server, viewer) = asked()?;
    answer(alert::look(&server, &viewer, after).await)
}

/// Adds or changes a rule. A box that is not ticked is not sent. Administrators only.
#[server(endpoint = "alert/save_rule", output = crate::rpc::Wire)]
pub async fn save_rule(
    id: Option<Uuid>,
    kind: AlertKind,
    threshold: u32,
    minutes: Option<u32>,
    #[server(default)] channels: Vec<Uuid>,
    enabled: Option<bool>,
) -> Rpc<()> {
    use crate::model::alert::RuleForm;
    use crate::server::service::alert;
    let (server, viewer, origin) = asked_from()?;
    let form = RuleForm { kind, threshold, minutes, channels, enabled: enabled.unwrap_or(false) };
    answer(alert::save_rule(&server, &viewer, &origin, id, form).await)?;
    leptos_axum::redirect("/admin/alerts?saved=1");
    Ok(())
}

/// Removes a rule. Administrators only.
#[server(endpoint = "alert/delete_rule", output = crate::rpc::Wire)]
pub async fn delete_rule(id: Uuid) -> Rpc<()> {
    use crate::server::service::alert;
    let (server, viewer, origin) = asked_from()?;
    answer(alert::delete_rule(&server, &viewer, &origin, id).await)?;
    leptos_axum::redirect("/admin/alerts?saved=1");
    Ok(())
}

/// Tells nothing of a rule for so many hours; 0 ends the silence. Administrators only.
#[server(endpoint = "alert/silence", output = crate::rpc::Wire)]
pub async fn silence(id: Uuid, hours: u32) -> Rpc<()> {
    use crate::model::alert::SilenceForm;
    use crate::server::service::alert;
    let (server, viewer, origin) = asked_from()?;
    answer(alert::silence(&server, &viewer, &origin, id, SilenceForm { hours }).await)?;
    leptos_axum::redirect("/admin/alerts?saved=1");
    Ok(())
}

/// Adds or changes a channel. A box that is not ticked is not sent. Administrators only.
#[server(endpoint = "alert/save_channel", output = crate::rpc::Wire)]
pub async fn save_channel(
    id: Option<Uuid>,
    kind: ChannelKind,
    name: String,
    target: Option<String>,
    secret: Option<String>,
    private: Option<bool>,
    language: Option<String>,
    enabled: Option<bool>,
) -> Rpc<()> {
    use crate::model::alert::ChannelForm;
    use crate::server::service::alert;
    let (server, viewer, origin) = asked_from()?;
    let (private, enabled) = (private.unwrap_or(false), enabled.unwrap_or(false));
    let form = ChannelForm { kind, name, target, secret, private, language, enabled };
    answer(alert::save_channel(&server, &viewer, &origin, id, form).await)?;
    leptos_axum::redirect("/admin/alerts?saved=1");
    Ok(())
}

/// Removes a channel. Administrators only.
#[server(endpoint = "alert/delete_channel", output = crate::rpc::Wire)]
pub async fn delete_channel(id: Uuid) -> Rpc<()> {
    use crate::server::service::alert;
    let (server, viewer, origin) = asked_from()?;
    answer(alert::delete_channel(&server, &viewer, &origin, id).await)?;
    leptos_axum::redirect("/admin/alerts?saved=1");
    Ok(())
}

/// Sends a message to a channel, to see whether it arrives. Administrators only.
#[server(endpoint = "alert/test_channel", output = crate::rpc::Wire)]
pub async fn test_channel(id: Uuid) -> Rpc<()> {
    use crate::server::service::alert;
    let (server, viewer) = asked()?;
    answer(alert::test_channel(&server, &viewer, id).await)?;
    leptos_axum::redirect("/admin/alerts?tested=1");
    Ok(())
}
