//! The one door to a sign-in. Whoever has proved who they are comes through here, whichever way they came and whatever will
//! remember them (a cookie session, tokens): nothing else may sign anybody in.

use chrono::Duration;
use serde_json::{Value, json};

use super::activity::{self, Event};
use super::device::{self, Device};
use super::viewer::Origin;
use super::{erasure, factor, ticket};
use crate::model::activity::Action;
use crate::model::error::Code;
use crate::model::factor::{Challenge, TICKET_MINUTES};
use crate::model::ticket::Purpose;
use crate::model::user::User;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// How somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    Password,
    /// They have just made the account.
    Registration,
    /// A passkey that checked its owner (user verification): two factors in one.
    Passkey,
    /// An account at another service, by the name of its provider here.
    Identity(String),
}

impl Proof {
    fn name(&self) -> &str {
        match self {
            Self::Password => "password",
            Self::Registration => "registration",
            Self::Passkey => "passkey",
            Self::Identity(provider) => provider,
        }
    }
}

/// What becomes of somebody who has proved who they are.
#[derive(Debug)]
pub enum Admission {
    /// They may come in.
    In(User),
    /// The second factor is still to come. The ticket stands for the first; its purpose is `SecondFactor`.
    SecondFactor { ticket: String },
}

/// Lets somebody in, or asks for more. `device` is the browser they come with, where it is known.
/// Errors: `Forbidden` (locked), `Pending`.
pub async fn admit(server: &Server, origin: &Origin, device: Option<&Device>, user: User, proof: &Proof) -> Result<Admission> {
    if let Err(error) = check_standing(server, &user).await {
        let event = Event::new(Action::SignedIn, origin).of(user.id).by_nobody().refused();
        activity::record(server, event.detail(json!({ "by": proof.name() }))).await;
        return Err(error);
    }
    if *proof != Proof::Passkey && factor::is_asked(server, &user).await? && !device::is_trusted(server, device, &user).await? {
        let data = json!({ "by": proof.name() });
        let lifetime = Duration::minutes(TICKET_MINUTES);
        let ticket = ticket::issue(server, Purpose::SecondFactor, Some(user.id), data, lifetime).await?;
        return Ok(Admission::SecondFactor { ticket });
    }
    let_in(server, origin, device, &user, json!({ "by": proof.name() })).await?;
    Ok(Admission::In(user))
}

/// The second half: lets in who holds the ticket of the first and has the code. `remember`: this browser is not asked again soon.
/// Errors: `Invalid` (`ticket` or `code`), `RateLimited`, and those of [`admit`].
#[expect(clippy::too_many_arguments, reason = "what somebody comes in with")]
pub async fn admit_second(
    server: &Server,
    origin: &Origin,
    device: Option<&Device>,
    ticket: &str,
    code: &str,
    remember: bool,
) -> Result<User> {
    let first = ticket::peek(server, Purpose::SecondFactor, ticket).await.map_err(expired)?;
    let user = match first.user_id {
        Some(id) => server.db.people().find(id).await?,
        None => None,
    };
    let user = user.ok_or_else(Error::unauthenticated)?;
    check_standing(server, &user).await?;
    let method = match factor::check(server, origin, &user, code).await {
        Ok(method) => method,
        Err(error) => {
            let event = Event::new(Action::SignedIn, origin).of(user.id).by_nobody().refused();
            activity::record(server, event.detail(json!({ "by": first.data["by"], "with": "code" }))).await;
            return Err(error);
        }
    };
    // Of two who hand in the ticket with two good codes, one comes in.
    ticket::redeem(server, Purpose::SecondFactor, ticket).await.map_err(expired)?;
    let_in(server, origin, device, &user, json!({ "by": first.data["by"], "with": method })).await?;
    if let (true, Some(device)) = (remember, device) {
        device::trust(server, device, &user).await?;
    }
    Ok(user)
}

/// What is asked of who holds this ticket. Errors: `Invalid` (`ticket` is `Expired`).
pub async fn challenge(server: &Server, ticket: String) -> Result<Challenge> {
    let first = ticket::peek(server, Purpose::SecondFactor, &ticket).await.map_err(expired)?;
    let methods = match first.user_id {
        Some(id) => factor::methods(server, id).await?,
        None => Vec::new(),
    };
    Ok(Challenge { ticket, methods, expires_in: (first.expires_at - server.clock.now()).num_seconds() })
}

fn expired(error: Error) -> Error {
    use crate::model::error::Rule;
    match error {
        Error::Client(_) => Error::invalid("ticket", Rule::Expired, "It took too long, or was done already: sign in again."),
        other => other,
    }
}

/// Passwords are checked together with this, other proofs are not.
async fn check_standing(server: &Server, user: &User) -> Result<()> {
    let standing = server.db.sign_ins().standing(user).await?.ok_or_else(Error::unauthenticated)?;
    if standing.disabled_at.is_some() {
        return Err(Error::new(Code::Forbidden, "This account is locked."));
    }
    if standing.pending_since.is_some() {
        return Err(Error::new(Code::Pending, "An administrator has to approve your account first."));
    }
    Ok(())
}

async fn let_in(server: &Server, origin: &Origin, device: Option<&Device>, user: &User, how: Value) -> Result<()> {
    erasure::call_off(server, origin, user).await?;
    activity::record(server, Event::new(Action::SignedIn, origin).of(user.id).detail(how)).await;
    device::note(server, origin, device, user).await
}
