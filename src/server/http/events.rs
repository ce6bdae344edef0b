//! `/events/…`: what pages follow. Block patches of a running answer, resumable by the number of closed blocks the page holds.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rest::problem::{Path, Problem, Query};
use super::sse::{self, Frames};
use crate::model::chat::Chat;
use crate::model::generation::{Failure, Status};
use crate::model::usage::{Sum, Used};
use crate::server::Server;
use crate::server::service::chat;
use crate::server::service::generation::{self, Watcher};
use crate::server::service::viewer::Viewer;

/// The routes of pages' event streams.
pub fn router() -> Router<Server> {
    Router::new().route("/events/generations/{id}/", get(watch))
}

/// Closed blocks that the page holds: of the reasoning and of the content.
#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    r: usize,
    #[serde(default)]
    c: usize,
}

/// The end of an answer, for its page.
#[derive(Serialize)]
struct End {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Used>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
    /// The conversation as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<Chat>,
    /// What all of it used.
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<Sum>,
}

async fn watch(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(place): Query<Place>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let resumed = sse::last_event_id(&headers).and_then(|id| {
        let (r, c) = id.split_once('.')?;
        Some((r.parse().ok()?, c.parse().ok()?))
    });
    let watcher = generation::watch(&server, &viewer, id, resumed.unwrap_or((place.r, place.c))).await?;
    Ok(sse::response(Page { server, viewer, watcher }))
}

struct Page {
    server: Server,
    viewer: Viewer,
    watcher: Watcher,
}

impl sse::Source for Page {
    async fn next(&mut self) -> Option<Frames> {
        // A failure closes the stream without `end`; the page connects again and hears of it then.
        let frame = self.watcher.next().await.ok()??;
        let mut frames = Frames::default();
        for notice in &frame.notices {
            frames.push(&frame.place, "notice", notice);
        }
        if !frame.patches.is_empty() {
            frames.push(&frame.place, "patch", &frame.patches);
        }
        if let Some(generation::End { status, usage, error }) = frame.end {
            let chat = chat::find_with_use(&self.server, &self.viewer, self.watcher.chat_id()).await.ok();
            let (chat, used) = chat.unzip();
            frames.push(&frame.place, "end", &End { status, usage, error, chat, used });
        }
        Some(frames)
    }
}
