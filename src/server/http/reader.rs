//! Who reads a page, for its head: how much is new to them, and what the scripts beside the WASM have to know.

use axum::extract::Request;
use uuid::Uuid;

use crate::app::state::reader::Reader;
use crate::server::Server;
use crate::server::service::chat;
use crate::server::service::viewer::Viewer;

/// Puts it where the page finds it. That it cannot be counted what is new is no reason not to show the page.
pub async fn bring(server: &Server, mut request: Request) -> Request {
    let Some(viewer) = request.extensions().get::<Viewer>().cloned() else { return request };
    // Who opens a conversation looks at it.
    let shown = request.uri().path().strip_prefix("/chat/").and_then(|id| Uuid::parse_str(id).ok());
    let unread = chat::count_unread(server, &viewer, shown).await.unwrap_or_default();
    let answer_ready = viewer.user.preferences.answer_ready;
    request.extensions_mut().insert(Reader { user_id: viewer.user.id, unread, answer_ready });
    request
}
