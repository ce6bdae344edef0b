//! How conversations are kept in order: pinned, archived, in folders, tagged, copied; one or many at a time.

use std::collections::HashMap;

use uuid::Uuid;

use super::viewer::Viewer;
use super::{chat, folder, generation, presence};
use crate::model::Page;
use crate::model::chat::Chat;
use crate::model::error::{Fields, Rule};
use crate::model::message::Message;
use crate::model::presence::Happened;
use crate::model::shelf::{Browse, Bulk, Deed, FolderLink, Look, MANY, Order, Selection, Shelf, Tagged, checked_tags, title_of_copy};
use crate::server::Server;
use crate::server::db::ChatCopy;
use crate::server::error::{Error, Result};

/// Most pinned conversations that the list beside every page shows.
const PINNED: i64 = 100;
/// Most messages of a conversation that is copied.
const COPY_MAX: usize = 20_000;
/// Messages that are read at a time.
const PAGE: i64 = 500;

/// What the list beside every page begins with, or so many of it as are shown already.
pub async fn shelf(server: &Server, viewer: &Viewer, limit: Option<u32>) -> Result<Shelf> {
    let pinned = Selection { pinned: Some(true), ..Selection::current() };
    let rest = Selection { pinned: Some(false), ..Selection::current() };
    let (pinned, page, folders, unread) = tokio::try_join!(
        async { Ok(server.db.chats().list_for(viewer.user.id, &pinned, None, PINNED).await?) },
        chat::select_some(server, viewer, &rest, None, limit.map(|limit| limit.max(chat::LIST))),
        folder::list(server, viewer),
        chat::count_unread(server, viewer, None),
    )?;
    let folders = folders.into_iter().map(|folder| FolderLink { id: folder.id, name: folder.form.name, depth: folder.depth }).collect();
    Ok(Shelf { pinned, page, folders, unread })
}

/// Those of the list beside every page that follow `after`.
pub async fn older(server: &Server, viewer: &Viewer, after: &str) -> Result<Page<Chat>> {
    let rest = Selection { pinned: Some(false), ..Selection::current() };
    chat::select_some(server, viewer, &rest, Some(after), None).await
}

/// A page of a list of conversations, with the folders and tags that it offers.
pub async fn browse(server: &Server, viewer: &Viewer, selection: &Selection, after: Option<&str>) -> Result<Browse> {
    let (page, folders, tags) =
        tokio::try_join!(chat::select_some(server, viewer, selection, after, None), folder::list(server, viewer), tags(server, viewer))?;
    if selection.folder.is_some_and(|id| folders.iter().all(|folder| folder.id != id)) {
        return Err(Error::not_found("folder"));
    }
    Ok(Browse { page, folders, tags })
}

/// A conversation, and what can be chosen for it.
pub async fn look(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Look> {
    let (chat, folders, tags) = tokio::try_join!(chat::find(server, viewer, id), folder::list(server, viewer), tags(server, viewer))?;
    Ok(Look { chat, folders, tags })
}

/// The viewer's tags, those with most conversations first.
pub async fn tags(server: &Server, viewer: &Viewer) -> Result<Vec<Tagged>> {
    Ok(server.db.chats().tags_for(viewer.user.id).await?)
}

/// Puts a conversation into this order: its title, whether it is pinned and archived, its folder and its tags.
pub async fn order(server: &Server, viewer: &Viewer, id: Uuid, order: Order) -> Result<Chat> {
    chat::find(server, viewer, id).await?;
    let order = order.checked()?;
    folder::check(server, viewer, order.folder_id).await?;
    if !server.db.chats().order_for(viewer.user.id, id, &order, server.clock.now()).await? {
        return Err(Error::not_found("conversation"));
    }
    chat::changed(server, viewer, id);
    chat::find(server, viewer, id).await
}

/// Does the same to many conversations; answers how many there were. What is not the viewer's is passed over.
pub async fn many(server: &Server, viewer: &Viewer, bulk: Bulk) -> Result<u64> {
    let Bulk { mut ids, action, folder_id, tag } = bulk;
    let mut fields = Fields::default();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        fields.add("ids", Rule::Required, "ids is required.");
    } else if ids.len() > MANY {
        fields.add("ids", Rule::Range(1, MANY as u32), format!("ids may hold at most {MANY} conversations."));
    }
    let tag = checked_tags(tag.as_slice())?.pop();
    if matches!(action, Deed::Tag | Deed::Untag) && tag.is_none() {
        fields.add("tag", Rule::Required, "tag is required.");
    }
    fields.check()?;
    if action == Deed::Move {
        folder::check(server, viewer, folder_id).await?;
    }
    let chats = server.db.chats();
    if action == Deed::Delete {
        for id in &ids {
            // Only the viewer's own: a run of somebody else's goes on.
            if chats.find_for(viewer.user.id, *id).await?.is_some() {
                generation::stop_in(server, *id);
            }
        }
    }
    let deed = (action, folder_id, tag.as_deref().unwrap_or_default());
    let changed = chats.many_for(viewer.user.id, &ids, deed, server.clock.now()).await?;
    presence::news(server, viewer.user.id, None, Happened::Changed);
    Ok(changed)
}

