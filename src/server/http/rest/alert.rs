//! `/api/admin/alerts/…`: what goes wrong, which rules say so, and where it is told.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, page_size, problems};
use crate::model::Page;
use crate::model::alert::{Alert, AlertChannel, AlertRule, ChannelForm, RuleForm, SilenceForm};
use crate::server::Server;
use crate::server::service::alert;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(history))
        .routes(routes!(rules, add_rule))
        .routes(routes!(change_rule, delete_rule))
        .routes(routes!(silence))
        .routes(routes!(channels, add_channel))
        .routes(routes!(change_channel, delete_channel))
        .routes(routes!(test))
}

problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Internal);
problems!(AllProblems: Unauthenticated, Forbidden, Internal);
problems!(AddProblems: Malformed, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(TestProblems: Malformed, Unauthenticated, Forbidden, NotFound, Upstream, Internal);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HistoryQuery {
    /// `next` of the page before.
    after: Option<Uuid>,
    /// Items of a page, 1 to 200; 30 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Alerts
///
/// The newest first, those that are not over among them, with what was told of each. Kept for 90 days.
#[utoipa::path(get, path = "/api/admin/alerts/", tag = "admin", operation_id = "alerts", params(HistoryQuery), security(("bearer" = ["admin"])),
    responses((status = 200, description = "A page of alerts.", body = Page<Alert>), ListProblems))]
async fn history(State(server): State<Server>, viewer: Viewer, Query(query): Query<HistoryQuery>) -> Result<Json<Page<Alert>>, Problem> {
    Ok(Json(alert::history(&server, &viewer, query.after, query.limit).await?))
}

/// Rules of alerts
#[utoipa::path(get, path = "/api/admin/alerts/rules/", tag = "admin", operation_id = "alert_rules", security(("bearer" = ["admin"])),
    responses((status = 200, description = "All of them.", body = Page<AlertRule>), AllProblems))]
async fn rules(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<AlertRule>>, Problem> {
    Ok(Json(Page { items: alert::rules(&server, &viewer).await?, next: None }))
}

/// Add a rule
///
/// It is looked at within a minute. What is over its threshold is one alert until it is not, told at its beginning and at its end.
#[utoipa::path(post, path = "/api/admin/alerts/rules/", tag = "admin", operation_id = "add_alert_rule", request_body = RuleForm,
    security(("bearer" = ["admin"])), responses((status = 201, description = "The rule.", body = AlertRule), AddProblems))]
async fn add_rule(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(form): Json<RuleForm>,
) -> Result<(StatusCode, Json<AlertRule>), Problem> {
    Ok((StatusCode::CREATED, Json(alert::save_rule(&server, &viewer, &origin, None, form).await?)))
}

/// Change a rule
#[utoipa::path(put, path = "/api/admin/alerts/rules/{id}/", tag = "admin", operation_id = "change_alert_rule", request_body = RuleForm,
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The rule")),
    responses((status = 200, description = "As it is now.", body = AlertRule), WriteProblems))]
async fn change_rule(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(form): Json<RuleForm>,
) -> Result<Json<AlertRule>, Problem> {
    Ok(Json(alert::save_rule(&server, &viewer, &origin, Some(id), form).await?))
}

/// Delete a rule
///
/// And its history.
#[utoipa::path(delete, path = "/api/admin/alerts/rules/{id}/", tag = "admin", operation_id = "delete_alert_rule",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The rule")),
    responses((status = 204, description = "It is gone."), OneProblems))]
async fn delete_rule(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    alert::delete_rule(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Silence a rule
///
/// Nothing is told of it for so many hours; 0 ends the silence. What begins meanwhile and is not over at its end is told then.
#[utoipa::path(post, path = "/api/admin/alerts/rules/{id}/silence/", tag = "admin", operation_id = "silence_alert_rule",
    request_body = SilenceForm, security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The rule")),
    responses((status = 200, description = "As it is now.", body = AlertRule), WriteProblems))]
async fn silence(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(form): Json<SilenceForm>,
) -> Result<Json<AlertRule>, Problem> {
    Ok(Json(alert::silence(&server, &viewer, &origin, id, form).await?))
}

/// Where alerts are told
///
/// Addresses of webhooks and secrets are not shown.
#[utoipa::path(get, path = "/api/admin/alerts/channels/", tag = "admin", operation_id = "alert_channels", security(("bearer" = ["admin"])),
    responses((status = 200, description = "All of them.", body = Page<AlertChannel>), AllProblems))]
async fn channels(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<AlertChannel>>, Problem> {
    Ok(Json(Page { items: alert::channels(&server, &viewer).await?, next: None }))
}

/// Add a channel
///
/// Mail addresses, or a webhook: of any program (JSON, signed as Standard Webhooks says), Slack, Feishu, DingTalk or WeCom. An address in
/// a private network has to be allowed (`private`).
#[utoipa::path(post, path = "/api/admin/alerts/channels/", tag = "admin", operation_id = "add_alert_channel", request_body = ChannelForm,
    security(("bearer" = ["admin"])), responses((status = 201, description = "The channel.", body = AlertChannel), AddProblems))]
async fn add_channel(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(form): Json<ChannelForm>,
) -> Result<(StatusCode, Json<AlertChannel>), Problem> {
    Ok((StatusCode::CREATED, Json(alert::save_channel(&server, &viewer, &origin, None, form).await?)))
}

/// Change a channel
///
/// Without `target` and `secret` these stay as they were; a secret goes to no other host than the one that it was typed for.
#[utoipa::path(put, path = "/api/admin/alerts/channels/{id}/", tag = "admin", operation_id = "change_alert_channel",
    request_body = ChannelForm, security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The channel")),
    responses((status = 200, description = "As it is now.", body = AlertChannel), WriteProblems))]
async fn change_channel(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(form): Json<ChannelForm>,
) -> Result<Json<AlertChannel>, Problem> {
    Ok(Json(alert::save_channel(&server, &viewer, &origin, Some(id), form).await?))
}

/// Delete a channel
#[utoipa::path(delete, path = "/api/admin/alerts/channels/{id}/", tag = "admin", operation_id = "delete_alert_channel",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The channel")),
    responses((status = 204, description = "It is gone."), OneProblems))]
async fn delete_channel(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    alert::delete_channel(&server, &viewer, &origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test a channel
///
/// Sends a message now. 502 with the other side's words where it was not taken.
#[utoipa::path(post, path = "/api/admin/alerts/channels/{id}/test/", tag = "admin", operation_id = "test_alert_channel",
    security(("bearer" = ["admin"])), params(("id" = Uuid, Path, description = "The channel")),
    responses((status = 204, description = "It was taken (a mail: it is in the outbox)."), TestProblems))]
async fn test(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    alert::test_channel(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
