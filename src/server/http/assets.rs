//! The embedded site: WASM, JS, CSS and the files of `public/`, compressed when the site was built.
//!
//! Files of `/pkg/` live under a version in the path and never change there, so browsers keep them for a year; the others
//! are asked for again and answered with 304. (In debug builds the files are read from disk and never kept.)

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use super::problem::no_such_page;

type Names = Box<dyn Iterator<Item = Cow<'static, str>>>;

/// The ways to an embedded folder.
struct Embedded {
    get: fn(&str) -> Option<EmbeddedFile>,
    names: fn() -> Names,
}

static EMBEDDED: OnceLock<Embedded> = OnceLock::new();

/// Serves these files. The site is embedded in the program and not in this library, which therefore is compiled while the site is.
pub fn embed<S: RustEmbed>() {
    let _ = EMBEDDED.set(Embedded { get: S::get, names: || Box::new(S::iter()) });
}

/// What a test of this library has of the site: the files that nobody has to build.
#[cfg(test)]
#[derive(RustEmbed)]
#[folder = "public"]
struct Public;

struct Site;

impl Site {
    fn embedded() -> Option<&'static Embedded> {
        #[cfg(test)]
        embed::<Public>();
        EMBEDDED.get()
    }

    fn get(name: &str) -> Option<EmbeddedFile> {
        Self::embedded().and_then(|site| (site.get)(name))
    }

    fn iter() -> impl Iterator<Item = Cow<'static, str>> {
        Self::embedded().map(|site| (site.names)()).into_iter().flatten()
    }
}

const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";
/// The service worker.
const WORKER: &str = "sw.js";

/// 12 hexadecimal digits that change when any file of `/pkg/` does.
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let mut names: Vec<_> = Site::iter().filter(|name| name.starts_with("pkg/")).collect();
        names.sort();
        let mut hash = Sha256::new();
        for name in names {
            let Some(file) = Site::get(&name) else { continue };
            hash.update(name.as_bytes());
            hash.update(file.metadata.sha256_hash());
        }
        hex(&hash.finalize()[..6])
    });
    &VERSION
}

/// The folder of what is under `/pkg/`, as pages name it.
pub fn folder() -> String {
    // `make dev` replaces a style that has changed where it finds its plain path.
    if cfg!(debug_assertions) { "pkg".to_owned() } else { format!("pkg/{}", version()) }
}

/// The WASM files of each chunk, as splitting wrote them down; none where the site was built in one piece.
pub fn chunks() -> &'static HashMap<String, Vec<String>> {
    static CHUNKS: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
        let written = Site::get("pkg/__wasm_split_manifest.json");
        written.and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
    });
    &CHUNKS
}

/// Whether the site was there when this program was built.
pub fn is_embedded() -> bool {
    Site::iter().any(|name| name.starts_with("pkg/"))
}

/// The routes of every embedded file.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let package = if cfg!(debug_assertions) {
        Router::new().route("/pkg/{*file}", get(fresh))
    } else {
        Router::new().route("/pkg/{version}/{*file}", get(packaged))
    };
    public().fold(package, |router, name| {
        let path = format!("/{name}");
        if name == WORKER {
            return router.route(&path, get(|| async { worker() }));
        }
        router.route(&path, get(move |request: Request| async move { serve(&name, request.headers(), ASK_AGAIN) }))
    })
}

/// The service worker, with what it has to know of this version: browsers take a worker of other bytes for a new one.
fn worker() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut hash = Sha256::new();
        // What it keeps at its beginning.
        for name in public().chain([format!("pkg/{}", version()).into()]) {
            hash.update(name.as_bytes());
            hash.update(Site::get(&name).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
        }
        let text = Site::get(WORKER).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default();
        format!("const VERSION = \"{}\";\nconst PKG = \"/{}\";\n{text}", hex(&hash.finalize()[..6]), folder())
    });
    let headers = [(CACHE_CONTROL, ASK_AGAIN), (CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, TEXT.as_str()).into_response()
}

/// The embedded files outside `/pkg/`, by name.
fn public() -> impl Iterator<Item = Cow<'static, str>> {
    Site::iter().filter(|name| !name.starts_with("pkg/") && encoding_of(name).is_none())
}

