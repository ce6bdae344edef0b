//! The one door to a sign-in. Whoever has proved who they are comes through here, whichever way they came and whatever will
//! remember them (a cookie session, tokens): nothing else may sign anybody in.

use super::activity::{self, Event};
use super::erasure;
use super::registration;
use super::viewer::Origin;
use crate::model::activity::Action;
use crate::model::user::User;
use crate::server::Server;
use crate::server::error::Result;

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

/// Lets somebody in, or asks for more. Errors: `Pending` (an administrator has to approve the account first).
pub async fn admit(server: &Server, origin: &Origin, user: User, proof: &Proof) -> Result<Admission> {
    registration::require_approval(server, &user).await?;
    erasure::call_off(server, origin, &user).await?;
    let event = Event::new(Action::SignedIn, origin).of(user.id).detail(serde_json::json!({ "by": proof.name() }));
    activity::record(server, event).await;
    Ok(Admission::In(user))
}
