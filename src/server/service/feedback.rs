//! What people think of answers. What somebody says is theirs; administrators see how many said what of which model.

use futures::StreamExt;
use futures::stream;
use serde_json::json;
use uuid::Uuid;

use super::activity::moment;
use super::sheet::{self, Sheet};
use super::viewer::Viewer;
use crate::model::Page;
use crate::model::error::Rule;
use crate::model::feedback::{Feedback, FeedbackCount, FeedbackForm, FeedbackQuery};
use crate::model::message::Author;
use crate::model::sheet::SheetFormat;
use crate::server::Server;
use crate::server::db::FeedbackFilter;
use crate::server::error::{Error, Result};

/// Those of one page.
const PAGE: i64 = 500;
/// Most characters of a model's name in a filter.
const MODEL_MAX: usize = 200;
const COLUMNS: &[&str] = &["model", "verdict", "reason", "count"];

/// What the viewer said of this conversation's answers; `after` is the `next` of the page before. Errors: `NotFound`.
pub async fn list(server: &Server, viewer: &Viewer, chat_id: Uuid, after: Option<Uuid>) -> Result<Page<Feedback>> {
    server.db.chats().find_for(viewer.user.id, chat_id).await?.ok_or_else(|| Error::not_found("chat"))?;
    let items = server.db.feedback().list_for(viewer.user.id, Some(chat_id), after, PAGE).await?;
    let next = items.last().filter(|_| items.len() as i64 == PAGE).map(|last| last.message_id.to_string());
    Ok(Page { items, next })
}

/// Keeps what the viewer says of an answer, in place of what they said before. Errors: `NotFound`, `Invalid`.
pub async fn set(server: &Server, viewer: &Viewer, message_id: Uuid, form: FeedbackForm) -> Result<Feedback> {
    let form = form.checked()?;
    answer(server, viewer, message_id).await?;
    // A database may keep fewer digits than the clock has.
    let now = server.clock.now();
    server.db.feedback().set(viewer.user.id, message_id, &form, now).await?;
    Ok(Feedback { message_id, verdict: form.verdict, reason: form.reason, note: form.note, updated_at: now })
}

/// Forgets it. Errors: `NotFound` where there is no such answer.
pub async fn forget(server: &Server, viewer: &Viewer, message_id: Uuid) -> Result<()> {
    answer(server, viewer, message_id).await?;
    Ok(server.db.feedback().delete(viewer.user.id, message_id).await?)
}

/// How many answers of each model were found good or bad, and why. Administrators only. Errors: `Invalid`.
pub async fn counts(server: &Server, viewer: &Viewer, query: FeedbackQuery) -> Result<Vec<FeedbackCount>> {
    viewer.require_admin()?;
    let FeedbackQuery { from, to, model } = query;
    let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = FeedbackFilter {
        since: given(from).map(|text| moment("from", &text, 0)).transpose()?,
        until: given(to).map(|text| moment("to", &text, 1)).transpose()?,
        model: given(model),
    };
    if filter.model.as_ref().is_some_and(|model| model.chars().count() > MODEL_MAX || model.contains('\0')) {
        return Err(Error::invalid("model", Rule::Unknown, "model is no name that anything here could have."));
    }
    Ok(server.db.feedback().counts(&filter).await?)
}

/// The same as a file. Administrators only. Errors: `Invalid`.
pub async fn export(server: &Server, viewer: &Viewer, query: FeedbackQuery, format: SheetFormat) -> Result<Sheet> {
    let counts = counts(server, viewer, query).await?;
    let row = |of: FeedbackCount| vec![json!(of.model), json!(of.verdict), json!(of.reason), json!(of.count)];
    let rows = counts.into_iter().map(row).collect();
    Ok(sheet::write(format, "liao-feedback", COLUMNS, stream::once(async { Ok(rows) }).boxed()))
}

/// Questions are nobody's to judge.
async fn answer(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    let message = server.db.messages().find_for(viewer.user.id, id).await?;
    message.filter(|message| message.role == Author::Assistant).map(drop).ok_or_else(|| Error::not_found("answer"))
}
