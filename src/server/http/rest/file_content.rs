//! `/api/files/{id}/…`: what is in a file, for its owner; and `/api/admin/settings/files/`, how much may be sent and kept.
//!
//! Nothing here is ever run by a browser: it is handed out for keeping (`attachment`), typed by our own judgement (`nosniff` is on
//! every answer), and in a sandbox that loads nothing where somebody opens it all the same.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, problems};
use crate::model::setting::FileSettings;
use crate::server::Server;
use crate::server::error::Error;
use crate::server::http::range::{Wanted, wanted};
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{file, setting};

/// A document that may do nothing.
pub const SANDBOX: &str = "sandbox; default-src 'none'";
/// What is there never changes, and is its owner's.
const KEPT: &str = "private, max-age=86400";

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(content)).routes(routes!(text)).routes(routes!(view)).routes(routes!(limits, set_limits))
}

problems!(ReadProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);
problems!(LimitsProblems: Unauthenticated, Forbidden, Internal);
problems!(SetLimitsProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// The content of a file
///
/// As it was sent; whole, or a range of it.
#[utoipa::path(get, path = "/api/files/{id}/content/", tag = "files", operation_id = "file_content", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The file")),
    responses((status = 200, description = "The bytes.", body = String, content_type = "*/*"), ReadProblems))]
async fn content(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let stored = file::content(&server, &viewer, id).await?;
    let size = stored.file.size;
    let (status, range) = match wanted(&headers, size, &stored.tag) {
        Wanted::Whole => (StatusCode::OK, 0..size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, format!("bytes */{size}"))]).into_response()),
    };
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        let pieces = server.storage.stream(&stored.key, range.clone()).await?;
        Body::from_stream(pieces.ok_or_else(|| Error::not_found("file"))?)
    };
    let length = (range.end - range.start).to_string();
    let own = [(CONTENT_LENGTH, length), (ACCEPT_RANGES, "bytes".to_owned()), (ETAG, stored.tag)];
    let mut response = (status, own, described(&stored.file.media_type, &stored.file.name), body).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let part = format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1));
        response.headers_mut().extend(part.parse().ok().map(|part| (CONTENT_RANGE, part)));
    }
    Ok(response)
}

/// The text of a file
///
/// As it was read out of it, at most 4 MiB.
#[utoipa::path(get, path = "/api/files/{id}/text/", tag = "files", operation_id = "file_text", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The file")),
    responses((status = 200, description = "The text.", body = String, content_type = "text/plain"), ReadProblems))]
async fn text(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let text = file::text(&server, &viewer, id).await?;
    Ok((described("text/plain; charset=utf-8", "text.txt"), text).into_response())
}

/// A picture as it is shown
///
/// At most 2048 pixels a side, without what its file says besides (place, camera, time); JPEG, or PNG where one sees through it.
#[utoipa::path(get, path = "/api/files/{id}/view/", tag = "files", operation_id = "file_view", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The file")),
    responses((status = 200, description = "The picture.", body = String, content_type = "image/jpeg"), ReadProblems))]
async fn view(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let (bytes, kind) = file::view(&server, &viewer, id).await?;
    let name = if kind == "image/png" { "picture.png" } else { "picture.jpg" };
    Ok((described(kind, name), bytes).into_response())
}

fn described(kind: &str, name: &str) -> [(HeaderName, String); 4] {
    [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, disposition(name)),
        (CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
        (CACHE_CONTROL, KEPT.to_owned()),
    ]
}

/// For keeping, under its name (RFC 6266): in plain letters for old programs, and as it is.
pub fn disposition(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' }).collect();
    let escaped: String = name.bytes().map(escaped).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{escaped}")
}

fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

/// How much may be sent and kept
#[utoipa::path(get, path = "/api/admin/settings/files/", tag = "admin", operation_id = "file_settings", security(("bearer" = ["admin"])),
    responses((status = 200, description = "As it is now.", body = FileSettings), LimitsProblems))]
async fn limits(State(server): State<Server>, viewer: Viewer) -> Result<Json<FileSettings>, Problem> {
    viewer.require_admin()?;
    Ok(Json(server.settings.get().files.clone()))
}

/// Let more or less be sent and kept
///
/// It holds at once; what is there already stays. Absent fields get their defaults.
#[utoipa::path(put, path = "/api/admin/settings/files/", tag = "admin", operation_id = "set_file_settings", security(("bearer" = ["admin"])),
    request_body = FileSettings, responses((status = 200, description = "As it is now.", body = FileSettings), SetLimitsProblems))]
async fn set_limits(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(group): Json<FileSettings>,
) -> Result<Json<FileSettings>, Problem> {
    setting::update_files(&server, &viewer, &origin, group).await?;
    limits(State(server), viewer).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        let header = disposition("a\"; x=\r\nSet-Cookie: 报告.pdf");
        assert!(header.is_ascii() && !header.contains(['\r', '\n']) && header.matches('"').count() == 2, "{header}");
        assert!(header.ends_with("%E6%8A%A5%E5%91%8A.pdf"), "{header}");
    }
}
