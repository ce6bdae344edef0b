//! Registration, sign-in, sign-out and what a browser remembers of its user. Every one works as a plain form.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::factor::Method;
use crate::model::user::User;

/// The signed-in user.
#[server(endpoint = "auth/me", output = crate::rpc::Wire)]
pub async fn me() -> Rpc<Option<User>> {
    Ok(maybe_viewer().map(|viewer| viewer.user))
}

/// Makes an account and signs in. `next` is a path on this server to go to.
#[server(endpoint = "auth/register", output = crate::rpc::Wire)]
pub async fn register(email: String, name: Option<String>, password: String, invitation: Option<String>, next: Option<String>) -> Rpc<()> {
    use crate::model::error::Code;
    use crate::model::user::Registration;
    use crate::server::error::Error;
    use crate::server::service::registration::Application;
    use crate::server::service::session;
    remember_typed(&email);
    remember_typed_name(name.as_deref());
    let registration = Registration { email, name: name.unwrap_or_default(), password };
    let application = Application { invitation: invitation.as_deref(), language: Some(language()) };
    match session::register(&server()?, &browser()?, registration, application).await {
        // The account was made, and waits.
        Err(Error::Client(error)) if error.code == Code::Pending => leptos_axum::redirect("/login?pending=1"),
        registered => admitted(&answer(registered)?, next.as_deref()),
    }
    Ok(())
}

/// Makes the first account of a new server, its administrator, and signs in.
#[server(endpoint = "auth/welcome", output = crate::rpc::Wire)]
pub async fn welcome(email: String, name: Option<String>, password: String) -> Rpc<()> {
    use crate::model::user::Registration;
    use crate::server::error::Error;
    use crate::server::service::registration::Application;
    use crate::server::service::{session, status};
    remember_typed(&email);
    remember_typed_name(name.as_deref());
    let server = server()?;
    if answer(status::has_users(&server).await)? {
        answer(Err(Error::conflict("This server has its administrator already.")))?;
    }
    let registration = Registration { email, name: name.unwrap_or_default(), password };
    let application = Application { invitation: None, language: Some(language()) };
    let admission = answer(session::register(&server, &browser()?, registration, application).await)?;
    admitted(&admission, None);
    Ok(())
}

/// Signs in with a cookie session.
#[server(endpoint = "auth/login", output = crate::rpc::Wire)]
pub async fn login(email: String, password: String, next: Option<String>) -> Rpc<()> {
    use crate::server::service::session;
    // A form that comes back with an error (there is no script on that page) keeps the address.
    remember_typed(&email);
    let admission = answer(session::login(&server()?, &browser()?, &email, password).await)?;
    admitted(&admission, next.as_deref());
    Ok(())
}

/// The second half of signing in: a code of the authenticator app or for recovery.
#[server(endpoint = "auth/factor", output = crate::rpc::Wire)]
pub async fn second_factor(code: String, remember: Option<bool>, next: Option<String>) -> Rpc<()> {
    use crate::server::service::session;
    answer(session::second(&server()?, &browser()?, &code, remember.is_some()).await)?;
    leptos_axum::redirect(&session::safe_next(next.as_deref()));
    Ok(())
}

/// What is asked of this browser after its first factor.
#[server(endpoint = "auth/challenge", output = crate::rpc::Wire)]
pub async fn challenge() -> Rpc<Vec<Method>> {
    use crate::server::service::session;
    Ok(answer(session::challenge(&server()?, &browser()?).await)?.methods)
}

/// Ends the cookie session.
#[server(endpoint = "auth/logout", output = crate::rpc::Wire)]
pub async fn logout() -> Rpc<()> {
    use crate::server::service::session;
    answer(session::logout(&server()?, &browser()?).await)?;
    leptos_axum::redirect("/login");
    Ok(())
}