/// The paths of the embedded files outside `/pkg/`.
#[cfg(test)]
pub(super) fn paths() -> Vec<String> {
    public().map(|name| format!("/{name}")).collect()
}

/// A file of `/pkg/`. Another version's file is not ours to give: it would be kept under the wrong name for a year.
async fn packaged(Path((asked, file)): Path<(String, String)>, headers: HeaderMap) -> Response {
    if asked != version() || encoding_of(&file).is_some() {
        return no_such_page();
    }
    serve(&format!("pkg/{file}"), &headers, FOREVER)
}

/// The same while it is being worked on.
async fn fresh(Path(file): Path<String>, headers: HeaderMap) -> Response {
    serve(&format!("pkg/{file}"), &headers, ASK_AGAIN)
}

/// The file in the encoding that the client likes best, or 304 if it has that.
fn serve(name: &str, request: &HeaderMap, keep: &'static str) -> Response {
    let Some((file, encoding)) = pick(name, request) else { return no_such_page() };
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let known = request.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|tags| has_tag(tags, &tag));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { body(file.data).into_response() };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    if known {
        return response;
    }
    let mime = mime_guess::from_path(name).first_or_octet_stream();
    let text = mime.type_() == "text" || mime.subtype() == "javascript";
    let mime = if text { format!("{mime}; charset=utf-8") } else { mime.to_string() };
    if let Ok(mime) = HeaderValue::from_str(&mime) {
        headers.insert(CONTENT_TYPE, mime);
    }
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn body(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes).into(),
        Cow::Owned(bytes) => bytes.into(),
    }
}

/// The best variant there is, and its Content-Encoding; the smaller one where the client does not mind.
fn pick(name: &str, request: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let plain = Site::get(name)?;
    let accepted = request.get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("");
    let mut variants = [("br", ".br"), ("gzip", ".gz")].map(|(encoding, suffix)| (quality(accepted, encoding), encoding, suffix));
    // Stable: br stays first among equals.
    variants.sort_by_key(|(quality, ..)| std::cmp::Reverse(*quality));
    let identity = quality(accepted, "identity");
    let liked = variants.into_iter().filter(|(quality, ..)| *quality > 0 && *quality >= identity);
    let packed =
        liked.into_iter().find_map(|(_, encoding, suffix)| Site::get(&format!("{name}{suffix}")).map(|file| (file, Some(encoding))));
    Some(packed.unwrap_or((plain, None)))
}

/// How much the client likes an encoding, in thousandths (RFC 9110 §12.5.3); `identity` only where it asks for it.
fn quality(accepted: &str, encoding: &str) -> u16 {
    let mut any = 0;
    for item in accepted.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
        let weight = weight.map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0)).clamp(0.0, 1.0);
        let thousandths = (weight * 1000.0) as u16;
        if name.eq_ignore_ascii_case(encoding) {
            return thousandths;
        }
        if name == "*" && encoding != "identity" {
            any = thousandths;
        }
    }
    any
}

/// Whether an If-None-Match names this entity (weak comparison, RFC 9110 §13.1.2).
fn has_tag(tags: &str, tag: &str) -> bool {
    tags.split(',').map(str::trim).any(|t| t == "*" || t.strip_prefix("W/").unwrap_or(t) == tag)
}

/// The Content-Encoding of a file that is another one compressed.
fn encoding_of(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "br" => Some("br"),
        "gz" => Some("gzip"),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_values_are_respected() {
        assert_eq!(quality("gzip, deflate, br, zstd", "br"), 1000);
        assert_eq!(quality("gzip;q=0.5, br;q=0", "br"), 0);
        assert_eq!(quality("gzip; q=0.5", "gzip"), 500);
        assert_eq!(quality("*;q=0.1", "br"), 100);
        assert_eq!(quality("br;q=0, *", "br"), 0);
        assert_eq!(quality("", "br"), 0);
        assert_eq!(quality("gzip", "identity"), 0);
        assert_eq!(quality("br;q=much", "br"), 0);
    }

    #[test]
    fn an_entity_tag_is_found_in_a_list() {
        assert!(has_tag("\"a\", W/\"b\"", "\"b\"") && has_tag("*", "\"b\"") && !has_tag("\"bb\"", "\"b\""));
    }
}
