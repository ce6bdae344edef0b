//! Other people's conversations, for administrators. By default they read none: opening one takes a reason and a fresh proof, is in the
//! security log before anything is shown, is told to its owner, and holds for a while, for that administrator and that conversation.
//! A setting forbids it altogether.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::share::{rendered, settled};
use super::transcript::{self, Transcript};
use super::viewer::{Origin, Viewer};
use super::{generation, step_up};
use crate::i18n::Locale;
use crate::model::Page;
use crate::model::activity::Action;
use crate::model::error::{Code, Fields, Rule};
use crate::model::inspection::{Access, Inspected, InspectionQuery, MESSAGES_MAX, Metadata, OPEN_MINUTES, Opened, ReasonForm};
use crate::model::mail::LetterKind;
use crate::model::message::Message;
use crate::model::share::Format;
use crate::server::Server;
use crate::server::db::{FoundChat, InspectionFilter};
use crate::server::error::{Error, Result};

/// Conversations and messages of a list page, by default and at most.
const LIST: u32 = 30;
const LIST_MAX: u32 = 200;
/// Messages that a page opens with, and that "earlier" adds.
const OPEN: i64 = 50;
/// How often, and for how long at a time, an answer that is being written is waited for.
const WAITS: u32 = 50;
const WAIT: Duration = Duration::from_millis(100);

/// What is known of everybody's conversations, last written first; nothing of what was said. `after` is the `next` of the page before.
/// Administrators only. Errors: `Invalid`.
pub async fn list(
    server: &Server,
    viewer: &Viewer,
    query: InspectionQuery,
    after: Option<&str>,
    limit: Option<u32>,
) -> Result<Page<Metadata>> {
    viewer.require_admin()?;
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let filter = InspectionFilter { after: after.map(cursor).transpose()?, ..filter(server, query).await? };
    let mut items = server.db.inspections().list(&filter, limit as i64 + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| format!("{}.{}", last.updated_at.timestamp_micros(), last.id));
    Ok(Page { items, next })
}

/// `microseconds.id`, as [`list`] makes it.
fn cursor(text: &str) -> Result<(DateTime<Utc>, Uuid)> {
    let parsed = text.split_once('.').and_then(|(micros, id)| {
        let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some((at, Uuid::parse_str(id).ok()?))
    });
    parsed.ok_or_else(|| Error::invalid("after", Rule::Format, "after must be the `next` of a page before."))
}

async fn filter(server: &Server, query: InspectionQuery) -> Result<InspectionFilter> {
    let given = |text: Option<String>| text.map(|text| text.trim().replace('\0', "")).filter(|text| !text.is_empty());
    let InspectionQuery { owner, model, from, to, messages, reported } = query;
    let mut fields = Fields::default();
    if messages.is_some_and(|least| !(1..=MESSAGES_MAX).contains(&least)) {
        fields.add("messages", Rule::Range(1, MESSAGES_MAX), format!("messages must be from 1 to {MESSAGES_MAX}."));
    }
    fields.check()?;
    Ok(InspectionFilter {
        owner: activity::person(server, "owner", given(owner)).await?,
        model: given(model),
        since: given(from).map(|text| activity::moment("from", &text, 0)).transpose()?,
        until: given(to).map(|text| activity::moment("to", &text, 1)).transpose()?,
        messages,
        reported,
        after: None,
    })
}

/// What is known of one conversation. Administrators only. Errors: `NotFound`.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Metadata> {
    viewer.require_admin()?;
    server.db.inspections().find(id).await?.ok_or_else(|| Error::not_found("conversation"))
}

/// Opens somebody's conversation for this administrator. One that is open to them stays as it is. Administrators only.
/// Errors: `Invalid` (`reason`), `Forbidden` (the setting), `StepUp`, `NotFound`.
pub async fn open(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, form: ReasonForm) -> Result<Access> {
    viewer.require_admin()?;
    allowed(server)?;
    let reason = form.checked()?;
    let metadata = find(server, viewer, id).await?;
    step_up::require(server, viewer).await?;
    let created_at = server.clock.now();
    if let Some(access) = server.db.inspections().access(viewer.user.id, id, created_at).await? {
        return Ok(access);
    }
    let access = Access { reason, created_at, expires_at: created_at + chrono::Duration::minutes(OPEN_MINUTES) };
    let detail = json!({ "chat": id, "why": access.reason, "until": access.expires_at });
    note(server, viewer, origin, Action::ChatOpened, &metadata, detail).await?;
    server.db.inspections().insert(Uuid::now_v7(), viewer.user.id, id, &access).await?;
    tell(server, viewer, &metadata, LetterKind::ChatOpened, &access.reason).await;
    Ok(access)
}

/// What an administrator finds at a conversation: what is known of it, and what was said if it is open to them. `at` names a message whose
/// branch is shown, `before` one above which it goes on. Errors: `NotFound`.
pub async fn look(server: &Server, viewer: &Viewer, id: Uuid, at: Option<Uuid>, before: Option<Uuid>) -> Result<Inspected> {
    let metadata = find(server, viewer, id).await?;
    let allowed = allowed(server).is_ok();
    let opened = match leave(server, viewer, id).await {
        Ok((access, chat)) => Some(read(server, access, chat, at, before).await?),
        Err(Error::Client(error)) if error.code == Code::Forbidden => None,
        Err(error) => return Err(error),
    };
    Ok(Inspected { metadata, allowed, opened })
}

/// Every message of an open conversation, all branches, oldest first. Errors: `NotFound`, `Forbidden` (it is not open to them).
pub async fn messages(server: &Server, viewer: &Viewer, id: Uuid, after: Option<Uuid>, limit: Option<u32>) -> Result<Page<Message>> {
    leave(server, viewer, id).await?;
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let mut items = server.db.messages().list(id, after, limit as i64 + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Page { items: items.into_iter().map(|message| settled(server, message)).collect(), next })
}

