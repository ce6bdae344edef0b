//! Whose address it is: proved by a link in a letter. Another address is named, proved, and only then used.

use chrono::Duration;
use serde_json::json;

use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::viewer::{Origin, Viewer};
use super::{presence, step_up, ticket};
use crate::model::activity::Action;
use crate::model::error::{Code, Fields, Rule};
use crate::model::ticket::Purpose;
use crate::model::user::{EmailState, User, check_email, normal_email};
use crate::server::Server;
use crate::server::error::{Error, Result};

/// How long a link holds.
const LIFETIME: Duration = Duration::hours(24);

/// An error (`Unverified`) if administrators ask for a proved address before chatting, and the viewer's is not.
pub fn require(server: &Server, viewer: &Viewer) -> Result<()> {
    if is_missing(server, &viewer.user) {
        return Err(Error::new(Code::Unverified, "Confirm your e-mail address first: the link is in the mail that was sent to it."));
    }
    Ok(())
}

/// Whether the user cannot chat until the address is proved.
pub fn is_missing(server: &Server, user: &User) -> bool {
    !user.email_verified && server.settings.get().security.require_verification
}

/// How it stands with the viewer's address.
pub async fn state(server: &Server, viewer: &Viewer) -> Result<EmailState> {
    let user = &viewer.user;
    Ok(EmailState {
        email: user.email.clone(),
        verified: user.email_verified,
        pending: pending(server, user).await?,
        required: server.settings.get().security.require_verification,
    })
}

/// Another address that the user named and has not proved.
async fn pending(server: &Server, user: &User) -> Result<Option<String>> {
    let found = server.db.tickets().find_of(user.id, Purpose::VerifyEmail, server.clock.now()).await?;
    let named = found.and_then(|ticket| ticket.data["email"].as_str().map(str::to_owned));
    Ok(named.filter(|email| *email != user.email))
}

/// Sends the link that proves this address to be the user's. Links that were sent before end.
pub(super) async fn send(server: &Server, user: &User, email: &str, language: Option<&str>) -> Result<()> {
    let token = ticket::issue(server, Purpose::VerifyEmail, Some(user.id), json!({ "email": email }), LIFETIME).await?;
    let to = Recipient::from(user).at(email).or_in(language);
    letter::post(server, &to, Letter::VerifyEmail { link: format!("/verify?token={token}") }).await;
    Ok(())
}

/// Sends the viewer's link again: to the address that waits, if one does. Nothing is sent for one that is proved.
/// Errors: `RateLimited`.
pub async fn ask(server: &Server, viewer: &Viewer, origin: &Origin, language: Option<&str>) -> Result<EmailState> {
    let state = state(server, viewer).await?;
    let email = match &state.pending {
        Some(email) => email,
        None if state.verified => return Ok(state),
        None => &state.email,
    };
    server.limits.mail(origin, email).await?;
    send(server, &viewer.user, email, language).await?;
    Ok(state)
}

/// Names another address for the viewer's account. Both hear of it; the old one stays until the new one is proved.
/// Errors: `Invalid` (`email`), `StepUp`, `RateLimited`.
pub async fn change(server: &Server, viewer: &Viewer, origin: &Origin, email: &str, language: Option<&str>) -> Result<EmailState> {
    let user = &viewer.user;
    let email = normal_email(email);
    let mut fields = Fields::default();
    check_email(&mut fields, &email);
    fields.check()?;
    if email == user.email {
        return Err(Error::invalid("email", Rule::Taken, "This is your address already."));
    }
    step_up::require(server, viewer).await?;
    if !user.is_admin() && !server.settings.get().registration.allows_domain(&email) {
        return Err(Error::invalid("email", Rule::Domain, "Addresses of this domain may not be used here."));
    }
    server.limits.mail(origin, &email).await?;
    if server.db.users().find_by_email(&email).await?.is_some() {
        return Err(taken());
    }
    send(server, user, &email, language).await?;
    letter::post(server, &Recipient::from(user).or_in(language), Letter::EmailChanging { to: email }).await;
    activity::record(server, Event::new(Action::EmailChangeRequested, origin).of(user.id)).await;
    state(server, viewer).await
}

fn taken() -> Error {
    Error::invalid("email", Rule::Taken, "There is an account with this email already.")
}

/// Takes the link from a letter: the address in it is the user's from now on. Answers the address.
/// Errors: `Invalid` (`token` is `Expired`; `email` is `Taken`).
pub async fn redeem(server: &Server, origin: &Origin, token: &str) -> Result<String> {
    let ticket = ticket::redeem(server, Purpose::VerifyEmail, token).await?;
    let email = ticket.data["email"].as_str().unwrap_or_default().to_owned();
    let user = match ticket.user_id {
        Some(id) => server.db.people().find(id).await?,
        None => None,
    };
    let user = user.ok_or_else(|| Error::not_found("account"))?;
    if user.email == email {
        server.db.credentials().verify_email(user.id, &email, server.clock.now()).await?;
        activity::record(server, Event::new(Action::EmailVerified, origin).of(user.id)).await;
    } else {
        move_to(server, origin, &user, &email).await?;
    }
    presence::update(server, &User { email: email.clone(), email_verified: true, ..user });
    Ok(email)
}

async fn move_to(server: &Server, origin: &Origin, user: &User, email: &str) -> Result<()> {
    if !server.db.credentials().change_email(user.id, email, server.clock.now()).await? {
        return Err(taken());
    }
    // They were sent to the old address.
    server.db.tickets().delete_of(user.id, Purpose::ResetPassword).await?;
    activity::record(server, Event::new(Action::EmailChanged, origin).of(user.id)).await;
    letter::post(server, &Recipient::from(user), Letter::EmailChanged { to: email.to_owned() }).await;
    Ok(())
}

#[cfg(test)]
mod tests;
