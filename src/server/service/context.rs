//! What of a conversation models are shown: pinned messages, and the summary that stands for the oldest ones.

use uuid::Uuid;

use super::viewer::Viewer;
use super::{chat, generation};
use crate::model::context::{PINS_MAX, Pinned, Shown, Summary, checked_summary};
use crate::model::message::Message;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// Pins a message of the viewer's, or takes its pin away: a pinned message is always in what models are shown of its branch.
pub async fn pin(server: &Server, viewer: &Viewer, message_id: Uuid, on: bool) -> Result<Message> {
    let message = chat::message(server, viewer, message_id).await?;
    if on && message.status.is_running() {
        return Err(Error::conflict("This answer is still being written. Pin it when it is there."));
    }
    if on && message.content.is_empty() {
        return Err(Error::conflict("This answer is empty; there is nothing to pin."));
    }
    if on && !message.pinned && server.db.contexts().pins(message.session_id).await? >= PINS_MAX as i64 {
        return Err(Error::conflict(format!("At most {PINS_MAX} messages of a conversation can be pinned.")));
    }
    server.db.contexts().pin(message_id, on.then(|| server.clock.now())).await?;
    Ok(Message { pinned: on, ..message })
}

/// Characters of a pinned message that its list shows.
const BEGINNING: usize = 160;

/// What the model that was used last is shown of a conversation.
pub async fn shown(server: &Server, viewer: &Viewer, chat_id: Uuid) -> Result<Shown> {
    let found = server.db.chats().find_for(viewer.user.id, chat_id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let budget = generation::budget(server, viewer, Some(chat_id), None).await?;
    let (pins, summary) = match found.leaf_id {
        Some(leaf) => (server.db.contexts().pinned(leaf).await?, server.db.contexts().summary(leaf).await?),
        None => Default::default(),
    };
    let pins = pins.into_iter().map(|pin| {
        let beginning = pin.content.chars().take(BEGINNING).collect();
        Pinned { id: pin.id, author: pin.role, beginning }
    });
    Ok(Shown { title: found.chat.title, budget, summary, pins: pins.collect() })
}

/// The summary of the branch that is shown.
pub async fn summary(server: &Server, viewer: &Viewer, chat_id: Uuid) -> Result<Summary> {
    let found = server.db.chats().find_for(viewer.user.id, chat_id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let summary = match found.leaf_id {
        Some(leaf) => server.db.contexts().summary(leaf).await?,
        None => None,
    };
    summary.ok_or_else(|| Error::not_found("summary"))
}

/// Gives the summary of the branch that is shown another text. `id` is the summary that was read, where that is known: another one that
/// was written meanwhile is not overwritten.
pub async fn edit_summary(server: &Server, viewer: &Viewer, chat_id: Uuid, id: Option<Uuid>, content: &str) -> Result<Summary> {
    let summary = summary(server, viewer, chat_id).await?;
    let content = checked_summary(content)?;
    if id.is_some_and(|id| id != summary.id) {
        return Err(Error::conflict("Another summary was written meanwhile. Read it, then change that one."));
    }
    let now = server.clock.now();
    server.db.contexts().edit_summary(summary.id, &content, now).await?;
    Ok(Summary { content, edited_at: Some(now), ..summary })
}
