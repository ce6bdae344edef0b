//! What models are shown of a conversation, as the chat page asks for it.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::context::{self, Shown, Strategy};

/// What the next question would take of the model's window.
#[server(endpoint = "context/budget", output = crate::rpc::Wire)]
pub async fn budget(chat_id: Option<Uuid>, model: Option<String>) -> Rpc<context::Budget> {
    use crate::server::service::generation;
    let (server, viewer) = asked()?;
    answer(generation::budget(&server, &viewer, chat_id, model.as_deref()).await)
}

/// What the model that was used last is shown.
#[server(endpoint = "context/look", output = crate::rpc::Wire)]
pub async fn look(chat_id: Uuid) -> Rpc<Shown> {
    use crate::server::service::context;
    let (server, viewer) = asked()?;
    answer(context::shown(&server, &viewer, chat_id).await)
}

/// Keeps a message in what models are shown, or takes that back.
#[server(endpoint = "context/pin", output = crate::rpc::Wire)]
pub async fn pin(message_id: Uuid, on: bool) -> Rpc<()> {
    use crate::server::service::context;
    let (server, viewer) = asked()?;
    let message = answer(context::pin(&server, &viewer, message_id, on).await)?;
    leptos_axum::redirect(&format!("/chat/{}", message.session_id));
    Ok(())
}

/// Changes how a conversation makes room.
#[server(endpoint = "context/make_room", output = crate::rpc::Wire)]
pub async fn make_room(chat_id: Uuid, context: Strategy) -> Rpc<()> {
    use crate::server::service::chat;
    let (server, viewer) = asked()?;
    answer(chat::make_room(&server, &viewer, chat_id, context).await)?;
    leptos_axum::redirect(&format!("/chat/{chat_id}"));
    Ok(())
}

/// Gives the summary another text.
#[server(endpoint = "context/edit", output = crate::rpc::Wire)]
pub async fn edit(chat_id: Uuid, summary_id: Option<Uuid>, content: String) -> Rpc<()> {
    use crate::server::service::context;
    let (server, viewer) = asked()?;
    answer(context::edit_summary(&server, &viewer, chat_id, summary_id, &content).await)?;
    leptos_axum::redirect(&format!("/chat/{chat_id}"));
    Ok(())
}
