//! `/api/admin/messages/…`: other people's conversations, for administrators; `/api/admin/settings/oversight/`: whether they may be read.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::file_content::disposition;
use super::problem::{Json, Path, Problem, Query, page_size, problems};
use crate::i18n::Locale;
use crate::model::Page;
use crate::model::inspection::{Access, InspectionQuery, Metadata, ReasonForm};
use crate::model::message::Message;
use crate::model::setting::OversightSettings;
use crate::model::share::Format;
use crate::server::Server;
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{inspection, setting};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(find))
        .routes(routes!(open))
        .routes(routes!(content))
        .routes(routes!(export))
        .routes(routes!(erase))
        .routes(routes!(oversight, set_oversight))
}

problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(ActProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Whose they are: an id or an e-mail address.
    owner: Option<String>,
    /// `provider/model` used last.
    model: Option<String>,
    /// Last written in not before this day, or this moment (RFC 3339); days are UTC's.
    from: Option<String>,
    /// Up to the end of this day, or before this moment.
    to: Option<String>,
    /// With at least so many messages.
    #[param(minimum = 1, maximum = 10000)]
    messages: Option<u32>,
    /// With reports that are open, or without.
    reported: Option<bool>,
    /// `next` of the page before.
    after: Option<String>,
    /// Items of a page, 1 to 200; 30 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// What is known of everybody's conversations
///
/// Last written first. Whose it is, its model, its size; nothing of what was said, and no title, which is made from it.
#[utoipa::path(get, path = "/api/admin/messages/", tag = "admin", operation_id = "inspections", params(ListQuery), security(("bearer" = ["admin"])),
    responses((status = 200, description = "A page of conversations.", body = Page<Metadata>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Query(query): Query<ListQuery>) -> Result<Json<Page<Metadata>>, Problem> {
    let ListQuery { owner, model, from, to, messages, reported, after, limit } = query;
    let query = InspectionQuery { owner, model, from, to, messages, reported };
    Ok(Json(inspection::list(&server, &viewer, query, after.as_deref(), limit).await?))
}

/// What is known of a conversation
#[utoipa::path(get, path = "/api/admin/messages/{id}/", tag = "admin", operation_id = "inspection", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The conversation")),
    responses((status = 200, description = "Nothing of what was said.", body = Metadata), OneProblems))]
async fn find(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Metadata>, Problem> {
    Ok(Json(inspection::find(&server, &viewer, id).await?))
}

/// Open somebody's conversation
///
/// For who asks alone, and for 30 minutes. The reason is noted in the security log first, where the owner reads it; a letter tells them, too.
/// One that is open stays as it is. 403 where a setting forbids it, and with the code `step_up` without a fresh proof of who you are.
#[utoipa::path(post, path = "/api/admin/messages/{id}/access/", tag = "admin", operation_id = "open_conversation", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The conversation")), request_body = ReasonForm,
    responses((status = 201, description = "It can be read until then.", body = Access), ActProblems))]
async fn open(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(form): Json<ReasonForm>,
) -> Result<(StatusCode, Json<Access>), Problem> {
    Ok((StatusCode::CREATED, Json(inspection::open(&server, &viewer, &origin, id, form).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ContentQuery {
    /// `next` of the page before.
    after: Option<Uuid>,
    /// Items of a page, 1 to 200; 30 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// What was said in an open conversation
///
/// Every message, all branches, oldest first. 403 where it is not open to who asks.
#[utoipa::path(get, path = "/api/admin/messages/{id}/content/", tag = "admin", operation_id = "opened_messages", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The conversation"), ContentQuery),
    responses((status = 200, description = "A page of messages.", body = Page<Message>), OneProblems))]
async fn content(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(query): Query<ContentQuery>,
) -> Result<Json<Page<Message>>, Problem> {
    Ok(Json(inspection::messages(&server, &viewer, id, query.after, query.limit).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// Markdown if absent; JSON has every branch.
    #[param(inline)]
    format: Option<Format>,
}

/// An open conversation as a file
///
/// That is noted and told to the owner as opening it was, with the same reason. 403 where it is not open to who asks.
#[utoipa::path(get, path = "/api/admin/messages/{id}/export/", tag = "admin", operation_id = "export_conversation",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The conversation"), ExportQuery),
    responses((status = 200, description = "The file.", body = String, content_type = "*/*"), OneProblems))]
async fn export(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let locale = viewer.user.language.as_deref().and_then(Locale::from_tag).unwrap_or_default();
    let made = inspection::export(&server, &viewer, &origin, id, query.format.unwrap_or(Format::Markdown), locale).await?;
    Ok(([(CONTENT_TYPE, made.media_type.to_owned()), (CONTENT_DISPOSITION, disposition(&made.name))], made.body).into_response())
}

/// Delete somebody's conversation
///
/// For good: its owner cannot bring it back, and is told why. Open reports of it are upheld. It need not be open, and a fresh proof of who
/// you are is asked for (403, `step_up`).
#[utoipa::path(post, path = "/api/admin/messages/{id}/deletion/", tag = "admin", operation_id = "erase_conversation",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The conversation")), request_body = ReasonForm,
    responses((status = 204, description = "It is gone."), ActProblems))]
async fn erase(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(form): Json<ReasonForm>,
) -> Result<StatusCode, Problem> {
    inspection::erase(&server, &viewer, &origin, id, form).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether conversations may be opened
#[utoipa::path(get, path = "/api/admin/settings/oversight/", tag = "admin", operation_id = "oversight_settings",
    security(("bearer" = ["admin"])),
    responses((status = 200, description = "As it is now.", body = OversightSettings), ReadProblems))]
async fn oversight(State(server): State<Server>, viewer: Viewer) -> Result<Json<OversightSettings>, Problem> {
    viewer.require_admin()?;
    Ok(Json(server.settings.get().oversight.clone()))
}

/// Say whether conversations may be opened
///
/// It holds at once, also for what is open. A fresh proof of who you are is asked for (403, `step_up`).
#[utoipa::path(put, path = "/api/admin/settings/oversight/", tag = "admin", operation_id = "set_oversight_settings",
    security(("bearer" = ["admin"])), request_body = OversightSettings,
    responses((status = 200, description = "As it is now.", body = OversightSettings), WriteProblems))]
async fn set_oversight(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(group): Json<OversightSettings>,
) -> Result<Json<OversightSettings>, Problem> {
    setting::update_oversight(&server, &viewer, &origin, group).await?;
    oversight(State(server), viewer).await
}
