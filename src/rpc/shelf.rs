//! Conversations in order: pinned, archived, in folders, tagged.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::Page;
use crate::model::chat::Chat;
use crate::model::shelf::{Browse as Found, Deed as Act, Look as Seen, Selection, Shelf};

/// What the list beside every page begins with, or so many of it as are shown already.
#[server(endpoint = "shelf/top", output = crate::rpc::Wire)]
pub async fn top(limit: Option<u32>) -> Rpc<Shelf> {
    use crate::server::service::shelf;
    let (server, viewer) = asked()?;
    answer(shelf::shelf(&server, &viewer, limit).await)
}

/// Those of that list that follow. `after` is the cursor of the page before.
#[server(endpoint = "shelf/older", output = crate::rpc::Wire)]
pub async fn older(after: String) -> Rpc<Page<Chat>> {
    use crate::server::service::shelf;
    let (server, viewer) = asked()?;
    answer(shelf::older(&server, &viewer, &after).await)
}

/// Conversations of a selection, with the folders and tags that such a page offers. `after` is the cursor of the page before. A folder
/// that is not the viewer's is not there.
#[server(endpoint = "shelf/browse", output = crate::rpc::Wire)]
pub async fn browse(selection: Option<Selection>, after: Option<String>) -> Rpc<Found> {
    use crate::server::service::shelf;
    let (server, viewer) = asked()?;
    answer(shelf::browse(&server, &viewer, &selection.unwrap_or_default(), after.as_deref()).await)
}

/// A conversation, and the folders and tags that can be chosen for it.
#[server(endpoint = "shelf/look", output = crate::rpc::Wire)]
pub async fn look(id: Uuid) -> Rpc<Seen> {
    use crate::server::service::shelf;
    let (server, viewer) = asked()?;
    answer(shelf::look(&server, &viewer, id).await)
}

/// Puts a conversation into order. Boxes that are not ticked are not sent; tags have commas between them; `folder` is an id or empty.
#[server(endpoint = "shelf/order", output = crate::rpc::Wire)]
pub async fn order(id: Uuid, title: String, folder: String, tags: String, pinned: Option<bool>, archived: Option<bool>) -> Rpc<Chat> {
    use crate::model::shelf::Order;
    use crate::server::service::shelf;
    let (server, viewer) = asked()?;
    let folder_id = Some(folder).filter(|folder| !folder.is_empty()).map(|folder| Uuid::parse_str(&folder).unwrap_or_default());
    let tags = tags.split([',', '，', '、']).map(str::to_owned).collect();
    let order = Order { title, pinned: pinned.unwrap_or(false), archived: archived.unwrap_or(false), folder_id, tags };
    let chat = answer(shelf::order(&server, &viewer, id, order).await)?;
    leptos_axum::redirect(&format!("/chat/{id}"));
    Ok(chat)
}

/// Does the same to many. `folder` is an id or empty; `back` is a path on this server to go to.
#[server(endpoint = "shelf/many", output = crate::rpc::Wire)]
pub async fn many(
    #[server(default)] ids: Vec<Uuid>,
    action: Act,
    folder: Option<String>,
    tag: Option<String>,
    back: Option<String>,
) -> Rpc<u64> {
    use crate::model::shelf::Bulk;
    use crate::server::service::{session, shelf};
    let (server, viewer) = asked()?;
    let folder_id = folder.filter(|folder| !folder.is_empty()).map(|folder| Uuid::parse_str(&folder).unwrap_or_default());
    let changed = answer(shelf::many(&server, &viewer, Bulk { ids, action, folder_id, tag }).await)?;
    leptos_axum::redirect(&session::safe_next(back.as_deref().or(Some("/chats"))));
    Ok(changed)
}

/// Copies a conversation: all of it, or up to a message.
#[server(endpoint = "shelf/copy", output = crate::rpc::Wire)]
pub async fn duplicate(id: Uuid, message_id: Option<Uuid>) -> Rpc<Chat> {
    use crate::server::service::shelf;
    let (server, viewer) = asked()?;
    let chat = answer(shelf::copy(&server, &viewer, id, message_id).await)?;
    leptos_axum::redirect(&format!("/chat/{}", chat.id));
    Ok(chat)
}

/// Copies the branch that ends in a message into a conversation of its own.
#[server(endpoint = "shelf/fork", output = crate::rpc::Wire)]
pub async fn fork(message_id: Uuid) -> Rpc<Chat> {
    use crate::server::service::shelf;
    let (server, viewer) = asked()?;
    let chat = answer(shelf::fork(&server, &viewer, message_id).await)?;
    leptos_axum::redirect(&format!("/chat/{}", chat.id));
    Ok(chat)
}
