//! Who comes back to sign in: somebody known, somebody with a verified address, or a newcomer.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{Brought, Outcome, Stop, Trip, link, registration_refused};
use crate::model::activity::Action;
use crate::model::error::Fields;
use crate::model::identity::{Newcomer, Refusal};
use crate::model::ticket::Purpose;
use crate::model::user::{NAME_MAX, Role, User, check_email, normal_email};
use crate::server::Server;
use crate::server::db::{Account, NewIdentity, StoredIdentityProvider};
use crate::server::error::{Error, Result};
use crate::server::identity::Claims;
use crate::server::service::activity::{self, Event};
use crate::server::service::viewer::Origin;
use crate::server::service::{registration, ticket, verification};

/// How long a newcomer may take to name an address, in minutes.
const MINUTES: i64 = 30;

/// What becomes of who came back.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one is made for each sign-in")]
pub enum Entry {
    /// They have proved who they are; the door lets them in.
    Known { user: User, next: Option<String> },
    /// They have no account yet, and no address that could be used; `handle` is for [`complete`].
    AddressNeeded { handle: String },
}

/// What is kept of a newcomer.
#[derive(Serialize, Deserialize)]
struct Kept {
    provider_id: Uuid,
    claims: Claims,
    next: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

/// Whom an account is made for.
struct New<'a> {
    provider: &'a StoredIdentityProvider,
    claims: &'a Claims,
    brought: &'a Brought,
    email: String,
    name: Option<&'a str>,
}

/// Recognises who came back to sign in, or makes them an account. Refusals: `Expired` (the trip was begun to link), `Disabled`,
/// `EmailTaken`, `SignUpOff`, `RegistrationClosed`, `InvitationOnly`, `InvitationGone`, `DomainRefused`; errors: `RateLimited`.
pub async fn arrive(server: &Server, origin: &Origin, trip: Trip) -> Outcome<Entry> {
    if trip.link.is_some() {
        return Err(Refusal::Expired.into());
    }
    let Trip { provider, claims, next, brought, .. } = trip;
    if let Some(owner) = server.db.identities().owner(provider.provider.id, &claims.subject).await? {
        return Ok(Entry::Known { user: known(server, &provider, &claims, owner).await?, next });
    }
    let email = usable(&claims);
    if let Some(email) = &email
        && let Some(account) = server.db.users().find_by_email(email).await?
        && let Some(user) = by_address(server, origin, &provider, &claims, account).await?
    {
        return Ok(Entry::Known { user, next });
    }
    let email = match &brought.invitation {
        // It came by mail to the address that was invited: the account gets that one, whatever the service calls theirs.
        Some(token) => Some(registration::look(server, token).await.map_err(|error| registration_refused(server, error))?.email),
        None => email,
    };
    match email {
        Some(email) => {
            let new = New { provider: &provider, claims: &claims, brought: &brought, email, name: claims.name.as_deref() };
            Ok(Entry::Known { user: sign_up(server, origin, new).await?, next })
        }
        None if !provider.provider.allow_sign_up => Err(Refusal::SignUpOff.into()),
        None => {
            // No address is asked for in vain.
            registration::require_open(server).map_err(|error| registration_refused(server, error))?;
            let kept = Kept { provider_id: provider.provider.id, claims, next, language: brought.language };
            let data = serde_json::to_value(kept).map_err(Error::internal)?;
            let handle = ticket::issue(server, Purpose::IdentityAddress, None, data, Duration::minutes(MINUTES)).await?;
            Ok(Entry::AddressNeeded { handle })
        }
    }
}

/// The account that this one there is linked to.
async fn known(server: &Server, provider: &StoredIdentityProvider, claims: &Claims, owner: Uuid) -> Outcome<User> {
    let user = server.db.people().find(owner).await?.ok_or_else(|| Error::not_found("user"))?;
    let account = server.db.users().find_by_email(&user.email).await?;
    if account.is_none_or(|account| account.disabled) {
        return Err(Refusal::Disabled.into());
    }
    server.db.identities().touch(&identity(server, provider, claims, owner)).await?;
    Ok(user)
}

/// The service's address in our form, if mail could reach it.
fn usable(claims: &Claims) -> Option<String> {
    let email = normal_email(claims.email.as_deref()?);
    let mut fields = Fields::default();
    check_email(&mut fields, &email);
    fields.check().is_ok().then_some(email)
}

/// The user of the account with this address, if both sides have proved it. Absent: they have not.
async fn by_address(
    server: &Server,
    origin: &Origin,
    provider: &StoredIdentityProvider,
    claims: &Claims,
    account: Account,
) -> Outcome<Option<User>> {
    let Account { user, disabled, .. } = account;
    if disabled && claims.email_verified {
        return Err(Refusal::Disabled.into());
    }
    if !(claims.email_verified && user.email_verified) {
        return Ok(None);
    }
    let new = identity(server, provider, claims, user.id);
    link::add(server, origin, &user, provider, &new).await?;
    server.db.identities().touch(&new).await?;
    Ok(Some(user))
}

