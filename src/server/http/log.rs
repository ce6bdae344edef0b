//! `/events/logs/`: lines of the server's log as they are written, each as a row of the page's table.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use http::request::Parts;

use super::notice::locale;
use super::rest::log::LogParams;
use super::rest::problem::{Problem, Query};
use super::sse::{self, Frames};
use crate::app::log_row;
use crate::i18n::Locale;
use crate::server::Server;
use crate::server::service::log::{self, Tail};
use crate::server::service::viewer::Viewer;

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route("/events/logs/", get(follow))
}

async fn follow(
    State(server): State<Server>,
    viewer: Viewer,
    Query(params): Query<LogParams>,
    headers: HeaderMap,
    parts: Parts,
) -> Result<Response, Problem> {
    let (query, after, _) = params.split();
    let after = sse::last_event_id(&headers).and_then(|id| id.parse().ok()).or(after);
    let node = query.node.clone();
    let tail = log::follow(&server, &viewer, query, after).await?;
    Ok(sse::response(Rows { tail, node, locale: locale(&parts) }))
}

struct Rows {
    tail: Tail,
    /// Whose log it is, where somebody said.
    node: Option<String>,
    locale: Locale,
}

impl sse::Source for Rows {
    async fn next(&mut self) -> Option<Frames> {
        let (lines, last) = self.tail.next().await?;
        let words = self.locale.texts().logging();
        let rows: Vec<String> = lines.iter().map(|line| log_row(line, words, self.node.as_deref())).collect();
        let mut frames = Frames::default();
        frames.push(last, "rows", &rows);
        // A flood is shown in steps.
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        Some(frames)
    }
}
