//! Proving again who one is, before something dangerous.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::factor::Method;

/// With what the viewer can prove it: whether there is a password, and the others.
#[server(endpoint = "step_up/ways", output = crate::rpc::Wire)]
pub async fn ways() -> Rpc<(bool, Vec<Method>)> {
    use crate::server::service::factor;
    let (server, viewer, _) = asked_limited()?;
    let status = answer(factor::status(&server, &viewer).await)?;
    Ok((status.has_password, answer(factor::methods(&server, viewer.user.id).await)?))
}

/// Takes the password, else the code.
#[server(endpoint = "step_up/confirm", output = crate::rpc::Wire)]
pub async fn confirm(password: Option<String>, code: Option<String>, next: Option<String>) -> Rpc<()> {
    use crate::server::service::session;
    use crate::server::service::step_up::{self, Proof};
    let (server, viewer, browser) = asked_limited()?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let proof = match (given(password), given(code)) {
        (None, Some(code)) => Proof::Code(code),
        (password, _) => Proof::Password(password.unwrap_or_default()),
    };
    answer(step_up::prove(&server, &viewer, &browser.origin, proof).await)?;
    leptos_axum::redirect(&session::safe_next(next.as_deref()));
    Ok(())
}

/// Takes the answer of a passkey.
#[server(endpoint = "step_up/passkey", output = crate::rpc::Wire)]
pub async fn confirm_passkey(ticket: String, credential: String, next: Option<String>) -> Rpc<()> {
    use crate::server::service::step_up::{self, Proof};
    use crate::server::service::{passkey, session};
    let (server, viewer, browser) = asked_limited()?;
    let given = answer(passkey::Answer::parse(ticket, &credential))?;
    let proof = Proof::Passkey { answer: given, host: host() };
    answer(step_up::prove(&server, &viewer, &browser.origin, proof).await)?;
    leptos_axum::redirect(&session::safe_next(next.as_deref()));
    Ok(())
}
