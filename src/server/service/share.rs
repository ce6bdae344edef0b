//! Conversations that are shared by a link. Who has the link may read; what it leads to is looked up by its token alone.

use bytes::Bytes;
use chrono::Duration;
use uuid::Uuid;

use super::activity::{self, Event};
use super::file::{self, Stored};
use super::viewer::{Origin, Site, Viewer};
use super::{chat, feature};
use crate::model::Page;
use crate::model::activity::Action;
use crate::model::error::{Code, Fields, Rule};
use crate::model::file::Attachment;
use crate::model::message::{Author, Message, Shown};
use crate::model::operation::Feature;
use crate::model::share::{DAYS_MAX, SHARES_MAX, Share, ShareForm, SharedMessage, SharedPage};
use crate::server::Server;
use crate::server::crypto::{Context, Place, random_token, sha256};
use crate::server::db::{NewShare, SharedChat};
use crate::server::error::{Error, Result};
use crate::server::render;

mod take;
#[cfg(test)]
mod tests;

pub use take::take;

/// Messages of a page.
const PAGE: i64 = 200;
/// Most messages of a branch that are looked through, and that programs are given.
const BRANCH: i64 = 20_000;
/// Characters of the summary that who is shown the link reads.
const SUMMARY: usize = 200;

/// What the link's token is encrypted for.
fn context(id: Uuid) -> Context {
    Place::Share.of(id)
}

/// Shares the viewer's conversation. Errors: `NotFound`, `Invalid` (`days`), `Conflict` (nothing in it, or too many links), `Forbidden`
/// (links are switched off).
pub async fn create(server: &Server, viewer: &Viewer, origin: &Origin, site: &Site, form: ShareForm) -> Result<Share> {
    feature::require(server, Feature::Sharing)?;
    let ShareForm { session_id, live, sign_in, indexed, files, days } = form;
    let mut fields = Fields::default();
    if days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        fields.add("days", Rule::Range(1, DAYS_MAX), format!("days must be from 1 to {DAYS_MAX}."));
    }
    fields.check()?;
    let found = server.db.chats().find_for(viewer.user.id, session_id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let leaf = found.leaf_id.ok_or_else(|| Error::conflict("There is nothing in this conversation yet."))?;
    if server.db.shares().count(viewer.user.id).await? >= SHARES_MAX {
        return Err(Error::conflict(format!("Nobody can have more than {SHARES_MAX} links.")));
    }
    let (id, token, created_at) = (Uuid::now_v7(), random_token(), server.clock.now());
    let new = NewShare {
        id,
        user_id: viewer.user.id,
        chat_id: session_id,
        leaf_id: (!live).then_some(leaf),
        token_hash: sha256(&token),
        token: &server.keys.encrypt(token.as_bytes(), &context(id))?,
        sign_in,
        // A page that asks for a sign-in is nothing for search engines.
        indexed: indexed && !sign_in,
        files,
        created_at,
        expires_at: days.map(|days| created_at + Duration::days(days.into())),
    };
    server.db.shares().insert(&new).await?;
    activity::record(server, Event::new(Action::ChatShared, origin).of(viewer.user.id)).await;
    let made = server.db.shares().list_for(viewer.user.id, Some(session_id), created_at, 1).await?;
    shown(server, site, made.into_iter().next().ok_or_else(|| Error::not_found("conversation"))?)
}

/// The viewer's links that hold, newest first; with `chat_id` those to that conversation.
pub async fn list(server: &Server, viewer: &Viewer, site: &Site, chat_id: Option<Uuid>) -> Result<Page<Share>> {
    if let Some(id) = chat_id {
        chat::find(server, viewer, id).await?;
    }
    let all = server.db.shares().list_for(viewer.user.id, chat_id, server.clock.now(), SHARES_MAX).await?;
    let items = all.into_iter().map(|share| shown(server, site, share)).collect::<Result<_>>()?;
    Ok(Page { items, next: None })
}

