//! What pages of other sites may ask: the API, where the configuration names their origin, with a token that they bring. Cookies are not
//! among it: no answer says that they may be sent, and what a browser sends of its own all the same is refused as ever.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header, request};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::server::Server;
use crate::server::config::Origins;

/// How long a browser need not ask again whether it may.
const KNOWN_FOR: Duration = Duration::from_secs(3600);

/// What scripts may read of an answer besides what every script may.
const SHOWN: [HeaderName; 5] =
    [header::RETRY_AFTER, header::LOCATION, header::ETAG, header::CONTENT_DISPOSITION, HeaderName::from_static("x-request-id")];

/// Nothing, unless the configuration names origins.
pub fn layer(server: &Server) -> Option<CorsLayer> {
    let origins = server.config.site.cors.clone();
    if origins == Origins::None {
        return None;
    }
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let allowed = move |origin: &HeaderValue, parts: &request::Parts| is_open(parts.uri.path()) && origins.has(origin);
    let layer = CorsLayer::new().allow_origin(AllowOrigin::predicate(allowed)).allow_methods(methods);
    Some(layer.allow_headers(AllowHeaders::mirror_request()).expose_headers(SHOWN).max_age(KNOWN_FOR))
}

/// Whether the configuration lets pages of this origin ask this path.
pub fn lets(server: &Server, origin: Option<&HeaderValue>, path: &str) -> bool {
    is_open(path) && origin.is_some_and(|origin| server.config.site.cors.has(origin))
}

/// What is for programs.
fn is_open(path: &str) -> bool {
    path.starts_with("/api/")
}
