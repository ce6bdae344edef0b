//! The HTTP client of the providers, what they all do with an answer, and the words for its failures.

use std::sync::LazyLock;
use std::time::Duration;

use futures::StreamExt;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Request, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{LlmError, failure};
use crate::model::generation::FailureKind;

/// Longest error body that is read, in bytes.
const ERROR_MAX: usize = 64 * 1024;
/// Longest list of models that is read, in bytes.
const LIST_MAX: usize = 8 * 1024 * 1024;

static CLIENT: LazyLock<Result<reqwest::Client, reqwest::Error>> = LazyLock::new(|| build(Policy::none()));

/// Connects within 10 s and has no time limit of its own: answers may stream for long, and who waits decides how long.
#[allow(clippy::disallowed_methods, reason = "the one place that builds the HTTP clients of providers")]
pub(super) fn build(redirects: Policy) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(60))
        .redirect(redirects)
        .user_agent(concat!("liao/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// The client for providers. It follows no redirect: a key must not travel to another host.
pub(super) fn client() -> Result<reqwest::Client, LlmError> {
    CLIENT.as_ref().cloned().map_err(unusable)
}

fn unusable(error: &reqwest::Error) -> LlmError {
    LlmError::new(FailureKind::Internal, format!("The HTTP client could not be made: {}", root_cause(error)))
}

/// A failure below HTTP: always worth another try. The URL is left out but for its host, as a query might hold a key.
pub(super) fn transport(error: reqwest::Error) -> LlmError {
    let host = error.url().and_then(|url| url.host_str().map(|h| (h.to_owned(), url.port_or_known_default())));
    let host = host.map_or_else(|| "the provider".to_owned(), |(h, port)| format!("{h}:{}", port.unwrap_or(0)));
    let error = error.without_url();
    let cause = root_cause(&error);
    let message = match (error.is_connect(), error.is_timeout()) {
        (true, _) => format!("No connection to {host}: {cause}."),
        (_, true) => format!("No answer from {host} in time."),
        _ => format!("The connection to {host} broke: {cause}."),
    };
    LlmError::new(FailureKind::Transient, message)
}

/// The innermost cause, which names the fact ("Connection refused") and not the layer.
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string().trim_end_matches('.').to_owned()
}

/// Sends one request and turns every answer that is not what was asked for into an [`LlmError`]. `streams`: events are asked for,
/// and a JSON or HTML page in their place is an error too.
pub(super) async fn execute(http: &reqwest::Client, request: Request, streams: bool) -> Result<Response, LlmError> {
    let response = http.execute(request).await.map_err(transport)?;
    let status = response.status();
    if !status.is_success() {
        let headers = response.headers().clone();
        return Err(failure::from_answer(status, &headers, &beginning(response, ERROR_MAX).await));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    if streams && (kind.starts_with("application/json") || kind.starts_with("text/html")) {
        let body = beginning(response, ERROR_MAX).await;
        let error = serde_json::from_slice::<Value>(&body).ok().and_then(|json| json.get("error").cloned());
        if let Some(error) = error.filter(|error| !error.is_null()) {
            return Err(failure::from_event(&error));
        }
        return Err(LlmError::new(FailureKind::Protocol, format!("The provider sent {kind} instead of a stream; check the base URL.")));
    }
    Ok(response)
}

/// A whole answer as JSON.
pub(super) async fn json<T: DeserializeOwned>(response: Response) -> Result<T, LlmError> {
    let body = beginning(response, LIST_MAX).await;
    serde_json::from_slice(&body).map_err(|error| garbled(&error))
}

/// An answer that cannot be read.
pub(super) fn garbled(error: &serde_json::Error) -> LlmError {
    LlmError::new(FailureKind::Protocol, format!("The provider's answer was not understood: {error}."))
}

/// The first bytes of a body; what cannot be read is left out.
async fn beginning(response: Response, most: usize) -> Vec<u8> {
    let (mut body, mut chunks) = (Vec::new(), response.bytes_stream());
    while let Some(Ok(chunk)) = chunks.next().await {
        body.extend_from_slice(&chunk);
        if body.len() >= most {
            break;
        }
    }
    body
}
