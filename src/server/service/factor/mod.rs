//! The second factor: an authenticator app (TOTP, RFC 6238), recovery codes for the day it is lost, and who has to have one.

mod recovery;
#[cfg(test)]
mod tests;
mod totp;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

#[cfg(test)]
pub(super) use self::totp::code_at;
use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::viewer::{Origin, Viewer};
use super::{device, step_up};
use crate::model::activity::Action;
use crate::model::error::{Code, Rule};
use crate::model::factor::{CODE_DIGITS, CODE_MAX, FactorStatus, Method, RecoveryCodes, Setup};
use crate::model::user::User;
use crate::server::Server;
use crate::server::crypto::{Context, Place};
use crate::server::db::Factor;
use crate::server::error::{Error, Result};

/// A set-up that was not finished for so long is begun anew.
const SETUP: Duration = Duration::hours(1);
/// So many wrong codes in a row lock the factor for a minute; each further one doubles that, up to an hour.
const FREE_FAILURES: i64 = 5;
const LOCK_MAX_MINUTES: i64 = 60;

/// How the viewer's second factor stands.
pub async fn status(server: &Server, viewer: &Viewer) -> Result<FactorStatus> {
    let user = &viewer.user;
    let since = server.db.factors().find(user.id).await?.and_then(|factor| factor.confirmed_at);
    let recovery_codes_left = server.db.factors().standing(user.id).await?.codes;
    let has_password = server.db.sign_ins().standing(user).await?.is_some_and(|standing| standing.has_password);
    Ok(FactorStatus { enabled: since.is_some(), since, recovery_codes_left, required: is_required(server, user), has_password })
}

/// Begins to set up an authenticator app, anew if one was begun before. Errors: `StepUp`, `Conflict` (there is one).
pub async fn setup(server: &Server, viewer: &Viewer) -> Result<Setup> {
    step_up::require(server, viewer).await?;
    let secret = totp::new_secret();
    let sealed = server.keys.encrypt(&secret, &context(viewer.user.id))?;
    if !server.db.factors().begin(viewer.user.id, &sealed, server.clock.now()).await? {
        return Err(Error::conflict("There is an authenticator app already; remove it first."));
    }
    totp::describe(secret, &viewer.user.email)
}

/// The set-up that the viewer has begun, if any.
pub async fn pending(server: &Server, viewer: &Viewer) -> Result<Option<Setup>> {
    let Some(factor) = begun(server, viewer.user.id).await? else { return Ok(None) };
    let secret = server.keys.decrypt(&factor.secret, &context(viewer.user.id))?;
    totp::describe(secret, &viewer.user.email).map(Some)
}

/// Gives up the set-up that the viewer has begun. Without one nothing happens.
pub async fn abandon(server: &Server, viewer: &Viewer) -> Result<()> {
    Ok(server.db.factors().abandon(viewer.user.id).await?)
}

async fn begun(server: &Server, user_id: Uuid) -> Result<Option<Factor>> {
    let factor = server.db.factors().find(user_id).await?;
    Ok(factor.filter(|factor| factor.confirmed_at.is_none() && server.clock.now() - factor.created_at < SETUP))
}

/// Makes the authenticator app hold once it has shown a code, and answers the recovery codes.
/// Errors: `Conflict` (none is being set up), `Invalid` (`code`), `RateLimited`.
pub async fn enable(server: &Server, viewer: &Viewer, origin: &Origin, code: &str) -> Result<RecoveryCodes> {
    let user = &viewer.user;
    server.limits.factor(origin, user.id).await?;
    let none = || Error::conflict("No authenticator app is being set up; begin again.");
    let factor = begun(server, user.id).await?.ok_or_else(none)?;
    let secret = server.keys.decrypt(&factor.secret, &context(user.id))?;
    let now = server.clock.now();
    let Some(step) = totp::step_of(secret, code, now)? else {
        activity::record(server, Event::new(Action::FactorEnabled, origin).of(user.id).refused()).await;
        return Err(wrong_code());
    };
    let (codes, hashes) = recovery::make();
    if !server.db.factors().confirm(user.id, &factor.secret, step, &hashes, now).await? {
        return Err(none());
    }
    // A browser that was remembered for another app is not for this one.
    device::distrust_others(server, None, user).await?;
    activity::record(server, Event::new(Action::FactorEnabled, origin).of(user.id)).await;
    tell(server, user, origin, "authenticator app", true).await;
    Ok(codes)
}

/// Removes authenticator app and recovery codes. Errors: `StepUp`, `Conflict` (there is none, or it is required).
pub async fn disable(server: &Server, viewer: &Viewer, origin: &Origin) -> Result<()> {
    let user = &viewer.user;
    step_up::require(server, viewer).await?;
    if is_required(server, user) {
        return Err(Error::conflict("An administrator asks your role for a second factor; it cannot be removed."));
    }
    if !server.db.factors().delete(user.id).await? {
        return Err(Error::conflict("There is no authenticator app."));
    }
    activity::record(server, Event::new(Action::FactorDisabled, origin).of(user.id)).await;
    tell(server, user, origin, "authenticator app", false).await;
    Ok(())
}

/// New recovery codes in place of those there are. Errors: `StepUp`, `Conflict` (no authenticator app).
pub async fn renew_codes(server: &Server, viewer: &Viewer, origin: &Origin) -> Result<RecoveryCodes> {
    let user = &viewer.user;
    step_up::require(server, viewer).await?;
    if server.db.factors().standing(user.id).await?.apps == 0 {
        return Err(Error::conflict("There is no authenticator app."));
    }
    let (codes, hashes) = recovery::make();
    server.db.factors().replace_codes(user.id, &hashes, server.clock.now()).await?;
    activity::record(server, Event::new(Action::RecoveryCodesMade, origin).of(user.id)).await;
    tell(server, user, origin, "set of recovery codes", true).await;
    Ok(codes)
}

