//! The HTTP client of the providers, and the words for its failures.

use std::sync::LazyLock;
use std::time::Duration;

use reqwest::redirect::Policy;

use super::LlmError;
use crate::model::generation::FailureKind;

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
