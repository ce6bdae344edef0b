//! Passkeys. `public/passkey.js` asks for a ceremony, has the authenticator answer, and posts the form with the answer.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::passkey::Ceremony;

/// Begins to make a passkey.
#[server(endpoint = "passkey/begin", output = crate::rpc::Wire)]
pub async fn begin() -> Rpc<Ceremony> {
    use crate::server::service::passkey;
    let (server, viewer, _) = asked_limited()?;
    answer(passkey::begin_registration(&server, &viewer, host().as_deref()).await)
}

/// Keeps the passkey that was made.
#[server(endpoint = "passkey/add", output = crate::rpc::Wire)]
pub async fn add(ticket: String, credential: String, name: String) -> Rpc<()> {
    use crate::server::service::passkey;
    let (server, viewer, browser) = asked_limited()?;
    let made = answer(passkey::Answer::parse(ticket, &credential))?;
    answer(passkey::finish_registration(&server, &viewer, &browser.origin, host().as_deref(), made, &name).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}

/// Gives a passkey another name.
#[server(endpoint = "passkey/rename", output = crate::rpc::Wire)]
pub async fn rename(id: Uuid, name: String) -> Rpc<()> {
    use crate::server::service::passkey;
    let (server, viewer, browser) = asked_limited()?;
    answer(passkey::rename(&server, &viewer, &browser.origin, id, &name).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}

/// Removes a passkey.
#[server(endpoint = "passkey/delete", output = crate::rpc::Wire)]
pub async fn delete(id: Uuid) -> Rpc<()> {
    use crate::server::service::passkey;
    let (server, viewer, browser) = asked_limited()?;
    answer(passkey::delete(&server, &viewer, &browser.origin, id).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}

/// Begins to prove who one is, to sign in or again. With an address, that user's authenticators are asked.
#[server(endpoint = "passkey/ask", output = crate::rpc::Wire)]
pub async fn ask(email: Option<String>) -> Rpc<Ceremony> {
    use crate::server::service::passkey;
    let (server, browser) = (server()?, browser()?);
    answer(passkey::begin_proof(&server, &browser.origin, host().as_deref(), email.as_deref()).await)
}

/// Signs in.
#[server(endpoint = "passkey/sign_in", output = crate::rpc::Wire)]
pub async fn sign_in(ticket: String, credential: String, next: Option<String>) -> Rpc<()> {
    use crate::server::service::admission::Proof;
    use crate::server::service::{passkey, session};
    let (server, browser) = (server()?, browser()?);
    let given = answer(passkey::Answer::parse(ticket, &credential))?;
    let user = answer(passkey::prove(&server, &browser.origin, host().as_deref(), given).await)?;
    let admission = answer(session::enter(&server, &browser, user, &Proof::Passkey).await)?;
    admitted(&admission, next.as_deref());
    Ok(())
}
