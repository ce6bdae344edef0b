//! Scripted upstreams for the tests of the vendors' files, and what all vendors are tested with.

mod fuzz;
pub(crate) mod matrix;
pub(crate) mod voice;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures::StreamExt;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::{ChatRequest, Delta, Document, LlmError, Provider};

/// What an upstream was asked.
pub struct Asked {
    /// With its query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// A server that gives the same answer to everything and hands out what it was asked; its address without a slash at the end.
pub async fn upstream(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (String, mpsc::UnboundedReceiver<Asked>) {
    let (asked, received) = mpsc::unbounded_channel();
    let app = Router::new().fallback(any(move |request: Request| {
        let (asked, answer) = (asked.clone(), answer.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let path = parts.uri.path_and_query().unwrap().to_string();
            asked.send(Asked { path, headers: parts.headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }).ok();
            answer()
        }
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, received)
}

/// Events as they stand.
pub fn sse(events: &str) -> Response {
    ([("content-type", "text/event-stream; charset=utf-8")], events.to_owned()).into_response()
}

/// An answer with this status, which asks for three seconds of patience.
pub fn status(code: u16, body: &'static str) -> Response {
    (StatusCode::from_u16(code).unwrap(), [("retry-after", "3")], body).into_response()
}

/// A document as a question holds it.
pub fn report() -> Document {
    Document { name: "report.pdf".into(), media_type: "application/pdf", bytes: bytes::Bytes::from_static(b"pdf"), tokens: 9 }
}

/// All deltas of an answer, and the error that ended it.
pub async fn read(provider: &impl Provider, request: ChatRequest) -> (Vec<Delta>, Option<LlmError>) {
    let mut stream = match provider.chat(request).await {
        Ok(stream) => stream,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut deltas = Vec::new();
    while let Some(next) = stream.next().await {
        match next {
            Ok(delta) => deltas.push(delta),
            Err(error) => return (deltas, Some(error)),
        }
    }
    (deltas, None)
}
