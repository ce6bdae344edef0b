//! A store of S3's protocol, as far as it is used: written from its API reference (PutObject, GetObject, DeleteObjects, ListObjectsV2,
//! multipart uploads), in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode};
use tokio::net::TcpListener;

/// Whose signature it takes.
pub const ACCESS_KEY: &str = "AKIDEXAMPLE";

#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Bytes>,
    /// Parts by their upload and number.
    parts: BTreeMap<(String, u32), Bytes>,
}

type Shared = Arc<Mutex<Kept>>;

/// Serves a bucket called `pictures`; answers its address.
pub async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(Shared::default());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn answer(State(kept): State<Shared>, Query(query): Query<HashMap<String, String>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    let signed = head.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !signed.starts_with(&format!("AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/")) {
        return (StatusCode::FORBIDDEN, "<Error><Code>InvalidAccessKeyId</Code></Error>").into_response();
    }
    let key = head.uri.path().trim_start_matches("/pictures").trim_start_matches('/').to_owned();
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    match (head.method, query.get("uploadId")) {
        (Method::PUT, Some(upload)) => {
            let part = query["partNumber"].parse().unwrap();
            kept.parts.insert((upload.clone(), part), body);
            [("etag", format!("\"{part}\""))].into_response()
        }
        (Method::PUT, None) => {
            kept.objects.insert(key, body);
            [("etag", "\"1\"")].into_response()
        }
        (Method::POST, Some(upload)) => {
            let whole: Vec<u8> = kept.parts.iter().filter(|((of, _), _)| of == upload).flat_map(|(_, part)| part.to_vec()).collect();
            kept.objects.insert(key, whole.into());
            "<CompleteMultipartUploadResult><ETag>\"2\"</ETag></CompleteMultipartUploadResult>".into_response()
        }
        (Method::POST, None) if query.contains_key("uploads") => {
            let id = format!("upload-{}", kept.parts.len());
            format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>").into_response()
        }
        (Method::POST, None) => {
            let asked = String::from_utf8(body.to_vec()).unwrap();
            let keys: Vec<_> = asked.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()).collect();
            keys.iter().for_each(|key| drop(kept.objects.remove(*key)));
            let gone: String = keys.iter().map(|key| format!("<Deleted><Key>{key}</Key></Deleted>")).collect();
            format!("<DeleteResult>{gone}</DeleteResult>").into_response()
        }
        (Method::GET, _) if key.is_empty() => listed(&kept, query.get("prefix").map_or("", String::as_str)),
        (Method::GET | Method::HEAD, _) => object(kept.objects.get(&key), &head.headers),
        (Method::DELETE, _) => {
            kept.objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn listed(kept: &Kept, prefix: &str) -> Response {
    let found = kept.objects.iter().filter(|(key, _)| key.starts_with(prefix));
    let contents: String = found
        .map(|(key, bytes)| {
            let size = bytes.len();
            format!("<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>\"1\"</ETag><Size>{size}</Size></Contents>")
        })
        .collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>").into_response()
}

fn object(bytes: Option<&Bytes>, headers: &HeaderMap) -> Response {
    let Some(bytes) = bytes else { return (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response() };
    let common = [("etag", "\"1\""), ("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT")];
    let range = headers.get("range").and_then(|range| range.to_str().ok()).and_then(|range| range.strip_prefix("bytes="));
    let Some((from, to)) = range.and_then(|range| range.split_once('-')) else { return (common, bytes.clone()).into_response() };
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    let told = [("content-range", format!("bytes {from}-{to}/{}", bytes.len()))];
    (StatusCode::PARTIAL_CONTENT, common, told, bytes.slice(from..=to)).into_response()
}
