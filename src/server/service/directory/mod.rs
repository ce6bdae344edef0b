//! The list of people, for administrators: finding them, making accounts and changing them. What is done to an account is in
//! `act`, and how the list leaves the server in `export`.

mod act;
mod export;
#[cfg(test)]
mod tests;

pub use act::{act, bulk};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration};
pub use export::export;
use serde_json::json;
use uuid::Uuid;

use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::viewer::{Origin, Viewer};
use super::{presence, step_up, ticket};
use crate::model::Page;
use crate::model::activity::Action;
use crate::model::directory::{Act, Dossier, Member, MemberChange, NewMember, Query, Sort, member};
use crate::model::error::Rule;
use crate::model::ticket::Purpose;
use crate::model::user::{Role, User};
use crate::server::Server;
use crate::server::db::{DirectoryKey, Listed, Wanted};
use crate::server::error::{Error, Result};

/// People of a page, by default and at most.
const LIST: u32 = 50;
const LIST_MAX: u32 = 200;
/// How long somebody whose account an administrator made can set a first password.
const WELCOME: Duration = Duration::days(7);

/// The people who fit. `after` is the `next` of the page before. Administrators only. Errors: `Invalid`.
pub async fn list(server: &Server, viewer: &Viewer, query: Query, after: Option<&str>, limit: Option<u32>) -> Result<Page<Member>> {
    viewer.require_admin()?;
    let query = query.checked()?;
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let after = after.map(|after| place(query.sort, after)).transpose()?;
    let mut rows = page(server, query.clone(), after, limit + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| cursor(query.sort, last));
    Ok(Page { items: rows.into_iter().map(|row| shown(server, row)).collect(), next })
}

/// The rows of a page.
async fn page(server: &Server, query: Query, after: Option<(DirectoryKey, Uuid)>, limit: usize) -> Result<Vec<Listed>> {
    let online = if query.online.is_some() { server.presence.visible() } else { Vec::new() };
    Ok(server.db.directory().list(&Wanted { query, online, after }, limit as i64).await?)
}

fn shown(server: &Server, row: Listed) -> Member {
    let (state, online) = (row.state(), server.presence.is_online(row.user.id));
    member(row.user, state, row.second_factor, row.last_seen_at, online)
}

/// The place behind this row, as text.
fn cursor(sort: Sort, row: &Listed) -> String {
    let key = match row.key(sort) {
        DirectoryKey::Time(at) => json!(at.timestamp_micros()),
        DirectoryKey::Text(text) => json!(text),
    };
    URL_SAFE_NO_PAD.encode(json!([sort, key, row.user.id]).to_string())
}

/// The place that [`cursor`] made.
fn place(sort: Sort, after: &str) -> Result<(DirectoryKey, Uuid)> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(after).ok()?;
        let (of, key, id): (Sort, serde_json::Value, Uuid) = serde_json::from_slice(&bytes).ok()?;
        let key = match sort {
            Sort::Newest | Sort::Oldest | Sort::Seen => DirectoryKey::Time(DateTime::from_timestamp_micros(key.as_i64()?)?),
            // No text that a database holds has it, and PostgreSQL does not take it.
            Sort::Name | Sort::Email => DirectoryKey::Text(key.as_str().filter(|text| !text.contains('\0'))?.to_owned()),
        };
        (of == sort).then_some((key, id))
    };
    read().ok_or_else(|| Error::invalid("after", Rule::Format, "after must be the `next` of a page before, in the same order."))
}

/// Everything about one account. Administrators only. Errors: `NotFound`.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Dossier> {
    viewer.require_admin()?;
    let row = listed(server, id).await?;
    let (sessions, programs) = server.db.directory().sign_ins(id, server.clock.now()).await?;
    let chats = server.db.people().chats(id).await?;
    let Listed { has_password, disabled_at, pending_since, delete_after, updated_at, .. } = row.clone();
    let member = shown(server, row);
    Ok(Dossier { member, has_password, sessions, programs, chats, disabled_at, pending_since, delete_after, updated_at })
}

