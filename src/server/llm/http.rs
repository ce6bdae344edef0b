//! The HTTP client of the providers, what they all do with an answer, and the words for its failures.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Request, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{LlmError, failure, probe};
use crate::model::generation::FailureKind;
use crate::server::reach::{self, Allowed, Blocked, Guard, Reach};

/// Longest error body that is read, in bytes.
const ERROR_MAX: usize = 64 * 1024;
/// Longest list of models that is read, in bytes.
const LIST_MAX: usize = 8 * 1024 * 1024;
/// Most redirects that are followed, where any are.
const REDIRECTS_MAX: usize = 5;

/// How a provider is reached: the HTTP client, and what it may connect to. A cheap handle.
#[derive(Clone)]
pub struct Way {
    client: reqwest::Client,
    guard: Guard,
}

/// The clients that were made: one for each reach and patience, as each reads the system's certificates and keeps its connections.
#[derive(Default)]
pub(super) struct Ways(Mutex<HashMap<(Reach, Duration), Way>>);

impl Ways {
    /// The way that reaches so far, and gives up connecting after so long.
    pub fn get(&self, reach: Reach, connect: Duration, allowed: &Arc<Allowed>) -> Result<Way, LlmError> {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(way) = ways.get(&(reach, connect)) {
            return Ok(way.clone());
        }
        let way = Way::new(Guard::new(reach, allowed.clone()), connect)?;
        ways.insert((reach, connect), way.clone());
        Ok(way)
    }
}

impl Way {
    /// It follows no redirect: a key must not travel to another host.
    pub fn new(guard: Guard, connect: Duration) -> Result<Self, LlmError> {
        let client = build(Policy::none(), &guard, connect).map_err(|error| unusable(&error))?;
        Ok(Self { client, guard })
    }

    /// A way to anywhere, for tests.
    #[cfg(test)]
    pub fn anywhere() -> Self {
        Self::new(Guard::new(Reach::Anywhere, Arc::default()), Duration::from_secs(10)).expect("a client")
    }

    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }
}

/// Has no time limit of its own but for connecting: answers may stream for long, and who waits decides how long.
#[allow(clippy::disallowed_methods, reason = "the one place that builds the HTTP clients of providers")]
pub(super) fn build(redirects: Policy, guard: &Guard, connect: Duration) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(connect)
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(60))
        .redirect(redirects)
        .dns_resolver(Arc::new(guard.clone()))
        .user_agent(concat!("liao/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Follows redirects, a few and only to where the guard lets it. Names are looked at when they are connected to.
#[allow(dead_code, reason = "without the built-in model nothing follows redirects")]
pub(super) fn redirects(guard: &Guard) -> Policy {
    let guard = guard.clone();
    Policy::custom(move |attempt| match guard.check(attempt.url()) {
        _ if attempt.previous().len() > REDIRECTS_MAX => attempt.error("too many redirects"),
        Ok(()) => attempt.follow(),
        Err(blocked) => attempt.error(blocked),
    })
}

fn unusable(error: &reqwest::Error) -> LlmError {
    LlmError::new(FailureKind::Internal, format!("The HTTP client could not be made: {}", root_cause(error)))
}

/// A failure below HTTP: worth another try, unless the address may not be asked at all. The URL is left out but for its host, as a
/// query might hold a key.
pub(super) fn transport(error: reqwest::Error) -> LlmError {
    let host = error.url().and_then(|url| url.host_str().map(|h| (h.to_owned(), url.port_or_known_default())));
    let host = host.map_or_else(|| "the provider".to_owned(), |(h, port)| format!("{h}:{}", port.unwrap_or(0)));
    let error = error.without_url();
    if let Some(blocked) = reach::blocked(&error) {
        return forbidden(blocked);
    }
    let cause = root_cause(&error);
    match (error.is_connect(), error.is_timeout()) {
        (_, true) => LlmError::new(FailureKind::Timeout, format!("No answer from {host} in time.")),
        (true, _) => LlmError::new(FailureKind::Network, format!("No connection to {host}: {cause}.")),
        _ => LlmError::new(FailureKind::Network, format!("The connection to {host} broke: {cause}.")),
    }
}

fn forbidden(blocked: &Blocked) -> LlmError {
    LlmError::new(FailureKind::Blocked, format!("{blocked}."))
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
pub(super) async fn execute(way: &Way, request: Request, streams: bool) -> Result<Response, LlmError> {
    way.guard.check(request.url()).map_err(|blocked| forbidden(&blocked))?;
    probe::sent(&request);
    let response = way.client.execute(request).await.map_err(transport)?;
    probe::answered(&response);
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

/// A whole body of at most so many bytes; of one that breaks off nothing is taken.
pub(super) async fn whole(response: Response, most: usize) -> Result<Bytes, LlmError> {
    let (mut body, mut chunks) = (BytesMut::new(), response.bytes_stream());
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.map_err(transport)?);
        if body.len() > most {
            return Err(LlmError::new(FailureKind::Protocol, format!("The provider's answer has more than {most} bytes.")));
        }
    }
    Ok(body.freeze())
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
