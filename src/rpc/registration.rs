//! Who may make an account: what the page before sign-in says, and what administrators set.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::setting::{Gate, RegistrationMode, RegistrationSettings};

/// The page where administrators set it.
#[allow(dead_code, reason = "the bodies are compiled on the server only")]
const PAGE: &str = "/admin/settings/registration";

/// What the registration page says, with the token of an invitation or without.
#[server(endpoint = "registration/door", output = crate::rpc::Wire)]
pub async fn door(invitation: Option<String>) -> Rpc<Gate> {
    use crate::server::service::registration;
    answer(registration::gate(&server()?, invitation.as_deref()).await)
}

/// How accounts are made, and whether addresses have to be proved before chatting. Administrators only, like all below.
#[server(endpoint = "registration/settings", output = crate::rpc::Wire)]
pub async fn settings() -> Rpc<(RegistrationSettings, bool)> {
    use crate::server::service::registration;
    let (server, viewer) = asked()?;
    let settings = answer(registration::settings(&server, &viewer))?;
    Ok((settings, server.settings.get().security.require_verification))
}

/// Sets it. A box that is not ticked is not sent.
#[server(endpoint = "registration/save", output = crate::rpc::Wire)]
pub async fn save(mode: RegistrationMode, domains: Option<String>, approval: Option<bool>, verification: Option<bool>) -> Rpc<()> {
    use crate::model::setting::SecuritySettings;
    use crate::server::service::setting;
    let (server, viewer, origin) = asked_from()?;
    let domains = domains.unwrap_or_default().split([',', '\n', ' ']).map(str::to_owned).collect();
    let group = RegistrationSettings { mode, domains, approval: approval.is_some() };
    answer(setting::update_registration(&server, &viewer, &origin, group).await)?;
    let before = server.settings.get().security.clone();
    if before.require_verification != verification.is_some() {
        let group = SecuritySettings { require_verification: verification.is_some(), ..before };
        answer(setting::update_security(&server, &viewer, &origin, group).await)?;
    }
    leptos_axum::redirect(&format!("{PAGE}?saved=1"));
    Ok(())
}

/// Invites somebody.
#[server(endpoint = "registration/invite", output = crate::rpc::Wire)]
pub async fn invite(email: String, language: Option<String>) -> Rpc<()> {
    use crate::server::service::registration;
    let (server, viewer, origin) = asked_from()?;
    let sent = answer(registration::invite(&server, &viewer, &origin, &email, language).await)?;
    leptos_axum::redirect(&format!("{PAGE}?invited={}", leptos_router::location::Url::escape(&sent.email)));
    Ok(())
}