async fn listed(server: &Server, id: Uuid) -> Result<Listed> {
    server.db.directory().find(id).await?.ok_or_else(|| Error::not_found("user"))
}

/// Makes an account; without a password its owner is written a letter with a link to set one.
/// Administrators only. Errors: `Invalid` (`email` may be `Taken`), `StepUp` (a new administrator).
pub async fn create(server: &Server, viewer: &Viewer, origin: &Origin, new: NewMember) -> Result<Dossier> {
    viewer.require_admin()?;
    let NewMember { email, name, role, password, email_verified } = new.checked()?;
    let role = role.unwrap_or(Role::User);
    if role == Role::Admin {
        step_up::require(server, viewer).await?;
    }
    let hash = match password {
        Some(password) => Some(server.passwords.hash(password).await?),
        None => None,
    };
    let user = User::new(Uuid::now_v7(), email, name, role, server.clock.now());
    let user = server.db.users().insert(user, hash.as_deref()).await?.ok_or_else(taken)?;
    if email_verified {
        let user = User { email_verified: true, ..user.clone() };
        server.db.directory().update(&user, server.clock.now()).await?;
    }
    let event = Event::new(Action::UserCreated, origin).by(viewer.user.id).of(user.id).detail(json!({ "role": role }));
    activity::record(server, event).await;
    if hash.is_none() {
        let token = ticket::issue(server, Purpose::ResetPassword, Some(user.id), json!({ "email": user.email }), WELCOME).await?;
        let link = format!("/reset/confirm?token={token}");
        letter::post(server, &Recipient::from(&user), Letter::ResetPassword { link }).await;
    }
    find(server, viewer, user.id).await
}

/// Changes name, address, role or whether the address is verified; another address is told to the old one.
/// Administrators only. Errors: `NotFound`, `Invalid` (`email` may be `Taken`), `Conflict` (the last administrator), `StepUp`.
pub async fn update(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, change: MemberChange) -> Result<Dossier> {
    viewer.require_admin()?;
    let before = listed(server, id).await?.user;
    let MemberChange { name, email, role, email_verified } = change.checked()?;
    let (name, email) = (name.unwrap_or_else(|| before.name.clone()), email.unwrap_or_else(|| before.email.clone()));
    let moved = email != before.email;
    let verified = email_verified.unwrap_or(before.email_verified && !moved);
    if moved {
        step_up::require(server, viewer).await?;
    }
    if let Some(role) = role.filter(|role| *role != before.role) {
        act(server, viewer, origin, id, if role == Role::Admin { Act::MakeAdmin } else { Act::MakeUser }).await?;
    }
    let pairs = [("name", name != before.name), ("email", moved), ("email_verified", verified != before.email_verified)];
    let fields: Vec<_> = pairs.into_iter().filter_map(|(field, changed)| changed.then_some(field)).collect();
    if !fields.is_empty() {
        let user = User { name, email: email.clone(), email_verified: verified, ..before.clone() };
        if !server.db.directory().update(&user, server.clock.now()).await? {
            return Err(taken());
        }
        let event = Event::new(Action::UserChanged, origin).by(viewer.user.id).of(id).detail(json!({ "fields": fields }));
        activity::record(server, event).await;
        if moved {
            letter::post(server, &Recipient::from(&before), Letter::EmailChanged { to: email }).await;
        }
        tell(server, id).await?;
    }
    find(server, viewer, id).await
}

/// Shows the user's own pages and who looks at them what is new.
async fn tell(server: &Server, id: Uuid) -> Result<()> {
    if let Some(user) = server.db.people().find(id).await? {
        presence::update(server, &user);
    }
    Ok(())
}

fn taken() -> Error {
    Error::invalid("email", Rule::Taken, "There is an account with this email already.")
}