/// Removes every second factor and passkey of somebody who has lost them. Whoever calls this has checked that they may.
pub async fn reset(server: &Server, actor: &Viewer, origin: &Origin, user: &User) -> Result<()> {
    let app = server.db.factors().delete(user.id).await?;
    let passkeys = server.db.passkeys().delete_all(user.id).await?;
    let detail = json!({ "authenticator": app, "passkeys": passkeys });
    activity::record(server, Event::new(Action::FactorReset, origin).of(user.id).by(actor.user.id).detail(detail)).await;
    if app || passkeys > 0 {
        tell(server, user, origin, "second factor", false).await;
    }
    Ok(())
}

/// The code, of the authenticator app or for recovery, used up with this. Errors: `Invalid` (`code`), `RateLimited`.
pub async fn check(server: &Server, origin: &Origin, user: &User, code: &str) -> Result<Method> {
    server.limits.factor(origin, user.id).await?;
    let code = code.trim();
    if code.is_empty() || code.chars().count() > CODE_MAX {
        return Err(wrong_code());
    }
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() == CODE_DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) {
        check_totp(server, user, &digits).await.map(|()| Method::Totp)
    } else {
        check_recovery(server, origin, user, code).await.map(|()| Method::RecoveryCode)
    }
}

async fn check_totp(server: &Server, user: &User, code: &str) -> Result<()> {
    let (factors, now) = (server.db.factors(), server.clock.now());
    let Some(factor) = factors.find(user.id).await?.filter(|factor| factor.confirmed_at.is_some()) else { return Err(wrong_code()) };
    if !factors.attempt(user.id, now, |failures| locked_until(now, failures)).await? {
        let wait = factor.locked_until.map_or(60, |until| (until - now).num_seconds() + 1);
        return Err(Error::rate_limited(u64::try_from(wait).unwrap_or(60)));
    }
    let secret = server.keys.decrypt(&factor.secret, &context(user.id))?;
    let step = totp::step_of(secret, code, now)?.ok_or_else(wrong_code)?;
    if factors.use_step(user.id, step).await? { Ok(()) } else { Err(wrong_code()) }
}

fn locked_until(now: DateTime<Utc>, failures: i64) -> Option<DateTime<Utc>> {
    let beyond = failures - FREE_FAILURES;
    let minutes = 1_i64.checked_shl(u32::try_from(beyond).ok()?).filter(|_| beyond < 16).unwrap_or(LOCK_MAX_MINUTES);
    Some(now + Duration::minutes(minutes.min(LOCK_MAX_MINUTES)))
}

/// Recovery codes cannot be guessed, so they are good also while the authenticator app is locked.
async fn check_recovery(server: &Server, origin: &Origin, user: &User, code: &str) -> Result<()> {
    let Some(hash) = recovery::hash(code) else { return Err(wrong_code()) };
    if !server.db.factors().use_code(user.id, &hash, server.clock.now()).await? {
        return Err(wrong_code());
    }
    let left = server.db.factors().standing(user.id).await?.codes;
    let event = Event::new(Action::RecoveryCodeUsed, origin).of(user.id).detail(json!({ "left": left }));
    activity::record(server, event).await;
    tell(server, user, origin, "recovery code", false).await;
    Ok(())
}

/// Whether a second factor is asked for when the user signs in: they have an authenticator app, or their role has to have a
/// second factor and they have passkeys.
pub async fn is_asked(server: &Server, user: &User) -> Result<bool> {
    let standing = server.db.factors().standing(user.id).await?;
    Ok(standing.apps > 0 || standing.passkeys > 0 && is_required(server, user))
}

/// Whether the user has to set up a second factor before anything else.
pub async fn is_missing(server: &Server, user: &User) -> Result<bool> {
    if !is_required(server, user) {
        return Ok(false);
    }
    let standing = server.db.factors().standing(user.id).await?;
    Ok(standing.apps == 0 && standing.passkeys == 0)
}

fn is_required(server: &Server, user: &User) -> bool {
    server.settings.get().security.second_factor.contains(&user.role)
}

/// What the user can give as a second factor.
pub async fn methods(server: &Server, user_id: Uuid) -> Result<Vec<Method>> {
    let standing = server.db.factors().standing(user_id).await?;
    let each = [
        (standing.apps > 0, Method::Totp),
        (standing.apps > 0 && standing.codes > 0, Method::RecoveryCode),
        (standing.passkeys > 0, Method::Passkey),
    ];
    Ok(each.into_iter().filter(|(has, _)| *has).map(|(_, method)| method).collect())
}

/// The answer to who has to set up a second factor before anything else.
pub fn missing() -> Error {
    Error::new(Code::FactorMissing, "Set up a second factor first: your role needs one.")
}

/// One answer for a code that is wrong, was used, or is of nobody's.
fn wrong_code() -> Error {
    Error::invalid("code", Rule::Expired, "The code is not right, or was used before.")
}

/// Tells the owner of the account what became of it.
pub(super) async fn tell(server: &Server, user: &User, origin: &Origin, what: &'static str, added: bool) {
    letter::post(server, &Recipient::from(user), Letter::FactorChanged { what, added, origin: origin.clone() }).await;
}

/// What a secret was encrypted for.
fn context(user_id: Uuid) -> Context {
    Place::Totp.of(user_id)
}
