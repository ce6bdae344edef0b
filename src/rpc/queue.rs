//! Messages that wait for an answer's end, as the plain forms above the composer ask for them.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;

/// Has a message wait.
#[server(endpoint = "queue/add", output = crate::rpc::Wire)]
pub async fn add_queued(chat_id: Uuid, text: String, model: Option<String>, request_id: Option<String>) -> Rpc<()> {
    use crate::model::queue::NewQueued;
    use crate::server::service::queue;
    let (server, viewer) = asked()?;
    let new = NewQueued { message: text, model, attachments: Vec::new(), request_id };
    answer(queue::add(&server, &viewer, chat_id, new).await)?;
    leptos_axum::redirect(&format!("/chat/{chat_id}"));
    Ok(())
}

/// Changes the text of a message that waits.
#[server(endpoint = "queue/write", output = crate::rpc::Wire)]
pub async fn write_queued(chat_id: Uuid, queued_id: Uuid, text: String) -> Rpc<()> {
    use crate::model::queue::QueuedChange;
    use crate::server::service::queue;
    let (server, viewer) = asked()?;
    // A form sends every end of a line as two characters, of which a message's length counts one.
    let change = QueuedChange { message: Some(text.replace("\r\n", "\n")), ..QueuedChange::default() };
    answer(queue::change(&server, &viewer, chat_id, queued_id, change).await)?;
    leptos_axum::redirect(&format!("/chat/{chat_id}"));
    Ok(())
}

/// Moves a message that waits to a place, 1 is the next.
#[server(endpoint = "queue/move", output = crate::rpc::Wire)]
pub async fn move_queued(chat_id: Uuid, queued_id: Uuid, position: u32) -> Rpc<()> {
    use crate::model::queue::QueuedChange;
    use crate::server::service::queue;
    let (server, viewer) = asked()?;
    let change = QueuedChange { position: Some(position), ..QueuedChange::default() };
    answer(queue::change(&server, &viewer, chat_id, queued_id, change).await)?;
    leptos_axum::redirect(&format!("/chat/{chat_id}"));
    Ok(())
}

/// Asks a message now; what is being written is stopped.
#[server(endpoint = "queue/now", output = crate::rpc::Wire)]
pub async fn ask_queued(chat_id: Uuid, queued_id: Uuid) -> Rpc<()> {
    use crate::model::queue::QueuedChange;
    use crate::server::service::queue;
    let (server, viewer) = asked()?;
    let change = QueuedChange { now: true, ..QueuedChange::default() };
    answer(queue::change(&server, &viewer, chat_id, queued_id, change).await)?;
    leptos_axum::redirect(&format!("/chat/{chat_id}"));
    Ok(())
}

/// Takes a message out of the queue.
#[server(endpoint = "queue/remove", output = crate::rpc::Wire)]
pub async fn remove_queued(chat_id: Uuid, queued_id: Uuid) -> Rpc<()> {
    use crate::server::service::queue;
    let (server, viewer) = asked()?;
    answer(queue::remove(&server, &viewer, chat_id, queued_id).await)?;
    leptos_axum::redirect(&format!("/chat/{chat_id}"));
    Ok(())
}

/// Has the queue of a conversation go on, or wait.
#[server(endpoint = "queue/pause", output = crate::rpc::Wire)]
pub async fn pause_queue(chat_id: Uuid, paused: bool) -> Rpc<()> {
    use crate::server::service::queue;
    let (server, viewer) = asked()?;
    let done = if paused { queue::pause(&server, &viewer, chat_id).await } else { queue::go_on(&server, &viewer, chat_id).await };
    answer(done)?;
    leptos_axum::redirect(&format!("/chat/{chat_id}"));
    Ok(())
}
