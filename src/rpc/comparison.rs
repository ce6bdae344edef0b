//! Several models at once, as the comparison's page asks for them. The answers' text comes over `/events/`.
#![allow(clippy::too_many_arguments, reason = "the arguments are the fields of a plain form")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::chat::{Chat, Started};
use crate::model::comparison::Compared;

/// The question of this message (or this question) and its newest answers.
#[server(endpoint = "comparison/open", output = crate::rpc::Wire)]
pub async fn open(message_id: Uuid) -> Rpc<Compared> {
    use crate::server::service::{chat, comparison};
    let (server, viewer) = asked()?;
    let mut compared = answer(comparison::open(&server, &viewer, message_id).await)?;
    answer(chat::looked_at(&server, &viewer, &mut compared.chat).await)?;
    Ok(compared)
}

/// Asks several models at once; leads to their answers.
#[server(endpoint = "comparison/start", output = crate::rpc::Wire)]
pub async fn start(
    chat_id: Option<Uuid>,
    text: String,
    #[server(default)] models: Vec<String>,
    request_id: Option<String>,
    attachments: Option<String>,
    assistant: Option<Uuid>,
    folder: Option<Uuid>,
) -> Rpc<()> {
    use crate::model::comparison::NewComparison;
    use crate::server::service::comparison;
    let (server, viewer) = asked()?;
    // Ids with commas between them.
    let attachments = attachments.iter().flat_map(|ids| ids.split(',')).filter_map(|id| id.parse().ok()).collect();
    // Who is in a conversation already goes on in it, whatever it began with.
    let (assistant_id, folder_id) = if chat_id.is_some() { (None, None) } else { (assistant, folder) };
    let new = NewComparison { message: text, models, session_id: chat_id, attachments, request_id, assistant_id, folder_id };
    let started = answer(comparison::start(&server, &viewer, new).await)?;
    leptos_axum::redirect(&format!("/compare/{}", started.question_id));
    Ok(())
}

/// Goes on with one of the answers.
#[server(endpoint = "comparison/keep", output = crate::rpc::Wire)]
pub async fn keep(message_id: Uuid) -> Rpc<Chat> {
    use crate::server::service::comparison;
    let (server, viewer) = asked()?;
    let chat = answer(comparison::keep(&server, &viewer, message_id).await)?;
    leptos_axum::redirect(&format!("/chat/{}", chat.id));
    Ok(chat)
}

/// Stops one of the answers; what was read stays.
#[server(endpoint = "comparison/stop", output = crate::rpc::Wire)]
pub async fn stop(message_id: Uuid) -> Rpc<()> {
    use crate::server::service::comparison;
    let (server, viewer) = asked()?;
    answer(comparison::stop(&server, &viewer, message_id).await)?;
    leptos_axum::redirect(&format!("/compare/{message_id}"));
    Ok(())
}

/// Goes on with one of the answers that ended early.
#[server(endpoint = "comparison/resume", output = crate::rpc::Wire)]
pub async fn resume(message_id: Uuid, request_id: Option<String>) -> Rpc<Started> {
    use crate::server::service::comparison;
    let (server, viewer) = asked()?;
    let started = answer(comparison::resume(&server, &viewer, message_id, request_id).await)?;
    leptos_axum::redirect(&format!("/compare/{message_id}"));
    Ok(started)
}
