//! What people think of answers. What somebody says is theirs; administrators see how many said what of which model.

use uuid::Uuid;

use super::viewer::Viewer;
use crate::model::Page;
use crate::model::feedback::{Feedback, FeedbackCount, FeedbackForm};
use crate::model::message::Author;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// Those of one page.
const PAGE: i64 = 500;

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

/// How many answers of each model were found good or bad, and why. Administrators only.
pub async fn counts(server: &Server, viewer: &Viewer) -> Result<Vec<FeedbackCount>> {
    viewer.require_admin()?;
    Ok(server.db.feedback().counts().await?)
}

/// Questions are nobody's to judge.
async fn answer(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    let message = server.db.messages().find_for(viewer.user.id, id).await?;
    message.filter(|message| message.role == Author::Assistant).map(drop).ok_or_else(|| Error::not_found("answer"))
}
