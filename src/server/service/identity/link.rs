//! Linking an account at another service to one here, and unlinking it.

use serde_json::json;

use super::arrival::identity;
use super::{Outcome, Trip, offered};
use crate::model::activity::Action;
use crate::model::identity::{Identity, LinkedAccounts, Refusal};
use crate::model::user::User;
use crate::server::Server;
use crate::server::db::{NewIdentity, StoredIdentityProvider, Unlinked};
use crate::server::error::{Error, Result};
use crate::server::service::activity::{self, Event};
use crate::server::service::letter::{self, Letter, Recipient};
use crate::server::service::step_up;
use crate::server::service::viewer::{Origin, Viewer};

/// What the viewer has linked, and what they could.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<LinkedAccounts> {
    let linked = server.db.identities().list_for(viewer.user.id).await?;
    let mut others = offered(server).await?;
    others.retain(|service| linked.iter().all(|identity| identity.provider != service.slug));
    Ok(LinkedAccounts { linked, others })
}

/// Links who came back from a trip that the viewer began for that. Refusals: `Expired` (it was begun for something else, or by
/// somebody else), `LinkedElsewhere`, `LinkedAlready`.
pub async fn finish(server: &Server, viewer: &Viewer, origin: &Origin, trip: Trip) -> Outcome<Identity> {
    if trip.link != Some(viewer.user.id) {
        return Err(Refusal::Expired.into());
    }
    let new = identity(server, &trip.provider, &trip.claims, viewer.user.id);
    match server.db.identities().owner(new.provider_id, new.subject).await? {
        Some(owner) if owner == viewer.user.id => {}
        Some(_) => return Err(Refusal::LinkedElsewhere.into()),
        None => add(server, origin, &viewer.user, &trip.provider, &new).await?,
    }
    let linked = server.db.identities().list_for(viewer.user.id).await?;
    let found = linked.into_iter().find(|identity| identity.provider == trip.provider.provider.slug);
    Ok(found.ok_or(Refusal::Expired)?)
}

/// Links, notes it, and tells the user.
pub(super) async fn add(
    server: &Server,
    origin: &Origin,
    user: &User,
    provider: &StoredIdentityProvider,
    new: &NewIdentity<'_>,
) -> Outcome<()> {
    if !server.db.identities().insert(new).await? {
        let owner = server.db.identities().owner(new.provider_id, new.subject).await?;
        return Err(if owner.is_some() { Refusal::LinkedElsewhere } else { Refusal::LinkedAlready }.into());
    }
    changed(server, origin, user, provider, true).await;
    Ok(())
}

/// Unlinks what the viewer has of this service. Errors: `StepUp`, `NotFound`; refusals: `LastWay`.
pub async fn unlink(server: &Server, viewer: &Viewer, origin: &Origin, slug: &str) -> Outcome<()> {
    step_up::require(server, viewer).await?;
    let provider = server.db.identities().provider_by_slug(slug).await?.ok_or_else(|| Error::not_found("linked account"))?;
    match server.db.identities().unlink(viewer.user.id, provider.provider.id, other_ways(server, viewer).await?).await? {
        Unlinked::Absent => Err(Error::not_found("linked account").into()),
        Unlinked::LastWay => Err(Refusal::LastWay.into()),
        Unlinked::Done => {
            changed(server, origin, &viewer.user, &provider, false).await;
            Ok(())
        }
    }
}

/// Ways to sign in that are neither a password nor a linked account: passkeys.
async fn other_ways(server: &Server, viewer: &Viewer) -> Result<i64> {
    let passkeys = server.db.passkeys().list(viewer.user.id).await?;
    Ok(passkeys.len() as i64)
}

async fn changed(server: &Server, origin: &Origin, user: &User, provider: &StoredIdentityProvider, added: bool) {
    let action = if added { Action::IdentityLinked } else { Action::IdentityUnlinked };
    let detail = json!({ "provider": provider.provider.slug });
    activity::record(server, Event::new(action, origin).of(user.id).detail(detail)).await;
    let letter = Letter::IdentityChanged { provider: provider.provider.name.clone(), added, origin: origin.clone() };
    letter::post(server, &Recipient::from(user), letter).await;
}