/// Ends a link of the viewer's.
pub async fn revoke(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<()> {
    if !server.db.shares().delete_for(viewer.user.id, id).await? {
        return Err(Error::not_found("link"));
    }
    activity::record(server, Event::new(Action::ShareEnded, origin).of(viewer.user.id)).await;
    Ok(())
}

fn shown(server: &Server, site: &Site, share: SharedChat) -> Result<Share> {
    let token = server.keys.decrypt(&share.token, &context(share.id))?;
    let url = format!("{}/share/{}", site.0, String::from_utf8_lossy(&token));
    let SharedChat { id, chat_id: session_id, title, sign_in, indexed, files, created_at, expires_at, .. } = share;
    let (live, views) = (share.leaf_id.is_none(), share.views.max(0).unsigned_abs());
    Ok(Share { id, session_id, title, url, live, sign_in, indexed, files, views, created_at, expires_at })
}

/// What the link leads to. Errors: `NotFound`; `Unauthenticated` where one has to be signed in.
async fn find(server: &Server, viewer: Option<&Viewer>, token: &str) -> Result<SharedChat> {
    let found = server.db.shares().find(&sha256(token), server.clock.now()).await?;
    // Switched off, all links end; switched on, they hold again.
    let found = found.filter(|_| server.settings.get().features.has(Feature::Sharing));
    let found = found.ok_or_else(|| Error::new(Code::NotFound, "This link does not hold, or does not any more."))?;
    if found.sign_in && viewer.is_none() {
        return Err(Error::unauthenticated());
    }
    Ok(found)
}

fn leaf(share: &SharedChat) -> Result<Uuid> {
    share.leaf_id.or(share.chat_leaf_id).ok_or_else(|| Error::not_found("conversation"))
}

/// The page of a shared conversation: the newest messages, rendered; with `before`, those above that message.
pub async fn open(server: &Server, viewer: Option<&Viewer>, token: &str, before: Option<Uuid>) -> Result<SharedPage> {
    let share = find(server, viewer, token).await?;
    let mut all = branch(server, leaf(&share)?).await?;
    if let Some(before) = before {
        let at = all.iter().position(|message| message.id == before).ok_or_else(|| Error::not_found("message"))?;
        all.truncate(at);
    } else if viewer.is_none_or(|viewer| viewer.user.id != share.user_id) {
        server.db.shares().seen(share.id).await?;
    }
    let first = all.iter().find(|message| message.role == Author::Assistant);
    let summary = first.map(|message| message.content.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default();
    let summary = summary.chars().take(SUMMARY).collect();
    let signed_in = viewer.is_some();
    let from = all.len().saturating_sub(PAGE as usize);
    let messages: Vec<Message> = all.split_off(from);
    let earlier = messages.first().filter(|_| from > 0).map(|oldest| oldest.id);
    let messages = messages.into_iter().map(|message| rendered(public(message))).collect();
    let SharedChat { title, indexed, files, created_at, .. } = share;
    let live = share.leaf_id.is_none();
    Ok(SharedPage { title, messages, earlier, live, indexed, files, created_at, summary, signed_in })
}

/// The same for programs: title and all messages.
pub async fn read(server: &Server, viewer: Option<&Viewer>, token: &str) -> Result<(String, Vec<SharedMessage>)> {
    let share = find(server, viewer, token).await?;
    let all = branch(server, leaf(&share)?).await?;
    if viewer.is_none_or(|viewer| viewer.user.id != share.user_id) {
        server.db.shares().seen(share.id).await?;
    }
    let messages = all.into_iter().map(public).map(|message| {
        let Message { id, role, content, model, attachments, created_at, .. } = message;
        SharedMessage { id, role, content, model, attachments, created_at }
    });
    Ok((share.title, messages.collect()))
}

/// The branch from its beginning, as far as it is written.
async fn branch(server: &Server, leaf: Uuid) -> Result<Vec<Message>> {
    let mut all = server.db.messages().branch(leaf, BRANCH).await?;
    all.reverse();
    Ok(all.into_iter().map(|message| settled(server, message)).collect())
}

/// A message that the link shows, as far as it is written. Errors: `NotFound`, `Unauthenticated`.
pub(super) async fn message(server: &Server, viewer: &Viewer, token: &str, id: Uuid) -> Result<Message> {
    let share = find(server, Some(viewer), token).await?;
    let all = branch(server, leaf(&share)?).await?;
    all.into_iter().find(|message| message.id == id).ok_or_else(|| Error::not_found("message"))
}

/// The message with what a running answer has so far.
pub(super) fn settled(server: &Server, message: Message) -> Message {
    let live = message.generation_id.filter(|_| message.status.is_running()).and_then(|run| server.generations.live(run));
    let Some(live) = live else { return message };
    let (content, reasoning, _) = live.so_far();
    Message { content, reasoning: Some(reasoning).filter(|text| !text.is_empty()), ..message }
}

/// As a page shows it.
pub(super) fn rendered(mut message: Message) -> Shown {
    let blocks = |markdown: &str| render::blocks(markdown).iter().map(|block| block.to_string()).collect();
    let (mut content, mut reasoning) = (Vec::new(), Vec::new());
    if message.role == Author::Assistant {
        content = blocks(&std::mem::take(&mut message.content));
        reasoning = blocks(&message.reasoning.take().unwrap_or_default());
    }
    Shown { siblings: vec![message.id], message, blocks: content, reasoning_blocks: reasoning }
}

/// What others may see of a message: not what it cost, nor why it failed.
fn public(message: Message) -> Message {
    Message { usage: None, error: None, notices: Vec::new(), generation_id: None, pinned: false, ..message }
}

/// A file of a shared conversation that is shared with it.
async fn attached(server: &Server, viewer: Option<&Viewer>, token: &str, id: Uuid) -> Result<(SharedChat, Attachment)> {
    let share = find(server, viewer, token).await?;
    let all = if share.files { server.db.messages().branch(leaf(&share)?, BRANCH).await? } else { Vec::new() };
    let found = all.into_iter().flat_map(|message| message.attachments).find(|file| file.id == id);
    found.map(|file| (share, file)).ok_or_else(|| Error::not_found("file"))
}

/// Where the content of a shared file is.
pub async fn content(server: &Server, viewer: Option<&Viewer>, token: &str, id: Uuid) -> Result<Stored> {
    let (share, _) = attached(server, viewer, token, id).await?;
    file::content_of(server, share.user_id, id).await
}

/// A shared picture as it is shown.
pub async fn view(server: &Server, viewer: Option<&Viewer>, token: &str, id: Uuid) -> Result<(Bytes, &'static str)> {
    let (share, _) = attached(server, viewer, token, id).await?;
    file::shown_of(server, share.user_id, id).await
}

/// Removes links that have ended.
pub async fn sweep(server: &Server) -> Result<u64> {
    Ok(server.db.shares().delete_expired(server.clock.now()).await?)
}
