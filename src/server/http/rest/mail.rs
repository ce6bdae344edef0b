//! `/api/admin/mail/…`: how mail is sent, and the outbox.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, page_size, problems};
use crate::i18n::Locale;
use crate::model::Page;
use crate::model::mail::{LetterKind, Mail, MailBody, MailForm, MailSetup, MailState, MailTest, OpenMail};
use crate::server::Server;
use crate::server::error::Error;
use crate::server::service::mail;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(settings, update))
        .routes(routes!(test))
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(retry))
        .routes(routes!(letter))
}

problems!(ReadProblems: Unauthenticated, Forbidden, Internal);
problems!(WriteProblems: Malformed, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(RetryProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);

/// How mail is sent
///
/// The password is never shown. Administrators only, like everything here.
#[utoipa::path(get, path = "/api/admin/mail/settings/", tag = "admin", operation_id = "mail_settings", security(("bearer" = ["admin"])),
    responses((status = 200, description = "The settings, and what follows from them.", body = MailSetup), ReadProblems))]
async fn settings(State(server): State<Server>, viewer: Viewer) -> Result<Json<MailSetup>, Problem> {
    Ok(Json(mail::setup(&server, &viewer).await?))
}

/// Set how mail is sent
///
/// What is absent gets its default, save the password, which stays for the same server and user. Asks for a fresh proof of who you are:
/// else 403 with the code `step_up`. 409 where `LIAO_SMTP_URL` names the server.
#[utoipa::path(put, path = "/api/admin/mail/settings/", tag = "admin", operation_id = "set_mail_settings", security(("bearer" = ["admin"])),
    request_body = MailForm, responses((status = 200, description = "As it holds now.", body = MailSetup), WriteProblems))]
async fn update(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(form): Json<MailForm>,
) -> Result<Json<MailSetup>, Problem> {
    Ok(Json(mail::set_up(&server, &viewer, &origin, form).await?))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct TestRecipient {
    /// Your own address if absent.
    #[schema(example = "ada@example.org")]
    to: Option<String>,
}

/// Send a test mail
///
/// At once: what the mail server really said, or why it could not be asked.
#[utoipa::path(post, path = "/api/admin/mail/test/", tag = "admin", operation_id = "test_mail", security(("bearer" = ["admin"])), request_body = Option<TestRecipient>,
    responses((status = 200, description = "What came of it.", body = MailTest), WriteProblems))]
async fn test(State(server): State<Server>, viewer: Viewer, body: Option<Json<TestRecipient>>) -> Result<Json<MailTest>, Problem> {
    let to = body.and_then(|Json(body)| body.to);
    Ok(Json(mail::test(&server, &viewer, to).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OutboxQuery {
    /// Those in this state only.
    state: Option<MailState>,
    /// The `next` of the page before.
    after: Option<Uuid>,
    /// Items of a page, 1 to 200; 30 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// The outbox
///
/// The newest first. Mails are kept for 30 days, their texts until they are sent.
#[utoipa::path(get, path = "/api/admin/mail/outbox/", tag = "admin", operation_id = "outbox", params(OutboxQuery), security(("bearer" = ["admin"])),
    responses((status = 200, description = "A page of mails.", body = Page<Mail>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Query(query): Query<OutboxQuery>) -> Result<Json<Page<Mail>>, Problem> {
    Ok(Json(mail::list(&server, &viewer, query.state, query.after, query.limit).await?))
}

/// One mail
///
/// With its text, until it is sent: then the links in it are for its recipient alone. The security log notes who read it.
#[utoipa::path(get, path = "/api/admin/mail/outbox/{id}/", tag = "admin", operation_id = "outbox_mail", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The mail")),
    responses((status = 200, description = "The mail.", body = OpenMail), OneProblems))]
async fn get(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(id): Path<Uuid>) -> Result<Json<OpenMail>, Problem> {
    Ok(Json(mail::open(&server, &viewer, &origin, id).await?))
}

/// Send it again
///
/// A mail that was given up, or held because there was no mail server.
#[utoipa::path(post, path = "/api/admin/mail/outbox/{id}/retry/", tag = "admin", operation_id = "retry_mail", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The mail")),
    responses((status = 202, description = "It is on its way.", body = Mail), RetryProblems))]
async fn retry(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<(StatusCode, Json<Mail>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(mail::retry(&server, &viewer, id).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LetterQuery {
    /// `en` or `zh-CN`; yours if absent.
    #[param(example = "zh-CN")]
    language: Option<String>,
}

/// How a letter looks.
#[derive(Serialize, ToSchema)]
struct LetterSample {
    #[schema(example = "Confirm your e-mail address")]
    subject: String,
    #[serde(flatten)]
    body: MailBody,
}

/// How a letter looks
///
/// With made-up names and links that lead nowhere; nothing is sent.
#[utoipa::path(get, path = "/api/admin/mail/letters/{letter}/", tag = "admin", operation_id = "letter", security(("bearer" = ["admin"])),
    params(("letter" = LetterKind, Path, description = "Which"), LetterQuery),
    responses((status = 200, description = "The letter.", body = LetterSample), OneProblems))]
async fn letter(
    State(server): State<Server>,
    viewer: Viewer,
    Path(letter): Path<String>,
    Query(query): Query<LetterQuery>,
) -> Result<Json<LetterSample>, Problem> {
    viewer.require_admin()?;
    let kind = LetterKind::from_name(&letter).ok_or_else(|| Error::not_found("letter"))?;
    let language = query.language.or_else(|| viewer.user.language.clone());
    let locale = language.as_deref().and_then(Locale::from_tag).unwrap_or_default();
    let (subject, body) = mail::preview(&server, &viewer, kind, locale)?;
    Ok(Json(LetterSample { subject, body }))
}
