//! What happens to every request before its route, in this order (outermost first):
//!
//! | # | layer | why here |
//! |---|---|---|
//! | 1 | request id | everything below logs it; a proxy's own is kept when it is sane |
//! | 2 | trace | one span `http.request` around all the rest, so that every log line has the id |
//! | 2a | measure | what Prometheus and a collector of traces are told of every answer, also of a panic |
//! | 2b | other origins | where the configuration names some; around errors, too, which their pages may only read so |
//! | 3 | catch panic | a panic below becomes a 500 that is traced and has the id |
//! | 4 | body limit | nothing below reads more than [`BODY_MAX`], [`UPLOAD_MAX`] where pictures, [`FILE_MAX`] where files, [`AUDIO_MAX`] where recordings and [`IMPORT_BODY_MAX`] where conversations are sent |
//! | 5 | security headers | on every answer, also of errors below |
//! | 6 | compression | of pages and JSON, after all headers are set |
//! | 7 | where from, same origin, session, who asks | around all but assets and health; their order is in `viewer::guarded` |
//!
//! The canonical slash of API paths is added before routing, by [`super::router`].

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use futures::StreamExt;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue};
use tower::util::option_layer;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::Predicate;
use tower_http::compression::{CompressionLayer, predicate::SizeAbove};
use tower_http::trace::TraceLayer;
use tracing::Span;

use super::cors;
use super::maintenance::TurnedAway;
use super::problem::problem;
use super::viewer::behind_proxy;
use crate::model::error::{ApiError, Code};
use crate::model::{avatar, file, import, voice};
use crate::server::telemetry::Traced;
use crate::server::{Server, log, metrics, service};

/// Largest request body, in bytes.
pub const BODY_MAX: usize = 2 * 1024 * 1024;
/// The same where a picture is sent: the picture, and the form around it.
pub const UPLOAD_MAX: usize = avatar::BYTES_MAX + 64 * 1024;
/// The same where a file is sent: what administrators allow is less, as a rule.
pub const FILE_MAX: usize = file::SIZE_MAX + 64 * 1024;
/// The same where a recording is sent.
pub const AUDIO_MAX: usize = voice::AUDIO_MAX + 64 * 1024;
/// The same where conversations from elsewhere are sent.
pub const IMPORT_BODY_MAX: usize = import::IMPORT_MAX + 64 * 1024;
/// Largest refused body that is still read to its end, in bytes, and how long that may take.
const DRAIN_MAX: u64 = 32 * 1024 * 1024;
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// Answers below this many bytes are not worth compressing.
const COMPRESS_MIN: u16 = 860;
/// Longest request id that is taken over from a proxy.
const ID_MAX: usize = 64;

/// What no page of ours asks a browser for, and the microphone, which only ours may. (Passkeys and the clipboard are not among it.)
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
    magnetometer=(), microphone=(self), midi=(), payment=(), serial=(), usb=()";
/// A year.
const TLS_ONLY: &str = "max-age=31536000";

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The word of RFC-less but common use that says: do not hold this answer back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Puts every layer around the routes. `axum` applies the last one first, so this reads from the bottom up.
pub fn around(routes: Router, server: &Server) -> Router {
    routes
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(SizeAbove::new(COMPRESS_MIN).and(Text)))
        .layer(from_fn_with_state(server.clone(), security_headers))
        .layer(from_fn(body_limit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(option_layer(cors::layer(server)))
        .layer(from_fn_with_state(server.clone(), measured))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(answered)
                .on_failure(())
                .on_body_chunk(())
                .on_eos(()),
        )
        .layer(from_fn(request_id))
}

/// Counts the answer, and how long it took to begin.
async fn measured(State(server): State<Server>, request: Request, next: Next) -> Response {
    let (path, method) = (request.uri().path().to_owned(), request.method().clone());
    let begun = tokio::time::Instant::now();
    let traced = traced(&server, &request);
    let response = traced.within(next.run(request)).await;
    server.metrics.answered(&path, &method, response.status(), begun.elapsed());
    traced.answered(response.status());
    response
}