/// An open conversation as a file. That is noted and told as opening it was, with the same reason. Errors: as of [`messages`].
#[expect(clippy::too_many_arguments, reason = "who acts, and on what")]
pub async fn export(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, format: Format, locale: Locale) -> Result<Transcript> {
    let (access, chat) = leave(server, viewer, id).await?;
    let metadata = find(server, viewer, id).await?;
    let detail = json!({ "chat": id, "why": access.reason, "format": format });
    note(server, viewer, origin, Action::ChatExported, &metadata, detail).await?;
    let made = transcript::make(server, chat, format, locale).await?;
    tell(server, viewer, &metadata, LetterKind::ChatExported, &access.reason).await;
    Ok(made)
}

/// Deletes somebody's conversation for good, read or not: its owner cannot bring it back. Open reports of it are upheld. Administrators only.
/// Errors: `Invalid` (`reason`), `StepUp`, `NotFound`, `Conflict` (an answer does not end).
pub async fn erase(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, form: ReasonForm) -> Result<()> {
    viewer.require_admin()?;
    let reason = form.checked()?;
    let metadata = find(server, viewer, id).await?;
    step_up::require(server, viewer).await?;
    end_runs(server, id).await?;
    note(server, viewer, origin, Action::ChatErased, &metadata, json!({ "chat": id, "why": reason })).await?;
    server.db.reports().uphold_in(id, viewer.user.id, server.clock.now()).await?;
    server.db.inspections().erase(id).await?;
    server.db.search().forget_removed().await?;
    tell(server, viewer, &metadata, LetterKind::ChatErased, &reason).await;
    Ok(())
}

/// What is stored after the conversation has gone would be stored for nobody.
async fn end_runs(server: &Server, id: Uuid) -> Result<()> {
    for _ in 0..WAITS {
        generation::stop_in(server, id);
        if !server.db.inspections().is_running(id).await? {
            return Ok(());
        }
        tokio::time::sleep(WAIT).await;
    }
    Err(Error::conflict("An answer is still being written in it; try again in a moment."))
}

fn allowed(server: &Server) -> Result<()> {
    match server.settings.get().oversight.reading {
        true => Ok(()),
        false => Err(Error::new(Code::Forbidden, "Nobody may open other people's conversations on this server: a setting forbids it.")),
    }
}

/// The administrator's leave to read the conversation, and the conversation.
async fn leave(server: &Server, viewer: &Viewer, id: Uuid) -> Result<(Access, FoundChat)> {
    viewer.require_admin()?;
    allowed(server)?;
    let chat = server.db.inspections().chat(id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let access = server.db.inspections().access(viewer.user.id, id, server.clock.now()).await?;
    let closed = || Error::new(Code::Forbidden, "This conversation is not open to you: open it first, with a reason.");
    Ok((access.ok_or_else(closed)?, chat))
}

async fn read(server: &Server, access: Access, chat: FoundChat, at: Option<Uuid>, before: Option<Uuid>) -> Result<Opened> {
    let (id, title) = (chat.chat.id, chat.chat.title);
    if let Some(named) = before.or(at)
        && !server.db.inspections().has(id, named).await?
    {
        return Err(Error::not_found("message"));
    }
    let leaf = match (before, at) {
        (Some(before), _) => server.db.messages().branch(before, 1).await?.pop().and_then(|message| message.parent_id),
        (None, Some(at)) => Some(server.db.messages().newest_leaf(id, at).await?),
        (None, None) => chat.leaf_id,
    };
    let Some(leaf) = leaf else { return Ok(Opened { access, title, messages: Vec::new(), earlier: None }) };
    let mut branch = server.db.messages().branch(leaf, OPEN).await?;
    let earlier = branch.last().filter(|oldest| oldest.parent_id.is_some()).map(|oldest| oldest.id);
    branch.reverse();
    let messages = branch.into_iter().map(|message| rendered(settled(server, message))).collect();
    Ok(Opened { access, title, messages, earlier })
}

/// In the log first: what cannot be noted is not done.
#[expect(clippy::too_many_arguments, reason = "who acts, and on what")]
async fn note(server: &Server, viewer: &Viewer, origin: &Origin, action: Action, of: &Metadata, detail: Value) -> Result<()> {
    activity::record_first(server, Event::new(action, origin).of(of.owner_id).by(viewer.user.id).detail(detail)).await
}

/// A letter to the owner, unless that is who acted.
async fn tell(server: &Server, viewer: &Viewer, of: &Metadata, kind: LetterKind, why: &str) {
    if of.owner_id == viewer.user.id {
        return;
    }
    let (by, why, link) = (viewer.user.name.clone(), why.to_owned(), format!("/chat/{}", of.id));
    let letter = match kind {
        LetterKind::ChatExported => Letter::ChatExported { by, why, link },
        LetterKind::ChatErased => Letter::ChatErased { by, why },
        _ => Letter::ChatOpened { by, why, link },
    };
    match server.db.people().find(of.owner_id).await {
        Ok(Some(owner)) => letter::post(server, &Recipient::from(&owner), letter).await,
        Ok(None) => {}
        Err(cause) => tracing::error!(user = %of.owner_id, %cause, "the owner of a conversation could not be told"),
    }
}

/// Removes leave that does not hold any more.
pub async fn sweep(server: &Server) -> Result<u64> {
    Ok(server.db.inspections().delete_expired(server.clock.now()).await?)
}

#[cfg(test)]
mod tests;
