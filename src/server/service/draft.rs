//! What people are writing, for their other devices. The newest wins; it goes with the conversation and with the person.

use uuid::Uuid;

use super::viewer::Viewer;
use crate::model::error::Fields;
use crate::model::message::MESSAGE_MAX;
use crate::model::queue::{Draft, NewDraft};
use crate::server::Server;
use crate::server::error::{Error, Result};

/// What the viewer is writing in this conversation. Errors: `NotFound`.
pub async fn find(server: &Server, viewer: &Viewer, chat_id: Uuid) -> Result<Draft> {
    of(server, viewer, chat_id).await?;
    let found = server.db.drafts().find_for(viewer.user.id, chat_id).await?;
    Ok(found.unwrap_or(Draft { text: String::new(), updated_at: None }))
}

/// Keeps what the viewer is writing, in place of what was kept before. Errors: `NotFound`, `Invalid`.
pub async fn set(server: &Server, viewer: &Viewer, chat_id: Uuid, new: NewDraft) -> Result<Draft> {
    let mut fields = Fields::default();
    fields.length("text", &new.text, 0, MESSAGE_MAX);
    fields.check()?;
    of(server, viewer, chat_id).await?;
    let (text, now) = (new.text.replace('\0', "\u{FFFD}"), server.clock.now());
    server.db.drafts().set(viewer.user.id, chat_id, &text, now).await?;
    Ok(Draft { text, updated_at: Some(now) })
}

/// Something was asked: what the viewer was writing, if it is this, is no draft any more.
pub(super) async fn asked(server: &Server, viewer: &Viewer, chat_id: Uuid, text: &str) -> Result<()> {
    let found = server.db.drafts().find_for(viewer.user.id, chat_id).await?;
    if found.is_some_and(|draft| !draft.text.is_empty() && draft.text.trim() == text.trim()) {
        server.db.drafts().set(viewer.user.id, chat_id, "", server.clock.now()).await?;
    }
    Ok(())
}

async fn of(server: &Server, viewer: &Viewer, chat_id: Uuid) -> Result<()> {
    let found = server.db.chats().find_for(viewer.user.id, chat_id).await?;
    found.map(drop).ok_or_else(|| Error::not_found("conversation"))
}