/// Makes a copy of a conversation: all of it, or the branch that ends in a message. What is being written is not part of it.
pub async fn copy(server: &Server, viewer: &Viewer, id: Uuid, upto: Option<Uuid>) -> Result<Chat> {
    let found = server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let all = match upto {
        None => everything(server, id).await?,
        Some(upto) => {
            let message = server.db.messages().find_for(viewer.user.id, upto).await?;
            message.filter(|message| message.session_id == id).ok_or_else(|| Error::not_found("message"))?;
            let mut branch = server.db.messages().branch(upto, COPY_MAX as i64 + 1).await?;
            branch.reverse();
            branch
        }
    };
    if all.len() > COPY_MAX {
        return Err(Error::conflict(format!("A conversation of more than {COPY_MAX} messages cannot be copied.")));
    }
    let leaf = upto.or(found.leaf_id);
    let (messages, leaf_id) = anew(all, leaf);
    let title = if found.chat.title.is_empty() { String::new() } else { title_of_copy(&found.chat.title) };
    let copy = ChatCopy { from: Some(id), id: Uuid::now_v7(), title, leaf_id, messages: &messages };
    if !server.db.chats().copy_for(viewer.user.id, &copy, server.clock.now()).await? {
        return Err(Error::not_found("conversation"));
    }
    chat::changed(server, viewer, copy.id);
    chat::find(server, viewer, copy.id).await
}

/// The same of the branch that ends in a message.
pub async fn fork(server: &Server, viewer: &Viewer, message_id: Uuid) -> Result<Chat> {
    let message = server.db.messages().find_for(viewer.user.id, message_id).await?.ok_or_else(|| Error::not_found("message"))?;
    copy(server, viewer, message.session_id, Some(message_id)).await
}

async fn everything(server: &Server, id: Uuid) -> Result<Vec<Message>> {
    let mut all: Vec<Message> = Vec::new();
    while all.len() <= COPY_MAX {
        let page = server.db.messages().list(id, all.last().map(|message| message.id), PAGE).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    Ok(all)
}

/// The messages under new ids, and the new id of this one. A message whose parent is left out is left out, too.
pub(super) fn anew(messages: Vec<Message>, leaf: Option<Uuid>) -> (Vec<Message>, Option<Uuid>) {
    let mut ids: HashMap<Uuid, Uuid> = HashMap::new();
    let mut copied: Vec<Message> = Vec::with_capacity(messages.len());
    for mut message in messages.into_iter().filter(|message| !message.status.is_running()) {
        let parent = match message.parent_id.map(|parent| ids.get(&parent).copied()) {
            Some(None) => continue,
            Some(Some(parent)) => Some(parent),
            None => None,
        };
        let id = Uuid::now_v7();
        ids.insert(message.id, id);
        (message.id, message.parent_id) = (id, parent);
        copied.push(message);
    }
    let leaf = leaf.and_then(|leaf| ids.get(&leaf).copied()).or_else(|| copied.last().map(|message| message.id));
    (copied, leaf)
}

#[cfg(test)]
mod tests;
