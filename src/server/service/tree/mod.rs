//! A conversation as a tree. Who follows whom is read from an index; of the messages only those that are drawn, and never more than a few hundred.

mod outline;

use std::collections::HashMap;

use uuid::Uuid;

use super::viewer::Viewer;
use crate::model::tree::{Tree, TreeItem, TreeKind, TreeQuery};
use crate::server::Server;
use crate::server::error::{Error, Result};
use outline::Skeleton;

/// Most messages of a conversation that is drawn.
const MESSAGES_MAX: usize = 100_000;

/// The part of the viewer's conversation that is asked for. Errors: `NotFound`, also where a message that is named is not in it or not where the
/// drawing would be; `Conflict` where it is too large.
pub async fn tree(server: &Server, viewer: &Viewer, id: Uuid, query: &TreeQuery) -> Result<Tree> {
    let found = server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let rows = server.db.messages().skeleton(id, MESSAGES_MAX as i64 + 1).await?;
    if rows.len() > MESSAGES_MAX {
        return Err(Error::conflict(format!("A conversation of more than {MESSAGES_MAX} messages cannot be drawn.")));
    }
    let skeleton = Skeleton::new(rows);
    let drawing = outline::draw(&skeleton, found.leaf_id, query).ok_or_else(|| Error::not_found("message"))?;
    let mut items = drawing.items;
    let is_message = |item: &TreeItem| item.kind == TreeKind::Message;
    let ids: Vec<Uuid> = items.iter().filter(|item| is_message(item)).map(|item| item.id).collect();
    let mut glimpses: HashMap<Uuid, _> = server.db.messages().glimpses(&ids).await?.into_iter().collect();
    for item in items.iter_mut().filter(|item| is_message(item)) {
        item.message = glimpses.remove(&item.id);
    }
    let (messages, branches) = skeleton.counts();
    Ok(Tree { session_id: id, title: found.chat.title, leaf_id: found.leaf_id, messages, branches, earlier: drawing.earlier, items })
}

#[cfg(test)]
mod tests;
