//! Accounts at other services: what can be used to sign in, what is linked, and the page for who has no address there.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::identity::{LinkedAccounts, Newcomer, OfferedProvider};

/// The services that anybody may sign in with.
#[server(endpoint = "identity/offered", output = crate::rpc::Wire)]
pub async fn offered() -> Rpc<Vec<OfferedProvider>> {
    use crate::server::service::identity;
    answer(identity::offered(&server()?).await)
}

/// What the viewer has linked, and what they could.
#[server(endpoint = "identity/list", output = crate::rpc::Wire)]
pub async fn list() -> Rpc<LinkedAccounts> {
    use crate::server::service::identity;
    let (server, viewer) = asked()?;
    answer(identity::list(&server, &viewer).await)
}

/// Unlinks what the viewer has of this service.
#[server(endpoint = "identity/unlink", output = crate::rpc::Wire)]
pub async fn unlink(provider: String) -> Rpc<()> {
    use crate::server::service::identity::{self, Stop};
    let (server, viewer, origin) = asked_from()?;
    match identity::unlink(&server, &viewer, &origin, &provider).await {
        Ok(()) => leptos_axum::redirect("/settings/security?saved=1"),
        // A reason with a sentence of its own, by its name; the page that it leads to says it.
        Err(Stop::Refused(reason)) => leptos_axum::redirect(&format!("/settings/security?oauth={}#linked", reason.name())),
        Err(Stop::Failed(error)) => return answer(Err(error)),
    }
    Ok(())
}

/// Whom the page that asks for an address is for; nobody if they took too long.
#[server(endpoint = "identity/awaited", output = crate::rpc::Wire)]
pub async fn awaited() -> Rpc<Option<Newcomer>> {
    use crate::server::service::identity;
    match newcomer_handle() {
        Some(handle) => answer(identity::newcomer(&server()?, &handle).await),
        None => Ok(None),
    }
}

/// Makes the account of who named an address, and signs in.
#[server(endpoint = "identity/complete", output = crate::rpc::Wire)]
pub async fn complete(email: String, name: Option<String>) -> Rpc<()> {
    use crate::model::error::Code;
    use crate::model::identity::Refusal;
    use crate::server::error::Error;
    use crate::server::service::admission::Proof;
    use crate::server::service::identity::{self, Stop};
    use crate::server::service::session;
    remember_typed(&email);
    remember_typed_name(name.as_deref());
    let (server, browser) = (server()?, browser()?);
    let handle = newcomer_handle().unwrap_or_default();
    let (user, next, slug) = match identity::complete(&server, &browser.origin, &handle, &email, name.as_deref()).await {
        Ok(made) => made,
        Err(Stop::Failed(error)) => return answer(Err(error)),
        Err(Stop::Refused(reason)) => {
            // What another address could mend stays on the page.
            let page = if matches!(reason, Refusal::EmailTaken | Refusal::DomainRefused) { "/login/complete" } else { "/login" };
            leptos_axum::redirect(&format!("{page}?oauth={}", reason.name()));
            return Ok(());
        }
    };
    forget(crate::model::identity::NEWCOMER_COOKIE);
    match session::enter(&server, &browser, user, &Proof::Identity(slug)).await {
        // The account was made, and waits.
        Err(Error::Client(error)) if error.code == Code::Pending => leptos_axum::redirect("/login?pending=1"),
        entered => admitted(&answer(entered)?, next.as_deref()),
    }
    Ok(())
}
