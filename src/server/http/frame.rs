//! `/frame/diagram` and `/frame/artifact`: the documents in which pages have diagrams drawn and show what a model made.
//!
//! Both are sandboxed by their own policy, wherever they are opened: they have no origin, so nothing of ours is theirs (no cookie, no storage,
//! no page around them), and no network. Only our pages may hold them, and they do nothing where no page does. What they show comes
//! by message from the page (`public/diagram.js`, `public/artifact.js`), never in their address. They hold nothing of anybody, so everybody may have them.

use std::sync::LazyLock;

use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use sha2::{Digest, Sha256};

const DIAGRAM: &str = include_str!("frame/diagram.js");
const ARTIFACT: &str = include_str!("frame/artifact.js");

/// What holds for both: no origin, no network, no form, and no page around it that is not ours.
const CLOSED: &str = "sandbox allow-scripts; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// What a model made runs as it is written; what it needs beside its own text it has to bring along.
const OWN: &str = "script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline' data: blob:; img-src data: blob:; \
    media-src data: blob:; font-src data: blob:; connect-src data: blob:; worker-src data: blob:";

/// The routes.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/frame/diagram", get(diagram)).route("/frame/artifact", get(artifact))
}

/// Draws: our script, and the library that the page hands to it as a blob. A diagram that talks the library into writing a script has written
/// one that does not run.
async fn diagram() -> Response {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let hash = STANDARD.encode(Sha256::digest(DIAGRAM));
        format!("{CLOSED}; script-src 'sha256-{hash}' blob:; style-src 'unsafe-inline'; img-src data:; font-src data:")
    });
    document(DIAGRAM, &POLICY)
}

/// Shows what a model made.
async fn artifact() -> Response {
    static POLICY: LazyLock<String> = LazyLock::new(|| format!("{CLOSED}; {OWN}"));
    document(ARTIFACT, &POLICY)
}

fn document(script: &'static str, policy: &'static str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Liao</title><script>{script}</script></head></html>"
    );
    let headers = [
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        // For browsers that do not know `frame-ancestors`.
        (X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(response: &Response) -> &str {
        response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap()
    }

    #[tokio::test]
    async fn both_have_no_origin_and_no_network_whoever_opens_them() {
        for response in [diagram().await, artifact().await] {
            let policy = policy(&response);
            assert!(policy.starts_with("sandbox allow-scripts; default-src 'none'"), "{policy}");
            // Nothing that could be reached by a name: no host, no scheme but those of what is at hand, no 'self' but for the page around it.
            let sources =
                policy.split(';').filter(|part| !part.contains("frame-ancestors")).flat_map(|part| part.split_whitespace().skip(1));
            let wrong: Vec<_> =
                sources.filter(|source| !source.starts_with('\'') && !["data:", "blob:", "allow-scripts"].contains(source)).collect();
            assert!(wrong.is_empty() && policy.matches("'self'").count() == 1, "{policy}");
        }
    }

    #[tokio::test]
    async fn the_script_that_draws_is_the_one_that_may_run() {
        let response = diagram().await;
        let hash = policy(&response).split("'sha256-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let html = std::str::from_utf8(&body).unwrap();
        let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
        assert_eq!(STANDARD.encode(Sha256::digest(script)), hash);
        assert!(!policy(&diagram().await).contains("script-src 'unsafe-inline'"));
    }
}
