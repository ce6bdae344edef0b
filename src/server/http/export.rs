//! `/export/{token}/…`: the file of an export, for who has its address; whole, or the part that is still missing (RFC 9110 §14).

use std::ops::Range;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderName, Method, StatusCode};

use super::range::{Wanted, wanted};
use super::rest::problem::{Path, Problem};
use crate::server::Server;
use crate::server::error::Error;
use crate::server::service::export::{self, Download};
use crate::server::service::viewer::Origin;

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route("/export/{token}/{name}", get(download))
}

async fn download(
    State(server): State<Server>,
    origin: Origin,
    Path((token, _)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let download = export::find(&server, &token).await?;
    let (status, range) = match wanted(&headers, download.size, &download.tag) {
        Wanted::Whole => (StatusCode::OK, 0..download.size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => {
            let none = [(CONTENT_RANGE, format!("bytes */{}", download.size))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, none).into_response());
        }
    };
    let body = if method == Method::HEAD || range.is_empty() {
        Body::empty()
    } else {
        let pieces = server.storage.stream(&download.key, range.clone()).await?;
        Body::from_stream(pieces.ok_or_else(|| Error::not_found("export"))?)
    };
    if range.start == 0 && method == Method::GET {
        export::fetched(&server, &origin, &download).await;
    }
    let mut response = (status, described(&download, &range), body).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let part = format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), download.size);
        response.headers_mut().extend(part.parse().ok().map(|part| (CONTENT_RANGE, part)));
    }
    Ok(response)
}

fn described(download: &Download, range: &Range<u64>) -> [(HeaderName, String); 6] {
    [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_LENGTH, (range.end - range.start).to_string()),
        (CONTENT_DISPOSITION, "attachment; filename=\"liao-export.zip\"".to_owned()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (ETAG, download.tag.clone()),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ]
}
