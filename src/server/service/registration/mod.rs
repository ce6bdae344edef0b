//! Who may make an account here, and how it begins: the rule for every door (form, REST, another service's sign-in).

mod invitation;

use chrono::Duration;
pub use invitation::{Guest, invite, look};
use uuid::Uuid;

use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::viewer::{Origin, Viewer};
use super::{maintenance, ticket};
use crate::model::activity::Action;
use crate::model::error::{Code, Rule};
use crate::model::setting::{Gate, RegistrationMode, RegistrationSettings};
use crate::model::ticket::Purpose;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// How long an invitation holds.
pub const INVITATION: Duration = Duration::days(7);

/// How a new account begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beginning {
    /// It waits for an administrator's approval.
    pub pending: bool,
    /// The address is proved: the invitation came by it.
    pub verified: bool,
}

/// What comes with a registration besides its form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Application<'a> {
    /// The token of an invitation.
    pub invitation: Option<&'a str>,
    /// BCP 47 tag of the language that the form was in.
    pub language: Option<&'a str>,
}

/// Whether somebody with this (normalized) address may make an account now. The first account of a server always may.
/// Errors: `Forbidden` (closed, or only by invitation), `Invalid` (`email`: not a domain that may register, or not the one that was
/// invited; `token`: the invitation does not hold).
pub async fn check(server: &Server, email: &str, invitation: Option<&str>) -> Result<Beginning> {
    if !server.db.has_users().await? {
        return Ok(Beginning::default());
    }
    maintenance::admit(server, None)?;
    let settings = server.settings.get();
    let rules = &settings.registration;
    if let Some(token) = invitation.filter(|_| rules.mode != RegistrationMode::Closed) {
        let guest = look(server, token).await?;
        if guest.email != email {
            return Err(Error::invalid("email", Rule::Unknown, "The invitation is for another address."));
        }
        // An administrator has chosen them already.
        return Ok(Beginning { pending: false, verified: true });
    }
    require_open(server)?;
    if !rules.allows_domain(email) {
        return Err(Error::invalid("email", Rule::Domain, "Addresses of this domain may not register here."));
    }
    Ok(Beginning { pending: rules.approval, verified: false })
}

/// An error (`Forbidden`) unless somebody can make an account here without an invitation.
pub fn require_open(server: &Server) -> Result<()> {
    match server.settings.get().registration.mode {
        RegistrationMode::Open => Ok(()),
        RegistrationMode::Invitation => Err(Error::new(Code::Forbidden, "Registration here is by invitation only.")),
        RegistrationMode::Closed => Err(Error::new(Code::Forbidden, "Registration is closed on this server.")),
    }
}

/// Uses the invitation up, after its account was made.
pub async fn used(server: &Server, invitation: Option<&str>) {
    let Some(token) = invitation else { return };
    if let Err(cause) = ticket::redeem(server, Purpose::Invitation, token).await {
        tracing::warn!(%cause, "an invitation could not be used up");
    }
}

/// Lets a waiting account in; its owner is told. Administrators only. False: it did not wait. Errors: `NotFound`.
pub async fn approve(server: &Server, viewer: &Viewer, origin: &Origin, user_id: Uuid) -> Result<bool> {
    viewer.require_admin()?;
    let user = server.db.people().find(user_id).await?.ok_or_else(|| Error::not_found("user"))?;
    if !server.db.credentials().approve(user_id, server.clock.now()).await? {
        return Ok(false);
    }
    activity::record(server, Event::new(Action::Approved, origin).of(user_id).by(viewer.user.id)).await;
    letter::post(server, &Recipient::from(&user), Letter::Approved).await;
    Ok(true)
}

/// How accounts are made, for administrators.
pub fn settings(server: &Server, viewer: &Viewer) -> Result<RegistrationSettings> {
    viewer.require_admin()?;
    Ok(server.settings.get().registration.clone())
}

/// What the registration page says, before anybody types.
pub async fn gate(server: &Server, invitation: Option<&str>) -> Result<Gate> {
    let settings = server.settings.get();
    let RegistrationSettings { mode, domains, approval } = settings.registration.clone();
    let guest = match invitation {
        Some(token) => match look(server, token).await {
            Ok(guest) => Some((guest.email, guest.by)),
            Err(Error::Client(_)) => None,
            Err(other) => return Err(other),
        },
        None => None,
    };
    let gone = invitation.is_some() && guest.is_none();
    Ok(Gate { mode, domains, approval, guest, gone })
}

#[cfg(test)]
mod tests;
