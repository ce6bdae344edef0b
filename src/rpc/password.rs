//! One's own password, and a forgotten one.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::password::Strength;

/// Whether the viewer has a password.
#[server(endpoint = "password/exists", output = crate::rpc::Wire)]
pub async fn exists() -> Rpc<bool> {
    use crate::server::service::password;
    let (server, viewer) = asked()?;
    answer(password::exists(&server, &viewer).await)
}

/// How good a password would be for the viewer.
#[server(endpoint = "password/estimate", output = crate::rpc::Wire)]
pub async fn estimate(password: String) -> Rpc<Strength> {
    use crate::server::service::password;
    let (_, viewer) = asked()?;
    answer(password::rate(&viewer, &password))
}

/// How good a password would be for somebody who is not signed in. `public/meter.js` asks.
#[server(endpoint = "password/rate", output = crate::rpc::Wire)]
pub async fn rate(password: String, email: Option<String>, name: Option<String>) -> Rpc<Strength> {
    use crate::server::service::password;
    let about = [email.unwrap_or_default(), name.unwrap_or_default()];
    answer(password::rate_anonymous(&server()?, &origin(), &password, &about).await)
}

/// Replaces the viewer's password, or sets the first one.
#[server(endpoint = "password/change", output = crate::rpc::Wire)]
pub async fn change(current_password: Option<String>, new_password: String) -> Rpc<()> {
    use crate::server::service::password;
    let (server, viewer, origin) = asked_from()?;
    answer(password::change(&server, &viewer, &origin, current_password, new_password).await)?;
    leptos_axum::redirect("/settings/security?changed=1");
    Ok(())
}

/// Asks for a link that sets a new password. The answer does not tell whether there is such an account.
#[server(endpoint = "password/reset", output = crate::rpc::Wire)]
pub async fn reset(email: String) -> Rpc<()> {
    use crate::server::service::recovery;
    remember_typed(&email);
    answer(recovery::ask(&server()?, &origin(), &email, Some(language())).await)?;
    leptos_axum::redirect("/reset?sent=1");
    Ok(())
}

/// Whether the link to a new password holds.
#[server(endpoint = "password/look", output = crate::rpc::Wire)]
pub async fn look(token: String) -> Rpc<()> {
    use crate::server::service::recovery;
    answer(recovery::look(&server()?, &token).await)
}

/// Sets the password by the link.
#[server(endpoint = "password/confirm", output = crate::rpc::Wire)]
pub async fn confirm(token: String, password: String) -> Rpc<()> {
    use crate::server::service::recovery;
    answer(recovery::confirm(&server()?, &origin(), &token, password).await)?;
    leptos_axum::redirect("/login?set=1");
    Ok(())
}
