//! `/export/{token}/…`: the file of an export, for who has its address; whole, or the part that is still missing (RFC 9110 §14).

use std::ops::Range;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName, Method, StatusCode};

use super::rest::problem::{Path, Problem};
use crate::server::Server;
use crate::server::error::Error;
use crate::server::service::export::{self, Download};
use crate::server::service::viewer::Origin;

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route("/export/{token}/{name}", get(download))
}

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// Nothing that the file has.
    Nothing,
}

async fn download(
    State(server): State<Server>,
    origin: Origin,
    Path((token, _)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let download = export::find(&server, &token).await?;
    let (status, range) = match wanted(&headers, &download) {
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

/// One range is served; several, or one of another unit, are answered with the whole, and so is the part of another file.
fn wanted(headers: &HeaderMap, download: &Download) -> Wanted {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let other = text(IF_RANGE).is_some_and(|tag| tag != download.tag);
    match text(RANGE).and_then(|range| range.strip_prefix("bytes=")) {
        Some(range) if !other && !range.contains(',') => part(range.trim(), download.size),
        _ => Wanted::Whole,
    }
}

/// `5-9`, `5-`, `-5` of a file of this size.
fn part(range: &str, size: u64) -> Wanted {
    let Some((first, last)) = range.split_once('-') else { return Wanted::Whole };
    let (first, last) = (first.trim(), last.trim());
    let number = |text: &str| text.parse::<u64>().ok();
    let asked = match (first.is_empty(), last.is_empty()) {
        (true, true) => None,
        (true, false) => number(last).map(|n| size.saturating_sub(n)..size),
        (false, true) => number(first).map(|first| first..size),
        (false, false) => number(first)
            .zip(number(last))
            .filter(|(first, last)| first <= last)
            .map(|(first, last)| first..last.saturating_add(1).min(size)),
    };
    match asked {
        // What cannot be read is as if it were not there.
        None => Wanted::Whole,
        Some(range) if range.start >= size || range.is_empty() => Wanted::Nothing,
        Some(range) => Wanted::Part(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_standard_says() {
        assert_eq!(part("0-499", 1000), Wanted::Part(0..500));
        assert_eq!(part("500-", 1000), Wanted::Part(500..1000));
        assert_eq!(part("-300", 1000), Wanted::Part(700..1000));
        assert_eq!(part("-3000", 1000), Wanted::Part(0..1000));
        assert_eq!(part("900-5000", 1000), Wanted::Part(900..1000));
        for none in ["1000-", "2000-3000", "-0"] {
            assert_eq!(part(none, 1000), Wanted::Nothing, "{none}");
        }
        for odd in ["-", "x-y", "9-5", "12"] {
            assert_eq!(part(odd, 1000), Wanted::Whole, "{odd}");
        }
    }
}
