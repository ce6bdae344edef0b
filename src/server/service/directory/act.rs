//! What administrators do to accounts: one at a time, or the same to several.

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

use super::{find, listed, tell};
use crate::model::activity::Action;
use crate::model::directory::{Act, BULK_MAX, Bulk, BulkResult, BulkResults, Dossier};
use crate::model::error::Rule;
use crate::model::job::JobKind;
use crate::model::user::{Role, User};
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::job::{self, NewJob};
use crate::server::service::activity::{self, Event};
use crate::server::service::letter::{self, Letter, Recipient};
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{device, factor, presence, registration, step_up};

/// Does it. What is so already is left so. Administrators only.
/// Errors: `NotFound`, `Conflict` (oneself, or the last administrator), `StepUp`.
pub async fn act(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, act: Act) -> Result<Dossier> {
    viewer.require_admin()?;
    if act.is_grave() {
        step_up::require(server, viewer).await?;
    }
    apply(server, viewer, origin, id, act).await?;
    find(server, viewer, id).await
}

/// Does the same to each; what is refused for one is done to the others. Administrators only. Errors: `Invalid`, `StepUp`.
pub async fn bulk(server: &Server, viewer: &Viewer, origin: &Origin, bulk: Bulk) -> Result<BulkResults> {
    viewer.require_admin()?;
    let Bulk { mut ids, action } = bulk;
    if ids.is_empty() {
        return Err(Error::invalid("ids", Rule::Required, "ids must name somebody."));
    }
    if ids.len() > BULK_MAX {
        return Err(Error::invalid("ids", Rule::TooLong(BULK_MAX), format!("ids may name at most {BULK_MAX}.")));
    }
    if action.is_grave() {
        step_up::require(server, viewer).await?;
    }
    let mut named = std::collections::HashSet::new();
    ids.retain(|id| named.insert(*id));
    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        results.push(match apply(server, viewer, origin, id, action).await {
            Ok(()) => BulkResult { id, done: true, code: None, message: None },
            Err(error) => {
                let error = error.into_api();
                BulkResult { id, done: false, code: Some(error.code), message: Some(error.message) }
            }
        });
    }
    Ok(BulkResults { results })
}

async fn apply(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, act: Act) -> Result<()> {
    let before = listed(server, id).await?;
    if id == viewer.user.id && matches!(act, Act::Disable | Act::MakeUser | Act::Delete) {
        return Err(Error::conflict("You cannot do this to yourself; another administrator can."));
    }
    // Said, so that nobody takes an account for usable that is going to be erased.
    if act == Act::Enable && before.state() == crate::model::directory::State::Deleting {
        return Err(Error::conflict("This account is to be erased; restore it to let it in again."));
    }
    let user = before.user.clone();
    if !act.fits(&super::shown(server, before)) {
        return Ok(());
    }
    let (db, now) = (server.db.directory(), server.clock.now());
    let done = match act {
        Act::Disable => db.disable(id, now).await?,
        Act::Enable => server.db.users().set_disabled(id, None, now).await.map(|()| true)?,
        Act::SignOut => db.sign_out(id, now).await.map(|()| true)?,
        Act::VerifyEmail => db.update(&User { email_verified: true, ..user.clone() }, now).await?,
        Act::MakeAdmin => server.db.users().set_role(id, Role::Admin, now).await?,
        Act::MakeUser => db.demote(id, now).await?,
        // These note it themselves.
        Act::Approve => return registration::approve(server, viewer, origin, id).await.map(drop),
        Act::ResetFactor => return factor::reset(server, viewer, origin, &user).await,
        Act::Delete => return delete(server, viewer, origin, &user).await,
        Act::Restore => db.restore(id, now).await.map(|()| true)?,
    };
    if !done {
        return Err(last());
    }
    if matches!(act, Act::Disable | Act::SignOut) {
        presence::dismiss(server, id);
        device::distrust_others(server, None, &user).await?;
    }
    activity::record(server, event(act, origin).by(viewer.user.id).of(id)).await;
    if act == Act::Restore {
        letter::post(server, &Recipient::from(&user), Letter::Restored).await;
    }
    tell(server, id).await
}

fn last() -> Error {
    Error::conflict("This is the last administrator: make somebody else one first.")
}

fn event(act: Act, origin: &Origin) -> Event<'_> {
    let role = |role: Role| Event::new(Action::RoleChanged, origin).detail(json!({ "role": role }));
    match act {
        Act::Disable => Event::new(Action::Disabled, origin),
        Act::Enable => Event::new(Action::Enabled, origin),
        Act::SignOut => Event::new(Action::SignedOutByAdmin, origin),
        Act::VerifyEmail => Event::new(Action::EmailVerifiedByAdmin, origin),
        Act::MakeAdmin => role(Role::Admin),
        Act::MakeUser => role(Role::User),
        Act::Approve => Event::new(Action::Approved, origin),
        Act::ResetFactor => Event::new(Action::FactorReset, origin),
        Act::Delete => Event::new(Action::UserDeleted, origin),
        Act::Restore => Event::new(Action::DeletionCalledOff, origin),
    }
}

/// Has the account erased after the days of grace. It is locked until then: not its owner, an administrator calls this off.
async fn delete(server: &Server, viewer: &Viewer, origin: &Origin, user: &User) -> Result<()> {
    let (id, now) = (user.id, server.clock.now());
    let grace = Duration::days(server.settings.get().data.deletion_days.into());
    let erased_after = now + grace;
    if !server.db.directory().delete(id, erased_after, now).await? {
        return Err(last());
    }
    presence::dismiss(server, id);
    let payload = json!({ "user_id": id, "erased_after": erased_after });
    job::enqueue(server, NewJob::new(JobKind::Erase, payload).after(grace)).await?;
    let event = event(Act::Delete, origin).by(viewer.user.id).of(id).detail(json!({ "erased_after": erased_after }));
    activity::record(server, event).await;
    // Without days of grace the receipt is on its way already.
    if grace > Duration::zero() {
        letter::post(server, &Recipient::from(user), Letter::DeletionOrdered { erased_after }).await;
    }
    Ok(())
}
