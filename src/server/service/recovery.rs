//! A forgotten password: a link by mail, good once and for half an hour. Nobody hears whether an address has an account: the answer
//! comes before anything is looked up.

use chrono::Duration;
use serde_json::json;

use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::viewer::Origin;
use super::{password, ticket};
use crate::model::activity::Action;
use crate::model::error::Fields;
use crate::model::ticket::Purpose;
use crate::model::user::{User, check_email, normal_email};
use crate::server::Server;
use crate::server::db::{Account, Ticket};
use crate::server::error::{Error, Result};

/// How long a link holds.
const LIFETIME: Duration = Duration::minutes(30);

/// Asks for a link to the account with this address, if there is one. What is done about it is done after the answer.
/// Errors: `Invalid` (no address at all), `RateLimited` (by the address that was typed, whether it is known or not).
pub async fn ask(server: &Server, origin: &Origin, email: &str, language: Option<&str>) -> Result<()> {
    let email = normal_email(email);
    let mut fields = Fields::default();
    check_email(&mut fields, &email);
    fields.check()?;
    server.limits.mail(origin, &email).await?;
    let (server, origin, language) = (server.clone(), origin.clone(), language.map(str::to_owned));
    tokio::spawn(async move {
        if let Err(cause) = send(&server, &origin, &email, language.as_deref()).await {
            tracing::error!(%cause, "a new password was asked for, and the link could not be sent");
        }
    });
    Ok(())
}

/// Sends the link, if there is such an account and it is not locked. Links that were sent before end.
pub(super) async fn send(server: &Server, origin: &Origin, email: &str, language: Option<&str>) -> Result<()> {
    let Some(Account { user, disabled: false, .. }) = server.db.users().find_by_email(email).await? else { return Ok(()) };
    let data = json!({ "email": user.email });
    let token = ticket::issue(server, Purpose::ResetPassword, Some(user.id), data, LIFETIME).await?;
    activity::record(server, Event::new(Action::PasswordResetRequested, origin).of(user.id).by_nobody()).await;
    let link = format!("/reset/confirm?token={token}");
    letter::post(server, &Recipient::from(&user).or_in(language), Letter::ResetPassword { link }).await;
    Ok(())
}

/// Whether the link holds. Errors: `Invalid` (`token` is `Expired`).
pub async fn look(server: &Server, token: &str) -> Result<()> {
    ticket::peek(server, Purpose::ResetPassword, token).await.map(drop)
}

/// Sets the password by the link, and signs out everywhere. A second factor is still asked for at the next sign-in.
/// Errors: `Invalid` (`token` is `Expired`; `password`).
pub async fn confirm(server: &Server, origin: &Origin, token: &str, new: String) -> Result<()> {
    // The link survives a password that is not good enough.
    let seen = ticket::peek(server, Purpose::ResetPassword, token).await?;
    let user = owner(server, &seen).await?;
    password::check("password", &new, &[&user.name, &user.email])?;
    ticket::redeem(server, Purpose::ResetPassword, token).await?;
    password::replace(server, &user, origin, new, None).await?;
    // Who has the link reads what is sent to this address.
    if !user.email_verified && seen.data["email"] == user.email.as_str() {
        server.db.credentials().verify_email(user.id, &user.email, server.clock.now()).await?;
        activity::record(server, Event::new(Action::EmailVerified, origin).of(user.id)).await;
    }
    Ok(())
}

async fn owner(server: &Server, ticket: &Ticket) -> Result<User> {
    let gone = || Error::not_found("account");
    let id = ticket.user_id.ok_or_else(gone)?;
    if !server.db.credentials().is_open(id).await? {
        return Err(gone());
    }
    server.db.people().find(id).await?.ok_or_else(gone)
}

#[cfg(test)]
mod tests;