/// The request's span for a collector, whose ids every line of the log has. What a trace would drown in has none.
fn traced(server: &Server, request: &Request) -> Traced {
    if !server.telemetry.is_on() || matches!(metrics::area(request.uri().path()), "asset" | "health") {
        return Traced::default();
    }
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let id = request.headers().get(&X_REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let from = behind_proxy(server, request).then(|| request.headers());
    let traced = server.telemetry.request(request.method(), route, id, from);
    Span::current().record("trace_id", traced.trace_id()).record("span_id", traced.span_id());
    traced
}

/// Makes an id for the request, or takes the proxy's, and sends it back.
async fn request_id(mut request: Request, next: Next) -> Response {
    let id = request.headers().get(&X_REQUEST_ID).filter(|id| is_sane(id)).cloned().unwrap_or_else(new_id);
    request.headers_mut().insert(X_REQUEST_ID, id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
}

fn is_sane(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (8..=ID_MAX).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

fn new_id() -> HeaderValue {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Unique among processes by its first half, within this one by the second; it guards nothing, so it may be guessed.
    static PROCESS: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let id = format!("{:016x}-{:x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("none"))
}

fn span<B>(request: &http::Request<B>) -> Span {
    let id = request.headers().get(&X_REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let (method, path) = (request.method(), request.uri().path());
    // A link's token is in its path.
    let (path, empty) = (log::redacted(path), tracing::field::Empty);
    tracing::info_span!("http.request", id, %method, %path, user = empty, status = empty, ms = empty, trace_id = empty, span_id = empty)
}

fn answered<B>(response: &http::Response<B>, after: Duration, span: &Span) {
    span.record("status", response.status().as_u16());
    span.record("ms", after.as_secs_f64() * 1000.0);
    // Whom maintenance mode turns away is no failure.
    if response.status().is_server_error() && response.extensions().get::<TurnedAway>().is_none() {
        tracing::warn!("a request was answered with an error of ours");
    } else {
        tracing::debug!("a request was answered");
    }
}

fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text.unwrap_or("unknown"), "a request panicked");
    problem(ApiError::new(Code::Internal, "Something went wrong on the server."))
}

/// Refuses a body that says itself that it is too large, and one that does not say so when it has become too large.
async fn body_limit(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|l| l.to_str().ok()?.parse::<u64>().ok());
    let (max, too_large) = limit(request.uri().path());
    match length {
        Some(length) if length > max as u64 => {
            if length <= DRAIN_MAX {
                drain(&mut request.into_body().into_data_stream()).await;
            }
            too_large()
        }
        Some(_) => next.run(request).await,
        None if request.body().is_end_stream() => next.run(request).await,
        None => {
            let over = Arc::new(AtomicBool::new(false));
            let response = next.run(request.map(|body| counted(body, max, over.clone()))).await;
            // Whatever the route made of a body that broke off.
            if over.load(Ordering::Relaxed) { too_large() } else { response }
        }
    }
}

/// How much may be sent to this path, and what is answered to more.
fn limit(path: &str) -> (usize, fn() -> Response) {
    match path {
        avatar::FORM => (UPLOAD_MAX, super::avatar::too_large),
        "/api/users/me/avatar/" => (UPLOAD_MAX, || problem(service::avatar::too_large())),
        voice::TRANSCRIPTIONS => (AUDIO_MAX, || problem(service::voice::too_large())),
        file::FORM => (FILE_MAX, super::message::too_large),
        import::FORM => (IMPORT_BODY_MAX, super::import::too_large),
        "/api/llm/imports/" => (IMPORT_BODY_MAX, || problem(service::import::too_large())),
        path if path.starts_with("/api/files/") => {
            (FILE_MAX, || problem(ApiError::new(Code::TooLarge, format!("No file may have more than {} MiB.", file::FILE_MB_MAX))))
        }
        _ => (BODY_MAX, || problem(ApiError::new(Code::TooLarge, format!("The request may have at most {BODY_MAX} bytes.")))),
    }
}

/// The body, which breaks off and sets `over` when it has become too large.
fn counted(body: Body, max: usize, over: Arc<AtomicBool>) -> Body {
    let pieces = futures::stream::unfold(Some((body.into_data_stream(), 0)), move |state| {
        let over = over.clone();
        async move {
            let (mut body, mut read) = state?;
            let piece: Result<Bytes, axum::Error> = body.next().await?;
            read += piece.as_ref().map_or(0, Bytes::len);
            if read <= max {
                return Some((piece, Some((body, read))));
            }
            over.store(true, Ordering::Relaxed);
            drain(&mut body).await;
            Some((Err(axum::Error::new(io::Error::other("the body is too large"))), None))
        }
    });
    Body::from_stream(pieces)
}

/// Reads what is still being sent, within reason: a client that is cut off while it writes never sees the answer.
async fn drain(body: &mut BodyDataStream) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(piece)) = body.next().await {
            read += piece.len() as u64;
            if read > DRAIN_MAX {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_WITHIN, reading).await;
}

/// Sets what every answer carries. The content security policy is set by the pages, which know their nonce.
async fn security_headers(State(server): State<Server>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // The two documents that our pages hold in a frame say so themselves.
    headers.entry(X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS));
    // Only who came over TLS believes it, and only where the public address says that there is some.
    if server.config.site.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TLS_ONLY));
    }
    response
}

/// Pages and JSON, unless they are streamed: compression would hold the pieces back. A stream says so by
/// `x-accel-buffering: no`, which a proxy in front needs to hear anyway; events are no text in this sense.
#[derive(Clone, Copy)]
struct Text;

impl Predicate for Text {
    fn should_compress<B: HttpBody>(&self, response: &http::Response<B>) -> bool {
        let headers = response.headers();
        let kind = headers.get(CONTENT_TYPE).and_then(|t| t.to_str().ok()).unwrap_or_default();
        let text = ["text/html", "application/json", "application/problem+json"].iter().any(|known| kind.starts_with(known));
        text && headers.get(&X_ACCEL_BUFFERING).is_none_or(|v| v != "no")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sane_request_id_is_taken_over() {
        let sane = |id: &str| is_sane(&HeaderValue::from_str(id).unwrap());
        assert!(sane("018f2c3e-77aa-7bcd-8000-000000000001") && sane(new_id().to_str().unwrap()));
        assert!(!sane("short") && !sane("has a space in it") && !sane("new\tline-12345") && !sane(&"x".repeat(65)));
        assert_ne!(new_id(), new_id());
    }

    #[test]
    fn events_and_streams_are_never_compressed() {
        let compressed = |kind: &str, buffering: &str| {
            let response = http::Response::builder().header(CONTENT_TYPE, kind).header(X_ACCEL_BUFFERING, buffering);
            Text.should_compress(&response.body(axum::body::Body::empty()).unwrap())
        };
        assert!(compressed("text/html; charset=utf-8", "yes") && compressed("application/json", "yes"));
        assert!(!compressed("text/event-stream", "yes") && !compressed("text/html", "no") && !compressed("application/wasm", "yes"));
    }
}
