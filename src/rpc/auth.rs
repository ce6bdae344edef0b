//! Registration, sign-in, sign-out and what a browser remembers of its user. Every one works as a plain form.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::user::User;

/// The signed-in user.
#[server(endpoint = "auth/me")]
pub async fn me() -> Rpc<Option<User>> {
    Ok(maybe_viewer().map(|viewer| viewer.user))
}

/// Makes an account and signs in. `next` is a path on this server to go to.
#[server(endpoint = "auth/register")]
pub async fn register(email: String, name: Option<String>, password: String, next: Option<String>) -> Rpc<()> {
    use crate::model::user::Registration;
    use crate::server::service::session;
    remember_typed(&email);
    let registration = Registration { email, name: name.unwrap_or_default(), password };
    let admission = answer(session::register(&server()?, &browser()?, registration).await)?;
    admitted(&admission, next.as_deref());
    Ok(())
}

/// Signs in with a cookie session.
#[server(endpoint = "auth/login")]
pub async fn login(email: String, password: String, next: Option<String>) -> Rpc<()> {
    use crate::server::service::session;
    // A form that comes back with an error (there is no script on that page) keeps the address.
    remember_typed(&email);
    let admission = answer(session::login(&server()?, &browser()?, &email, password).await)?;
    admitted(&admission, next.as_deref());
    Ok(())
}

/// Ends the cookie session.
#[server(endpoint = "auth/logout")]
pub async fn logout() -> Rpc<()> {
    use crate::server::service::session;
    answer(session::logout(&server()?, &browser()?).await)?;
    leptos_axum::redirect("/login");
    Ok(())
}
