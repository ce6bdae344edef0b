//! Signing in with tokens, for programs. A sign-in is a family: its refresh tokens follow one another, each good once, and its
//! access tokens hold as long as it does. A used refresh token that comes back means that somebody has a copy: the family ends.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::activity::{self, Event};
use super::admission::{self, Admission, Proof};
use super::device::Device;
use super::registration::Application;
use super::viewer::{Origin, Via, Viewer};
use super::{account, feature};
use crate::model::activity::Action;
use crate::model::error::Code;
use crate::model::factor::Challenge;
use crate::model::operation::Feature;
use crate::model::token::{ACCESS_SECONDS, REFRESH_DAYS, SIGN_IN_DAYS, Tokens};
use crate::model::user::{Registration, User};
use crate::server::Server;
use crate::server::crypto::jwt::Claims;
use crate::server::crypto::{random_token, sha256};
use crate::server::db::{NewFamily, NewToken, Rotation};
use crate::server::error::{Error, Result};

/// What a program gets that has proved whose it is.
#[derive(Debug)]
pub enum Entry {
    In(Box<User>, Tokens),
    /// More is asked for: the ticket goes to [`second`].
    SecondFactor(Challenge),
}

/// Makes an account and signs in with it. Errors as of [`account::register`] and [`admission::admit`].
pub async fn register(server: &Server, origin: &Origin, registration: Registration, application: Application<'_>) -> Result<Entry> {
    feature::require(server, Feature::Api)?;
    let user = account::register(server, origin, registration, application).await?;
    enter(server, origin, None, user, &Proof::Registration).await
}

/// Signs in. Errors as of [`account::authenticate`] and [`admission::admit`].
pub async fn login(server: &Server, origin: &Origin, device: &Device, email: &str, password: String) -> Result<Entry> {
    feature::require(server, Feature::Api)?;
    let user = account::authenticate(server, origin, email, password).await?;
    enter(server, origin, Some(device), user, &Proof::Password).await
}

/// Signs in who has proved who they are, or asks for more. Errors as of [`admission::admit`].
pub async fn enter(server: &Server, origin: &Origin, device: Option<&Device>, user: User, proof: &Proof) -> Result<Entry> {
    feature::require(server, Feature::Api)?;
    match admission::admit(server, origin, device, user, proof).await? {
        Admission::In(user) => begin(server, origin, user).await,
        Admission::SecondFactor { ticket } => Ok(Entry::SecondFactor(admission::challenge(server, ticket).await?)),
    }
}

/// Signs in with the second factor, after [`Entry::SecondFactor`]. Errors as of [`admission::admit_second`].
#[expect(clippy::too_many_arguments, reason = "what somebody comes in with")]
pub async fn second(server: &Server, origin: &Origin, device: &Device, ticket: &str, code: &str, remember: bool) -> Result<Entry> {
    feature::require(server, Feature::Api)?;
    let user = admission::admit_second(server, origin, Some(device), ticket, code, remember).await?;
    begin(server, origin, user).await
}

/// Begins a family for this user, who has proved who they are.
async fn begin(server: &Server, origin: &Origin, user: User) -> Result<Entry> {
    let (id, now) = (Uuid::now_v7(), server.clock.now());
    let (refresh, stored) = new_refresh(now);
    let ip = origin.ip.map(|ip| ip.to_string());
    let family = NewFamily { id, user_id: user.id, user_agent: origin.user_agent.as_deref(), ip };
    server.db.tokens().begin(&family, stored).await?;
    let tokens = pair(server, &user, id, refresh)?;
    Ok(Entry::In(Box::new(user), tokens))
}

/// Exchanges a refresh token for a new pair, within the life of its sign-in. Errors: `Unauthenticated`.
pub async fn refresh(server: &Server, origin: &Origin, refresh: &str) -> Result<Tokens> {
    feature::require(server, Feature::Api)?;
    let now = server.clock.now();
    let (next, stored) = new_refresh(now);
    match server.db.tokens().rotate(&sha256(refresh), stored, now - Duration::days(SIGN_IN_DAYS)).await? {
        Rotation::Rotated { family, user } => pair(server, &user, family, next),
        Rotation::Reused { family } => {
            tracing::warn!(%family, "a used refresh token came back: the sign-in was ended");
            if let Some(owner) = server.db.tokens().owner(family).await? {
                activity::record(server, Event::new(Action::TokenReused, origin).of(owner).by_nobody().refused()).await;
            }
            Err(Error::new(Code::Unauthenticated, "The refresh token was used before. This sign-in has ended; sign in again."))
        }
        Rotation::Refused => Err(Error::new(Code::Unauthenticated, "The refresh token is not valid. Sign in again.")),
    }
}

/// Until when this access token holds. Errors: `Unauthenticated`.
pub async fn verify(server: &Server, access: &str) -> Result<DateTime<Utc>> {
    let (claims, _) = check(server, access).await?;
    DateTime::from_timestamp(claims.exp, 0).ok_or_else(refused)
}

/// Who asks with this access token. Errors: `Unauthenticated`; `Forbidden` where programs are switched off.
pub async fn viewer(server: &Server, access: &str) -> Result<Viewer> {
    let (claims, user) = check(server, access).await?;
    feature::require(server, Feature::Api)?;
    Ok(Viewer { user, via: Via::Token { family: claims.sid } })
}

/// Ends the sign-in that this refresh token belongs to; one that is not known has ended already.
pub async fn end_of_refresh(server: &Server, origin: &Origin, refresh: &str) -> Result<()> {
    let owner = server.db.tokens().end_of(&sha256(refresh), server.clock.now()).await?;
    signed_out(server, origin, owner).await;
    Ok(())
}

/// Ends the sign-in.
pub async fn end(server: &Server, origin: &Origin, family: Uuid) -> Result<()> {
    let owner = server.db.tokens().end(family, server.clock.now()).await?;
    signed_out(server, origin, owner).await;
    Ok(())
}

async fn signed_out(server: &Server, origin: &Origin, owner: Option<Uuid>) {
    if let Some(owner) = owner {
        activity::record(server, Event::new(Action::SignedOut, origin).of(owner)).await;
    }
}

/// The token's claims and its user: signed by us, not over, of a family that lives and a user who is not locked out.
async fn check(server: &Server, access: &str) -> Result<(Claims, User)> {
    let claims = server.keys.jwt().check(access, server.clock.now()).ok_or_else(refused)?;
    let user = server.db.tokens().find_user(claims.sid).await?.filter(|user| user.id == claims.sub);
    Ok((claims, user.ok_or_else(refused)?))
}

fn refused() -> Error {
    Error::new(Code::Unauthenticated, "The access token is not valid any more. Refresh it, or sign in again.")
}

fn new_refresh(now: DateTime<Utc>) -> (String, NewToken) {
    let token = random_token();
    let stored = NewToken { hash: sha256(&token), created_at: now, expires_at: now + Duration::days(REFRESH_DAYS) };
    (token, stored)
}

fn pair(server: &Server, user: &User, family: Uuid, refresh: String) -> Result<Tokens> {
    let claims = Claims::new(user.id, family, server.clock.now(), ACCESS_SECONDS);
    Ok(Tokens { access: server.keys.jwt().sign(&claims)?, refresh, expires_in: ACCESS_SECONDS })
}
