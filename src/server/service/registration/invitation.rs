//! Invitations: a link by mail that lets one address register, once.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::INVITATION;
use crate::model::activity::Action;
use crate::model::error::{Fields, Rule};
use crate::model::setting::RegistrationMode;
use crate::model::ticket::Purpose;
use crate::model::user::{Invitation, LANGUAGES, check_email, normal_email};
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::service::activity::{self, Event};
use crate::server::service::letter::{self, Letter, Recipient};
use crate::server::service::ticket;
use crate::server::service::viewer::{Origin, Viewer};

/// Who was invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// Normalized.
    pub email: String,
    /// Name of who invited them.
    pub by: String,
}

/// Who the invitation with this token is for. Errors: `Invalid` (`token` is `Expired`).
pub async fn look(server: &Server, token: &str) -> Result<Guest> {
    let ticket = ticket::peek(server, Purpose::Invitation, token).await?;
    serde_json::from_value(ticket.data).map_err(Error::internal)
}

/// Invites somebody: the link goes to their address, which counts as proved when they register by it. Administrators only.
/// Errors: `Invalid` (`email`, `language`), `Conflict` (registration is closed).
pub async fn invite(server: &Server, viewer: &Viewer, origin: &Origin, email: &str, language: Option<String>) -> Result<Invitation> {
    viewer.require_admin()?;
    let email = normal_email(email);
    let language = language.filter(|language| !language.is_empty());
    let mut fields = Fields::default();
    check_email(&mut fields, &email);
    if language.as_deref().is_some_and(|language| !LANGUAGES.contains(&language)) {
        fields.add("language", Rule::Unknown, format!("language must be one of {}.", LANGUAGES.join(", ")));
    }
    fields.check()?;
    if server.settings.get().registration.mode == RegistrationMode::Closed {
        return Err(Error::conflict("Registration is closed; open it for invitations first."));
    }
    if server.db.users().find_by_email(&email).await?.is_some() {
        return Err(Error::invalid("email", Rule::Taken, "There is an account with this email already."));
    }
    let guest = Guest { email: email.clone(), by: viewer.user.name.clone() };
    let expires_at = server.clock.now() + INVITATION;
    let token = ticket::issue(server, Purpose::Invitation, None, json!(guest), INVITATION).await?;
    let to = Recipient { user_id: None, email: email.clone(), name: String::new(), language: language.or(viewer.user.language.clone()) };
    let letter = Letter::Invitation { link: format!("/register?invitation={token}"), by: guest.by };
    letter::post(server, &to, letter).await;
    // Not the whole address: the log outlives the account that it may become, and cannot forget a part of a line.
    let domain = email.rsplit_once('@').map(|(_, domain)| domain);
    activity::record(server, Event::new(Action::Invited, origin).of(viewer.user.id).detail(json!({ "domain": domain }))).await;
    Ok(Invitation { email, expires_at })
}
