//! Conversations and answers, as the chat page asks for them. The answers' text comes over `/events/`.
#![allow(clippy::too_many_arguments, reason = "the arguments are the fields of a plain form")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::Page;
use crate::model::chat::{Chat, Conversation, Started};
use crate::model::setup::Typed;
use crate::model::tree::{Tree as Drawn, TreeQuery};

/// The viewer's conversations, last written first. `after` is the cursor of the page before.
#[server(endpoint = "chat/list", output = crate::rpc::Wire)]
pub async fn list(after: Option<String>) -> Rpc<Page<Chat>> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    answer(chat::list(&server, &viewer, after.as_deref(), None).await)
}

/// A conversation with the newest messages of its shown branch; or, around a message, of the branch that this is on.
#[server(endpoint = "chat/open", output = crate::rpc::Wire)]
pub async fn open(id: Uuid, at: Option<Uuid>) -> Rpc<Conversation> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    let mut opened = answer(match at {
        Some(at) => chat::open_at(&server, &viewer, id, at).await,
        None => chat::open(&server, &viewer, id, None).await,
    })?;
    answer(chat::looked_at(&server, &viewer, &mut opened.chat).await)?;
    Ok(opened)
}

/// The messages before `before` on the branch that is shown.
#[server(endpoint = "chat/earlier", output = crate::rpc::Wire)]
pub async fn earlier(id: Uuid, before: Uuid) -> Rpc<Conversation> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    answer(chat::open(&server, &viewer, id, Some(before)).await)
}

/// A part of a conversation's branches.
#[server(endpoint = "chat/tree", output = crate::rpc::Wire)]
pub async fn tree(id: Uuid, part: Option<TreeQuery>) -> Rpc<Drawn> {
    use crate::server::service::tree;
    let (server, viewer) = asked()?;
    answer(tree::tree(&server, &viewer, id, &part.unwrap_or_default()).await)
}

/// The Markdown of a message: pages hold an answer as HTML only.
#[server(endpoint = "chat/markdown", output = crate::rpc::Wire)]
pub async fn markdown(message_id: Uuid) -> Rpc<String> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    Ok(answer(chat::message(&server, &viewer, message_id).await)?.content)
}

/// Sends a message and starts its answer. A plain form (no JavaScript) is led to the conversation. A new conversation may begin with
/// an assistant, and with settings that go before the assistant's.
#[server(endpoint = "chat/send", output = crate::rpc::Wire)]
pub async fn send_message(
    chat_id: Option<Uuid>,
    text: String,
    model: Option<String>,
    request_id: Option<String>,
    replaces: Option<Uuid>,
    attachments: Option<String>,
    assistant: Option<Uuid>,
    setup: Option<Typed>,
    folder: Option<Uuid>,
) -> Rpc<Started> {
    use crate::model::chat::{Ask, Opening};
    use crate::server::service::queue;
    let (server, viewer) = asked()?;
    let setup = answer(setup.map(Typed::read).transpose().map_err(Into::into))?;
    // Ids with commas between them.
    let attachments: Vec<Uuid> = attachments.iter().flat_map(|ids| ids.split(',')).filter_map(|id| id.parse().ok()).collect();
    let ask = Ask { chat_id, text, model, request_id, replaces };
    let started = answer(queue::send_in_turn(&server, &viewer, ask, Opening { setup, assistant, folder }, &attachments).await)?;
    leptos_axum::redirect(&format!("/chat/{}", started.chat_id));
    Ok(started)
}

/// Answers the same question again, as a sibling of that answer.
#[server(endpoint = "chat/regenerate", output = crate::rpc::Wire)]
pub async fn regenerate(message_id: Uuid, model: Option<String>, request_id: Option<String>) -> Rpc<Started> {
    use crate::server::service::generation;
    let (server, viewer) = asked()?;
    let started = answer(generation::regenerate(&server, &viewer, message_id, model, request_id).await)?;
    leptos_axum::redirect(&format!("/chat/{}", started.chat_id));
    Ok(started)
}

/// Goes on with an answer that was interrupted, stopped, failed in the middle, or was cut off by the length limit.
#[server(endpoint = "chat/resume", output = crate::rpc::Wire)]
pub async fn resume(message_id: Uuid, request_id: Option<String>) -> Rpc<Started> {
    use crate::server::service::generation;
    let (server, viewer) = asked()?;
    let started = answer(generation::resume(&server, &viewer, message_id, request_id).await)?;
    leptos_axum::redirect(&format!("/chat/{}", started.chat_id));
    Ok(started)
}

/// Stops a run; what was read stays.
#[server(endpoint = "chat/stop", output = crate::rpc::Wire)]
pub async fn stop(generation_id: Uuid) -> Rpc<()> {
    use crate::server::service::generation;
    let (server, viewer) = asked()?;
    let chat_id = answer(generation::stop(&server, &viewer, generation_id).await)?;
    leptos_axum::redirect(&format!("/chat/{chat_id}"));
    Ok(())
}

/// Shows the branch that this message is on.
#[server(endpoint = "chat/select", output = crate::rpc::Wire)]
pub async fn select(message_id: Uuid) -> Rpc<Conversation> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    let conversation = answer(chat::select(&server, &viewer, message_id).await)?;
    leptos_axum::redirect(&format!("/chat/{}", conversation.chat.id));
    Ok(conversation)
}

/// Gives a conversation another title.
#[server(endpoint = "chat/rename", output = crate::rpc::Wire)]
pub async fn rename(id: Uuid, title: String) -> Rpc<Chat> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    let renamed = answer(chat::rename(&server, &viewer, id, &title).await)?;
    leptos_axum::redirect(&format!("/chat/{id}"));
    Ok(renamed)
}

/// Changes what the models of a conversation are told and set to; answers it as it is kept.
#[server(endpoint = "chat/set_up", output = crate::rpc::Wire)]
pub async fn set_up(id: Uuid, setup: Option<Typed>) -> Rpc<Typed> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    let setup = answer(setup.unwrap_or_default().read().map_err(Into::into))?;
    let now = answer(chat::set_up(&server, &viewer, id, None, setup).await)?;
    leptos_axum::redirect(&format!("/chat/{id}"));
    Ok(now.setup.into())
}

/// Deletes a conversation; [`restore`] undoes it.
#[server(endpoint = "chat/delete", output = crate::rpc::Wire)]
pub async fn delete(id: Uuid) -> Rpc<()> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    answer(chat::delete(&server, &viewer, id).await)?;
    leptos_axum::redirect("/");
    Ok(())
}

/// Brings a deleted conversation back.
#[server(endpoint = "chat/restore", output = crate::rpc::Wire)]
pub async fn restore(id: Uuid) -> Rpc<Chat> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    answer(chat::restore(&server, &viewer, id).await)
}
