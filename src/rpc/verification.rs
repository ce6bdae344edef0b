//! Whose address it is: proved by the link in a mail, sent again, exchanged for another.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::user::EmailState;

/// The page where the forms of this file stand.
#[allow(dead_code, reason = "the bodies are compiled on the server only")]
const PAGE: &str = "/settings/security";

/// The viewer's address, if it has to be proved before chatting. Asks nothing of the database: every page asks this.
#[server(endpoint = "verification/missing", output = crate::rpc::Wire)]
pub async fn missing() -> Rpc<Option<String>> {
    use crate::server::service::verification;
    let (server, viewer) = asked()?;
    Ok(verification::is_missing(&server, &viewer.user).then_some(viewer.user.email))
}

/// How it stands with the viewer's address.
#[server(endpoint = "verification/state", output = crate::rpc::Wire)]
pub async fn state() -> Rpc<EmailState> {
    use crate::server::service::verification;
    let (server, viewer) = asked()?;
    answer(verification::state(&server, &viewer).await)
}

/// Sends the link again.
#[server(endpoint = "verification/resend", output = crate::rpc::Wire)]
pub async fn resend() -> Rpc<()> {
    use crate::server::service::verification;
    let (server, viewer, origin) = asked_from()?;
    answer(verification::ask(&server, &viewer, &origin, Some(language())).await)?;
    leptos_axum::redirect(&format!("{PAGE}?sent=1"));
    Ok(())
}

/// Names another address.
#[server(endpoint = "verification/change", output = crate::rpc::Wire)]
pub async fn change(email: String) -> Rpc<()> {
    use crate::server::service::verification;
    let (server, viewer, origin) = asked_from()?;
    answer(verification::change(&server, &viewer, &origin, &email, Some(language())).await)?;
    leptos_axum::redirect(&format!("{PAGE}?sent=1"));
    Ok(())
}

/// Takes the link of a letter. The page shows a button that posts this, so that a program that looks into mails does not use it up.
#[server(endpoint = "verification/redeem", output = crate::rpc::Wire)]
pub async fn redeem(token: String) -> Rpc<()> {
    use crate::server::service::verification;
    answer(verification::redeem(&server()?, &origin(), &token).await)?;
    leptos_axum::redirect("/verify?done=1");
    Ok(())
}
