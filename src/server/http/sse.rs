//! Server-sent events (WHATWG HTML §9.2): frames as bytes, many in one write, with a comment every 15 s to keep proxies awake.

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use serde::Serialize;

/// Silence after which a comment is sent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Events of one write.
#[derive(Default)]
pub struct Frames(String);

impl Frames {
    /// Adds an event with its id and its data as JSON (which has no line breaks, so one `data:` line holds it).
    pub fn push(&mut self, id: impl std::fmt::Display, event: &str, data: &impl Serialize) {
        let data = serde_json::to_string(data).unwrap_or_else(|_| "null".into());
        let _ = write!(self.0, "id: {id}\nevent: {event}\ndata: {data}\n\n");
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A source of frames; `None` ends the stream.
pub trait Source: Send + 'static {
    fn next(&mut self) -> impl Future<Output = Option<Frames>> + Send;
}

/// The response that sends what the source gives, as it comes.
pub fn response(source: impl Source) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-cache, no-transform"),
        // Nginx would collect the answer otherwise.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(stream(source))).into_response()
}

fn stream(source: impl Source) -> impl Stream<Item = Result<Bytes, Infallible>> {
    futures::stream::unfold(source, |mut source| async move {
        let frame = match tokio::time::timeout(KEEP_ALIVE, source.next()).await {
            Ok(frames) => Bytes::from(frames?.0),
            Err(_) => Bytes::from_static(b": still here\n\n"),
        };
        Some((Ok(frame), source))
    })
}

/// The place a reader was at: `Last-Event-ID` of a reconnect, else the query's.
pub fn last_event_id(headers: &http::HeaderMap) -> Option<&str> {
    headers.get("last-event-id").and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty())
}
