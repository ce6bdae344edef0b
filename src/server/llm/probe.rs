//! What is seen of a question to a provider for its trace: where it went, how large it was, and the head of the answer. Never a key, and
//! nothing of what is said. The HTTP client tells; who asks listens, within the same task.

use std::cell::RefCell;

use http::HeaderMap;
use reqwest::{Request, Response};

/// Headers of answers that help to find out what happened, and hold no secret.
const KNOWN: [&str; 8] =
    ["content-type", "request-id", "x-request-id", "retry-after", "openai-processing-ms", "server", "cf-ray", "x-should-retry"];
/// Beginnings of the names of others.
const BEGINNINGS: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];
/// Longest value, in characters; most headers.
const VALUE_MAX: usize = 120;
const HEADERS_MAX: usize = 24;

tokio::task_local! {
    static SEEN: RefCell<Option<Seen>>;
}

/// What was seen of the last request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Host and path, without a query.
    pub address: String,
    pub bytes: Option<u64>,
    pub status: Option<u16>,
    pub headers: Vec<(String, String)>,
}

/// Does it, and answers also what was seen of the last request that it made.
pub async fn watching<T>(asking: impl Future<Output = T>) -> (T, Option<Seen>) {
    SEEN.scope(RefCell::new(None), async {
        let done = asking.await;
        (done, SEEN.with(RefCell::take))
    })
    .await
}

/// A request goes out.
pub(super) fn sent(request: &Request) {
    let _ = SEEN.try_with(|seen| {
        let (url, bytes) = (request.url(), request.body().and_then(|body| body.as_bytes()).map(|bytes| bytes.len() as u64));
        let address = format!("{}{}", url.host_str().unwrap_or_default(), url.path());
        *seen.borrow_mut() = Some(Seen { address, bytes, ..Seen::default() });
    });
}

/// Its answer begins.
pub(super) fn answered(response: &Response) {
    let _ = SEEN.try_with(|seen| {
        if let Some(seen) = seen.borrow_mut().as_mut() {
            (seen.status, seen.headers) = (Some(response.status().as_u16()), harmless(response.headers()));
        }
    });
}

fn harmless(headers: &HeaderMap) -> Vec<(String, String)> {
    let known = |name: &str| KNOWN.contains(&name) || BEGINNINGS.iter().any(|start| name.starts_with(start));
    let shown = headers.iter().filter(|(name, _)| known(name.as_str()));
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().chars().take(VALUE_MAX).collect();
    shown.take(HEADERS_MAX).map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_that_hold_no_secret_are_kept() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("set-cookie", "a=b"), ("x-request-id", "r1"), ("x-ratelimit-remaining-tokens", "7"), ("authorization", "x")]
        {
            headers.insert(name, value.parse().unwrap());
        }
        let mut kept = harmless(&headers);
        kept.sort();
        assert_eq!(kept, [("x-ratelimit-remaining-tokens".to_owned(), "7".to_owned()), ("x-request-id".into(), "r1".into())]);
    }
}
