//! `/share/{token}/files/…` and `/chat/{id}/export`: what pages of conversations link to. The pages themselves are in [`super::ssr`].

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde::Deserialize;
use uuid::Uuid;

use super::rest::problem::{Path, Problem, Query};
use super::rest::{SANDBOX, disposition, transcript};
use crate::i18n::Locale;
use crate::model::share::Format;
use crate::server::Server;
use crate::server::error::Error;
use crate::server::service::share;
use crate::server::service::viewer::Viewer;

/// A link may end at any time.
const NOT_KEPT: &str = "private, no-store";

/// The routes.
pub fn router() -> Router<Server> {
    Router::new()
        .route("/share/{token}/files/{id}", get(content))
        .route("/share/{token}/files/{id}/view", get(view))
        .route("/chat/{id}/export", get(export))
}

async fn content(
    State(server): State<Server>,
    viewer: Option<Extension<Viewer>>,
    Path((token, id)): Path<(String, Uuid)>,
) -> Result<Response, Problem> {
    let stored = share::content(&server, viewer.as_deref(), &token, id).await?;
    let size = stored.file.size;
    let pieces = server.storage.stream(&stored.key, 0..size).await?.ok_or_else(|| Error::not_found("file"))?;
    let head = [
        (CONTENT_TYPE, stored.file.media_type),
        (CONTENT_LENGTH, size.to_string()),
        (CONTENT_DISPOSITION, disposition(&stored.file.name)),
        (CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
        (CACHE_CONTROL, NOT_KEPT.to_owned()),
    ];
    Ok((head, Body::from_stream(pieces)).into_response())
}

async fn view(
    State(server): State<Server>,
    viewer: Option<Extension<Viewer>>,
    Path((token, id)): Path<(String, Uuid)>,
) -> Result<Response, Problem> {
    let (bytes, kind) = share::view(&server, viewer.as_deref(), &token, id).await?;
    Ok(([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, SANDBOX), (CACHE_CONTROL, NOT_KEPT)], bytes).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    format: Option<Format>,
}

async fn export(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(query): Query<ExportQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    transcript(&server, &viewer, id, query.format, Locale::of_request(&parts)).await
}
