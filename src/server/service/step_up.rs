//! Dangerous actions ask for a proof that is fresh: a cookie that lies open on a desk is not enough. Signing in is such a proof,
//! and so is giving password, code or passkey again; it is kept with the sign-in and holds for [`FRESH`].

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::activity::{self, Event};
use super::factor;
use super::passkey;
use super::viewer::{Origin, Via, Viewer};
use crate::model::activity::Action;
use crate::model::error::{Code, Rule};
use crate::model::user::PASSWORD_MAX;
use crate::server::Server;
use crate::server::db::SignInKey;
use crate::server::error::{Error, Result};

/// How long a proof is fresh.
pub const FRESH: Duration = Duration::minutes(10);

/// What proves it again.
pub enum Proof {
    Password(String),
    /// Of the authenticator app, or a recovery code.
    Code(String),
    /// The answer of an authenticator to the ceremony of this ticket.
    Passkey {
        answer: passkey::Answer,
        host: Option<String>,
    },
}

/// An error (`StepUp`) unless the viewer proved who they are a short time ago.
pub async fn require(server: &Server, viewer: &Viewer) -> Result<()> {
    let proved = server.db.sign_ins().proved_at(key(viewer)).await?;
    if proved.is_some_and(|at| server.clock.now() - at < FRESH) {
        return Ok(());
    }
    Err(Error::new(Code::StepUp, "Prove again who you are: it was too long ago for this."))
}

/// Takes a proof, and answers until when it is fresh. Errors: `BadCredentials`, `Invalid` (`code`), `RateLimited`.
pub async fn prove(server: &Server, viewer: &Viewer, origin: &Origin, proof: Proof) -> Result<DateTime<Utc>> {
    let checked = check(server, viewer, origin, proof).await;
    let event = Event::new(Action::SteppedUp, origin).of(viewer.user.id);
    match checked {
        Ok(by) => {
            let now = server.clock.now();
            server.db.sign_ins().prove(key(viewer), now).await?;
            activity::record(server, event.detail(json!({ "by": by }))).await;
            Ok(now + FRESH)
        }
        Err(error) => {
            activity::record(server, event.refused()).await;
            Err(error)
        }
    }
}

async fn check(server: &Server, viewer: &Viewer, origin: &Origin, proof: Proof) -> Result<&'static str> {
    match proof {
        Proof::Password(password) => check_password(server, viewer, origin, password).await.map(|()| "password"),
        Proof::Code(code) => factor::check(server, origin, &viewer.user, &code).await.map(|_| "code"),
        Proof::Passkey { answer, host } => {
            let user = passkey::prove(server, origin, host.as_deref(), answer).await?;
            if user.id == viewer.user.id { Ok("passkey") } else { Err(passkey::refused()) }
        }
    }
}

/// The right password of the viewer, or an error (`BadCredentials`, `Invalid`) after the same work.
pub async fn check_password(server: &Server, viewer: &Viewer, origin: &Origin, password: String) -> Result<()> {
    server.limits.login(origin, &viewer.user.email).await?;
    if password.is_empty() {
        return Err(Error::invalid("password", Rule::Required, "password is required."));
    }
    let wrong = || Error::new(Code::BadCredentials, "The password is not right.");
    if password.chars().count() > PASSWORD_MAX {
        return Err(wrong());
    }
    let account = server.db.users().find_by_email(&viewer.user.email).await?;
    let verified = server.passwords.verify(password, account.and_then(|account| account.password_hash)).await?;
    if verified { Ok(()) } else { Err(wrong()) }
}

fn key(viewer: &Viewer) -> SignInKey<'_> {
    match &viewer.via {
        Via::Session { id_hash } => SignInKey::Browser(id_hash),
        Via::Token { family } => SignInKey::Program(*family),
    }
}
