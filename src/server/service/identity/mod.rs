//! Signing in with an account at another service: who is recognised, who gets an account, what is linked.
//!
//! 1. A service's own id of the account (`subject`) is all that anybody is recognised by; an address never is.
//! 2. A trip to a service and back is a ticket: it holds for ten minutes and once, for one service, for signing in *or* for linking
//!    to one user, and only for who began it (a browser by its cookie, a program by its handle).
//! 3. An address counts only if the service says that it is verified. An account with the same address is linked without asking only
//!    if both sides are verified; otherwise its owner signs in first and links.
//! 4. An account that a service vouched for comes in by the same door as any other ([`super::admission`]).

mod arrival;
mod link;
pub mod provider;
#[cfg(test)]
pub(crate) mod tests;
mod trip;

pub use arrival::{Entry, arrive, complete, newcomer};
pub use link::{finish as finish_link, list, unlink};
use secrecy::SecretString;
pub use trip::{Began, Brought, Return, Start, Trip, back, start};

use crate::model::error::{Code, Rule};
use crate::model::identity::{OfferedProvider, Refusal};
use crate::model::setting::RegistrationMode;
use crate::server::Server;
use crate::server::db::StoredIdentityProvider;
use crate::server::error::Error;
use crate::server::identity::{Client, Trouble, TroubleKind};

/// Why it did not come about: a reason that has a sentence of its own, or any other error.
#[derive(Debug)]
pub enum Stop {
    Refused(Refusal),
    Failed(Error),
}

/// What the functions here answer with.
pub type Outcome<T> = Result<T, Stop>;

impl From<Refusal> for Stop {
    fn from(reason: Refusal) -> Self {
        Self::Refused(reason)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        tracing::warn!(cause = %trouble, "a service to sign in with failed");
        Self::Refused(match trouble.kind {
            TroubleKind::Unreachable => Refusal::Unreachable,
            TroubleKind::Expired => Refusal::Expired,
            TroubleKind::Misconfigured => Refusal::Misconfigured,
            TroubleKind::Unverifiable => Refusal::Unverifiable,
        })
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(reason) => reason.error().into(),
            Stop::Failed(error) => error,
        }
    }
}

/// The services that anybody may sign in with, in the order of their buttons.
pub async fn offered(server: &Server) -> Result<Vec<OfferedProvider>, Error> {
    let all = server.db.identities().providers().await?.into_iter().map(|row| row.provider);
    Ok(all.filter(|row| row.enabled).map(|row| OfferedProvider { slug: row.slug, name: row.name, kind: row.kind }).collect())
}

/// Where a service sends browsers back to. `site` is the address under which this server is reached.
pub fn callback(site: &str, slug: &str) -> String {
    format!("{site}/oauth/{slug}/callback")
}

/// A service that is switched on.
async fn enabled(server: &Server, slug: &str) -> Outcome<StoredIdentityProvider> {
    let found = server.db.identities().provider_by_slug(slug).await?;
    Ok(found.filter(|row| row.provider.enabled).ok_or(Refusal::Unavailable)?)
}

/// How we are registered with it, with the secret in the clear.
fn client(server: &Server, row: &StoredIdentityProvider, redirect_uri: String) -> Result<Client, Error> {
    let secret = match &row.secret_cipher {
        None => None,
        Some(cipher) => {
            let plain = server.keys.decrypt(cipher, &provider::context(row.provider.id))?;
            Some(SecretString::from(String::from_utf8_lossy(&plain).into_owned()))
        }
    };
    let provider = row.provider.clone();
    Ok(Client { kind: provider.kind, issuer: provider.issuer, id: provider.client_id, secret, scopes: provider.scopes, redirect_uri })
}

/// A reason of this feature's own for what the rules of registration refuse.
fn registration_refused(server: &Server, error: Error) -> Stop {
    let Error::Client(said) = &error else { return error.into() };
    match said.code {
        Code::Forbidden if server.settings.get().registration.mode == RegistrationMode::Invitation => Refusal::InvitationOnly.into(),
        Code::Forbidden => Refusal::RegistrationClosed.into(),
        Code::Invalid if said.field("token").is_some() => Refusal::InvitationGone.into(),
        Code::Invalid if said.field("email").is_some_and(|field| field.rule == Rule::Domain) => Refusal::DomainRefused.into(),
        _ => error.into(),
    }
}
