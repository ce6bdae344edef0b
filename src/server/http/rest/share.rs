//! `/api/llm/shares/`, `/api/shares/{token}/` and `/api/llm/sessions/{id}/export/`: conversations that leave their owner.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::file_content::disposition;
use super::problem::{Json, Path, Problem, Query, problems};
use crate::i18n::Locale;
use crate::model::Page;
use crate::model::chat::Chat;
use crate::model::share::{Format, Share, ShareForm, SharedMessage};
use crate::server::Server;
use crate::server::service::viewer::{Origin, Site, Viewer};
use crate::server::service::{share, transcript};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
        .routes(routes!(read))
        .routes(routes!(take))
        .routes(routes!(export))
}

problems!(ListProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(TakeProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, Internal);
problems!(ReadProblems: Malformed, Unauthenticated, NotFound, Internal);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SharesQuery {
    /// Only links to this conversation.
    session_id: Option<Uuid>,
}

/// Links to conversations
///
/// Those that hold, newest first.
#[utoipa::path(get, path = "/api/llm/shares/", tag = "llm", operation_id = "shares", params(SharesQuery), security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = Page<Share>), ListProblems))]
async fn list(
    State(server): State<Server>,
    viewer: Viewer,
    Extension(site): Extension<Site>,
    Query(query): Query<SharesQuery>,
) -> Result<Json<Page<Share>>, Problem> {
    Ok(Json(share::list(&server, &viewer, &site, query.session_id).await?))
}

/// Share a conversation by a link
///
/// Who has the link may read the branch that is shown now: as it is, or (`live`) as it goes on.
#[utoipa::path(post, path = "/api/llm/shares/", tag = "llm", operation_id = "share", request_body = ShareForm, security(("bearer" = [])),
    responses((status = 201, description = "The link.", body = Share), WriteProblems))]
async fn create(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Extension(site): Extension<Site>,
    Json(form): Json<ShareForm>,
) -> Result<(StatusCode, Json<Share>), Problem> {
    Ok((StatusCode::CREATED, Json(share::create(&server, &viewer, &origin, &site, form).await?)))
}

/// End a link
#[utoipa::path(delete, path = "/api/llm/shares/{id}/", tag = "llm", operation_id = "unshare", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The link")), responses((status = 204, description = "It leads nowhere now."), OneProblems))]
async fn revoke(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    share::revoke(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A shared conversation.
#[derive(Serialize, ToSchema)]
struct SharedConversation {
    title: String,
    /// The branch, from its beginning.
    messages: Vec<SharedMessage>,
}

/// What a link leads to
///
/// For who has it; 401 where one has to be signed in.
#[utoipa::path(get, path = "/api/shares/{token}/", tag = "llm", operation_id = "shared", security((), ("bearer" = [])),
    params(("token" = String, Path, description = "The last part of the link")),
    responses((status = 200, description = "The conversation.", body = SharedConversation), ReadProblems))]
async fn read(
    State(server): State<Server>,
    viewer: Option<Extension<Viewer>>,
    Path(token): Path<String>,
) -> Result<Json<SharedConversation>, Problem> {
    let (title, messages) = share::read(&server, viewer.as_deref(), &token).await?;
    Ok(Json(SharedConversation { title, messages }))
}

/// Go on with a shared conversation
///
/// Copies it into the account of who asks: its messages, and its files where they are shared (they count as the account's own).
#[utoipa::path(post, path = "/api/shares/{token}/copy/", tag = "llm", operation_id = "copy_shared", security(("bearer" = [])),
    params(("token" = String, Path, description = "The last part of the link")),
    responses((status = 201, description = "The copy.", body = Chat), TakeProblems))]
async fn take(State(server): State<Server>, viewer: Viewer, Path(token): Path<String>) -> Result<(StatusCode, Json<Chat>), Problem> {
    Ok((StatusCode::CREATED, Json(share::take(&server, &viewer, &token).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// Markdown if absent.
    #[param(inline)]
    format: Option<Format>,
}

/// A conversation as a file
///
/// The branch that is shown as Markdown, text, or a page of its own; or all of it, every branch, as JSON.
#[utoipa::path(get, path = "/api/llm/sessions/{id}/export/", tag = "llm", operation_id = "export_session", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation"), ExportQuery),
    responses((status = 200, description = "The file.", body = String, content_type = "*/*"), OneProblems))]
async fn export(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let locale = viewer.user.language.as_deref().and_then(Locale::from_tag).unwrap_or_default();
    file(&server, &viewer, id, query.format, locale).await
}

/// The file as an answer.
pub(in crate::server::http) async fn file(
    server: &Server,
    viewer: &Viewer,
    id: Uuid,
    format: Option<Format>,
    locale: Locale,
) -> Result<Response, Problem> {
    let made = transcript::of(server, viewer, id, format.unwrap_or(Format::Markdown), locale).await?;
    Ok(([(CONTENT_TYPE, made.media_type.to_owned()), (CONTENT_DISPOSITION, disposition(&made.name))], made.body).into_response())
}
