//! Where one is signed in.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::session::Session;

/// The viewer's sign-ins, this one first.
#[server(endpoint = "session/list", output = crate::rpc::Wire)]
pub async fn list() -> Rpc<Vec<Session>> {
    use crate::server::service::sign_in;
    let (server, viewer, _) = asked_limited()?;
    answer(sign_in::list(&server, &viewer).await)
}

/// Ends one of them.
#[server(endpoint = "session/end", output = crate::rpc::Wire)]
pub async fn end(id: Uuid) -> Rpc<()> {
    use crate::server::service::sign_in;
    let (server, viewer, browser) = asked_limited()?;
    answer(sign_in::end(&server, &viewer, &browser.origin, id).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}

/// Ends all but this one.
#[server(endpoint = "session/end_others", output = crate::rpc::Wire)]
pub async fn end_others() -> Rpc<()> {
    use crate::server::service::sign_in;
    let (server, viewer, browser) = asked_limited()?;
    answer(sign_in::end_others(&server, &viewer, &browser.origin, Some(&browser.device)).await)?;
    leptos_axum::redirect("/settings/security");
    Ok(())
}
