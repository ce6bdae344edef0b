//! The second factor, as its owner's page asks for it. Everything here works before one is set up.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::factor::{FactorStatus, RecoveryCodes, Setup};
use crate::model::passkey::Passkey;

/// Everything that the page about security shows, save where one is signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Security {
    pub factor: FactorStatus,
    /// The authenticator app that is being set up.
    pub setup: Option<Setup>,
    /// Recovery codes that were just made.
    pub codes: Option<RecoveryCodes>,
    pub passkeys: Vec<Passkey>,
    /// Whether this server has a host name that passkeys can belong to.
    pub passkeys_possible: bool,
}

/// How the viewer's factors stand.
#[server(endpoint = "factor/state", output = crate::rpc::Wire)]
pub async fn state() -> Rpc<Security> {
    use crate::server::service::{factor, passkey, session};
    let (server, viewer, browser) = asked_limited()?;
    Ok(Security {
        factor: answer(factor::status(&server, &viewer).await)?,
        setup: answer(factor::pending(&server, &viewer).await)?,
        codes: answer(session::shown_codes(&server, &browser).await)?,
        passkeys: answer(passkey::list(&server, &viewer).await)?,
        passkeys_possible: passkey::is_possible(&server, host().as_deref()),
    })
}

/// Begins to set up an authenticator app.
#[server(endpoint = "factor/begin", output = crate::rpc::Wire)]
pub async fn begin_setup() -> Rpc<()> {
    use crate::server::service::factor;
    let (server, viewer, _) = asked_limited()?;
    answer(factor::setup(&server, &viewer).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}

/// Gives that up.
#[server(endpoint = "factor/abandon", output = crate::rpc::Wire)]
pub async fn abandon() -> Rpc<()> {
    use crate::server::service::factor;
    let (server, viewer, _) = asked_limited()?;
    answer(factor::abandon(&server, &viewer).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}

/// Makes it hold with a code that it shows.
#[server(endpoint = "factor/enable", output = crate::rpc::Wire)]
pub async fn enable(code: String) -> Rpc<()> {
    use crate::server::service::{factor, session};
    let (server, viewer, browser) = asked_limited()?;
    let codes = answer(factor::enable(&server, &viewer, &browser.origin, &code).await)?;
    answer(session::show_codes(&server, &browser, &codes).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}

/// Removes authenticator app and recovery codes.
#[server(endpoint = "factor/disable", output = crate::rpc::Wire)]
pub async fn disable() -> Rpc<()> {
    use crate::server::service::factor;
    let (server, viewer, browser) = asked_limited()?;
    answer(factor::disable(&server, &viewer, &browser.origin).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}

/// Makes new recovery codes.
#[server(endpoint = "factor/renew", output = crate::rpc::Wire)]
pub async fn renew_codes() -> Rpc<()> {
    use crate::server::service::{factor, session};
    let (server, viewer, browser) = asked_limited()?;
    let codes = answer(factor::renew_codes(&server, &viewer, &browser.origin).await)?;
    answer(session::show_codes(&server, &browser, &codes).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}

/// Their owner has the recovery codes: they are not shown again.
#[server(endpoint = "factor/codes_kept", output = crate::rpc::Wire)]
pub async fn codes_kept() -> Rpc<()> {
    use crate::server::service::session;
    let (_, _, browser) = asked_limited()?;
    answer(session::hide_codes(&browser).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}
