//! A shared conversation that somebody goes on with: a copy in their own account.

use std::collections::HashMap;

use uuid::Uuid;

use super::{BRANCH, branch, find, leaf, public};
use crate::model::chat::Chat;
use crate::model::error::Code;
use crate::model::file::Attachment;
use crate::model::message::Message;
use crate::server::Server;
use crate::server::db::{ChatCopy, SharedChat};
use crate::server::error::{Error, Result};
use crate::server::service::chat;
use crate::server::service::file::{self, Stored};
use crate::server::service::shelf::anew;
use crate::server::service::viewer::Viewer;

/// Copies what the link leads to into the viewer's account: the messages, and the files where they are shared. Files that are not are
/// named in the text. Errors: `NotFound`, `Conflict` (too long, too many files), `TooLarge` (no room for the files).
pub async fn take(server: &Server, viewer: &Viewer, token: &str) -> Result<Chat> {
    let share = find(server, Some(viewer), token).await?;
    let all = branch(server, leaf(&share)?).await?;
    if all.len() as i64 >= BRANCH {
        return Err(Error::conflict(format!("A conversation of {BRANCH} messages or more cannot be copied.")));
    }
    let leaf = all.iter().rev().find(|message| !message.status.is_running()).map(|message| message.id);
    let mut messages: Vec<Message> = all.into_iter().map(public).collect();
    with_files(server, viewer, &share, &mut messages).await?;
    let (messages, leaf_id) = anew(messages, leaf);
    let copy = ChatCopy { from: None, id: Uuid::now_v7(), title: share.title, leaf_id, messages: &messages };
    if !server.db.chats().copy_for(viewer.user.id, &copy, server.clock.now()).await? {
        return Err(Error::not_found("conversation"));
    }
    chat::changed(server, viewer, copy.id);
    chat::find(server, viewer, copy.id).await
}

/// Gives the messages the viewer's own copies of their files.
async fn with_files(server: &Server, viewer: &Viewer, share: &SharedChat, messages: &mut [Message]) -> Result<()> {
    let mut copies: HashMap<Uuid, Option<Attachment>> = HashMap::new();
    for message in messages {
        let mut kept = Vec::new();
        for old in std::mem::take(&mut message.attachments) {
            let copy = match copies.get(&old.id) {
                Some(copy) => copy.clone(),
                None => copied(server, viewer, share, &old).await?,
            };
            copies.insert(old.id, copy.clone());
            match copy {
                Some(copy) => kept.push(copy),
                None => message.content = format!("[{}]\n{}", old.name, message.content).trim_end().to_owned(),
            }
        }
        message.attachments = kept;
    }
    Ok(())
}

/// The viewer's own copy; none where files are not shared, or this one is gone.
async fn copied(server: &Server, viewer: &Viewer, share: &SharedChat, old: &Attachment) -> Result<Option<Attachment>> {
    if !share.files {
        return Ok(None);
    }
    let Stored { key, file, .. } = match file::content_of(server, share.user_id, old.id).await {
        Ok(stored) => stored,
        Err(Error::Client(error)) if error.code == Code::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if share.user_id == viewer.user.id {
        return Ok(Some(file.into()));
    }
    let Some(pieces) = server.storage.stream(&key, 0..file.size).await? else { return Ok(None) };
    let pieces = futures::StreamExt::map(pieces, |piece| piece.map_err(|error| error.to_string()));
    let (file, _) = file::store(server, viewer, &old.name, Box::pin(pieces)).await?;
    Ok(Some(file.into()))
}