/// Whom the page that asks for the address is for. Absent: they took too long.
pub async fn newcomer(server: &Server, handle: &str) -> Result<Option<Newcomer>> {
    let Ok(ticket) = ticket::peek(server, Purpose::IdentityAddress, handle).await else { return Ok(None) };
    let kept: Kept = serde_json::from_value(ticket.data).map_err(Error::internal)?;
    let provider = server.db.identities().find_provider(kept.provider_id).await?;
    Ok(provider.map(|row| Newcomer { provider_name: row.provider.name, name: kept.claims.name }))
}

/// Makes an account for a newcomer who named an address (which counts as not verified). Answers also the page to go to and the
/// service's short name. Refusals: `Expired`, `Unavailable`, and as of [`arrive`]; errors: `Invalid` (`email`), `RateLimited`.
pub async fn complete(
    server: &Server,
    origin: &Origin,
    handle: &str,
    email: &str,
    name: Option<&str>,
) -> Outcome<(User, Option<String>, String)> {
    let ticket = ticket::peek(server, Purpose::IdentityAddress, handle).await.map_err(|_| Refusal::Expired)?;
    let Kept { provider_id, claims, next, language } = serde_json::from_value(ticket.data).map_err(Error::internal)?;
    let email = normal_email(email);
    let mut fields = Fields::default();
    check_email(&mut fields, &email);
    fields.check().map_err(Error::from)?;
    let provider = server.db.identities().find_provider(provider_id).await?;
    let provider = provider.filter(|row| row.provider.enabled).ok_or(Refusal::Unavailable)?;
    if server.db.users().find_by_email(&email).await?.is_some() {
        return Err(Refusal::EmailTaken.into());
    }
    registration::check(server, &email, None).await.map_err(|error| registration_refused(server, error))?;
    // Of two at once, one goes on.
    ticket::redeem(server, Purpose::IdentityAddress, handle).await.map_err(|_| Refusal::Expired)?;
    let claims = Claims { email: None, email_verified: false, ..claims };
    let named = name.map(str::trim).filter(|name| !name.is_empty()).or(claims.name.as_deref());
    let brought = Brought { invitation: None, language };
    let user = sign_up(server, origin, New { provider: &provider, claims: &claims, brought: &brought, email, name: named }).await?;
    Ok((user, next, provider.provider.slug))
}

/// Makes an account without a password, and links it.
async fn sign_up(server: &Server, origin: &Origin, new: New<'_>) -> Outcome<User> {
    let New { provider, claims, brought: Brought { invitation, language }, email, name } = new;
    let (invitation, language) = (invitation.as_deref(), language.as_deref());
    if !provider.provider.allow_sign_up {
        return Err(Refusal::SignUpOff.into());
    }
    server.limits.registration(origin).await?;
    let beginning = registration::check(server, &email, invitation).await.map_err(|error| registration_refused(server, error))?;
    let now = server.clock.now();
    let fallback = email.split('@').next().unwrap_or_default().to_owned();
    let name: String = name.map_or(fallback, str::to_owned).chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    let mut user = User::new(Uuid::now_v7(), email, name, Role::User, now);
    (user.email_verified, user.language) = (beginning.verified || claims.email_verified, language.map(str::to_owned));
    let user = server.db.users().insert_as(user, None, beginning.pending).await?.ok_or(Refusal::EmailTaken)?;
    let new = identity(server, provider, claims, user.id);
    if !server.db.identities().insert(&new).await? {
        // The same account there came in a moment ago on another way.
        server.db.people().erase(user.id).await?;
        return Err(Refusal::Expired.into());
    }
    server.db.identities().touch(&new).await?;
    registration::used(server, invitation).await;
    let by = json!({ "by": provider.provider.slug });
    activity::record(server, Event::new(Action::Registered, origin).of(user.id).detail(by)).await;
    if !user.email_verified
        && let Err(cause) = verification::send(server, &user, &user.email, language).await
    {
        tracing::error!(user = %user.id, %cause, "the link that proves an address could not be sent");
    }
    tracing::info!(user = %user.id, provider = provider.provider.slug, "an account was made for somebody whom another service vouches for");
    Ok(user)
}

/// The account there as it is written for the user.
pub(super) fn identity<'a>(server: &Server, provider: &StoredIdentityProvider, claims: &'a Claims, user_id: Uuid) -> NewIdentity<'a> {
    let (email, name) = (claims.email.as_deref(), claims.name.as_deref());
    NewIdentity {
        id: Uuid::now_v7(),
        provider_id: provider.provider.id,
        subject: &claims.subject,
        user_id,
        email,
        name,
        at: server.clock.now(),
    }
}

/// Whether the stop is the reason, for who only wants to know that.
impl Stop {
    pub fn reason(&self) -> Option<Refusal> {
        match self {
            Self::Refused(reason) => Some(*reason),
            Self::Failed(_) => None,
        }
    }
}
