//! `/api/files/`: files are sent, in one piece or in parts that a broken line does not lose (the core of tus 1.0), listed and
//! forgotten.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, page_size, problems};
use crate::model::Page;
use crate::model::error::{Code, Rule};
use crate::model::file::{File, Room};
use crate::server::Server;
use crate::server::error::Error;
use crate::server::http::middleware::FILE_MAX;
use crate::server::service::file;
use crate::server::service::viewer::Viewer;

const TUS: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
/// The version of tus that is spoken.
const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
/// The media type of a part.
const PART: &str = "application/offset+octet-stream";

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    let sending = OpenApiRouter::new().routes(routes!(list, send)).routes(routes!(get, append, delete));
    sending.layer(DefaultBodyLimit::max(FILE_MAX))
}

problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(SendProblems: Malformed, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(PartProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Where a page of files begins.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FilesQuery {
    /// The `next` of the page before.
    before: Option<Uuid>,
    /// Items of a page; 30 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Files, and the room for them.
#[derive(Serialize, ToSchema)]
struct Files {
    #[serde(flatten)]
    page: Page<File>,
    room: Room,
}

/// Files
///
/// Newest first, and how much room they take.
#[utoipa::path(get, path = "/api/files/", tag = "files", operation_id = "files", params(FilesQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of files.", body = Files), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Query(query): Query<FilesQuery>) -> Result<Json<Files>, Problem> {
    let page = file::list(&server, &viewer, query.before, query.limit).await?;
    Ok(Json(Files { page, room: file::room(&server, &viewer).await? }))
}

/// A form with a file.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is documented and read field by field")]
struct FileForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Send a file
///
/// A form with the field `file`. Or, for an upload that a broken line does not lose (tus 1.0): no body, the header `Upload-Length`
/// with the file's bytes, and `Upload-Metadata: filename <base64>`; then `PATCH` the parts to the address in `Location`, and after
/// a broken line ask it by `HEAD` where to go on. What a file is, its content says. Its text or picture is read in the background:
/// `state` is `waiting`, `reading`, then `ready` or `failed`. The same file sent again answers 200 and the one that is there.
#[utoipa::path(post, path = "/api/files/", tag = "files", operation_id = "send_file", security(("bearer" = [])),
    request_body(content((FileForm = "multipart/form-data"))),
    params(("Upload-Length" = Option<u64>, Header, description = "Begins an upload in parts of so many bytes"),
        ("Upload-Metadata" = Option<String>, Header, description = "`filename`, and the name in base64")),
    responses((status = 201, description = "Kept, or begun: then `Location` takes the parts.", body = File),
        (status = 200, description = "It was there.", body = File), SendProblems))]
async fn send(State(server): State<Server>, viewer: Viewer, request: Request) -> Result<Response, Problem> {
    if let Some(length) = number(request.headers(), &LENGTH)? {
        let begun = file::begin(&server, &viewer, &name(request.headers()), length).await?;
        let location = HeaderValue::from_str(&format!("/api/files/{}/", begun.id)).map_err(Error::internal)?;
        let headers = [(LOCATION, location), (TUS, VERSION), (OFFSET, 0.into())];
        return Ok((StatusCode::CREATED, headers, Json(begun)).into_response());
    }
    let unread = |said: String| Error::new(Code::Malformed, format!("The request cannot be read: {said}."));
    let mut form = Multipart::from_request(request, &()).await.map_err(|refused| unread(refused.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(|error| unread(error.body_text()))? {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or("file").to_owned();
            let pieces = field.map(|piece| piece.map_err(|error| error.body_text()));
            let (file, new) = file::store(&server, &viewer, &name, pieces).await?;
            return Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(file)).into_response());
        }
    }
    Err(Error::invalid("file", Rule::Required, "The form has no field file.").into())
}

/// One file
///
/// The headers `Upload-Offset` and `Upload-Length` say how much of it is here; `HEAD` tells only them.
#[utoipa::path(get, path = "/api/files/{id}/", tag = "files", operation_id = "file", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The file")), responses((status = 200, description = "The file.", body = File), OneProblems))]
async fn get(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let file = file::find(&server, &viewer, id).await?;
    let offset = file::offset(&server, &viewer, &file).await;
    let headers = [(TUS, VERSION), (OFFSET, offset.into()), (LENGTH, file.size.into())];
    Ok((headers, Json(file)).into_response())
}

/// Send a part of a file
///
/// `Upload-Offset` has to be how many bytes are here already. The part that completes the file makes it one.
#[utoipa::path(patch, path = "/api/files/{id}/", tag = "files", operation_id = "send_part", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The upload"), ("Upload-Offset" = u64, Header, description = "Where the part begins")),
    request_body(content = String, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "Kept; `Upload-Offset` says how many bytes are here now."), PartProblems))]
async fn append(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>, request: Request<Body>) -> Result<Response, Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind != Some(PART) {
        return Err(Error::new(Code::UnsupportedMediaType, format!("Send the part as {PART}.")).into());
    }
    // Whose it is comes before what is wrong with the request.
    file::find(&server, &viewer, id).await?;
    let offset = number(request.headers(), &OFFSET)?;
    let offset = offset.ok_or_else(|| Error::new(Code::Malformed, "The header Upload-Offset is missing."))?;
    let pieces = request.into_body().into_data_stream().map(|piece| piece.map_err(|error| error.to_string()));
    let offset = file::append(&server, &viewer, id, offset, pieces).await?;
    Ok((StatusCode::NO_CONTENT, [(TUS, VERSION), (OFFSET, offset.into())]).into_response())
}

/// Forget a file
///
/// Or end its upload. Messages that it was sent with keep its name.
#[utoipa::path(delete, path = "/api/files/{id}/", tag = "files", operation_id = "forget_file", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The file")), responses((status = 204, description = "Forgotten."), OneProblems))]
async fn delete(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    file::delete(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A header that is a number.
fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Error> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| Error::new(Code::Malformed, format!("The header {name} must be a number.")))
}

/// The name in tus' metadata: `filename <base64>` among pairs with commas between them.
fn name(headers: &HeaderMap) -> String {
    let pairs = headers.get(&METADATA).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = pairs.split(',').filter_map(|pair| pair.trim().split_once(' ')).find(|(key, _)| *key == "filename");
    let bytes = name.and_then(|(_, value)| STANDARD.decode(value.trim()).ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
