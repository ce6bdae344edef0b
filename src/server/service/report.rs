//! Reports of abuse. Somebody says what is wrong with an answer of theirs, or with a message that a link shows them; administrators say
//! what became of it. A report shows nothing of what the message says.

use serde_json::json;
use uuid::Uuid;

use super::activity::{self, Event};
use super::share;
use super::viewer::{Origin, Viewer};
use crate::model::Page;
use crate::model::activity::Action;
use crate::model::message::{Author, Message};
use crate::model::report::{OPEN_MAX, OwnReport, Report, ReportForm, ReportState, Reportable, Ruling};
use crate::server::Server;
use crate::server::db::NewReport;
use crate::server::error::{Error, Result};

/// Reports of a list page.
const LIST: usize = 50;
/// Answers that are offered to be reported, and characters that are shown of each.
const OFFERED: i64 = 40;
const EXCERPT: usize = 160;

/// Reports an answer in a conversation of the viewer's. Errors: `NotFound`, `Invalid`, `Conflict`.
pub async fn of_own(server: &Server, viewer: &Viewer, origin: &Origin, message_id: Uuid, form: ReportForm) -> Result<OwnReport> {
    let found = server.db.messages().find_for(viewer.user.id, message_id).await?;
    let message = found.filter(|message| message.role == Author::Assistant).ok_or_else(|| Error::not_found("answer"))?;
    keep(server, viewer, origin, &message, false, form).await
}

/// Reports a message that a link shows. Errors: `NotFound`, `Invalid`, `Conflict`.
#[expect(clippy::too_many_arguments, reason = "who acts, and on what")]
pub async fn of_shared(
    server: &Server,
    viewer: &Viewer,
    origin: &Origin,
    token: &str,
    message_id: Uuid,
    form: ReportForm,
) -> Result<OwnReport> {
    let message = share::message(server, viewer, token, message_id).await?;
    keep(server, viewer, origin, &message, true, form).await
}

#[expect(clippy::too_many_arguments, reason = "who acts, and on what")]
async fn keep(server: &Server, viewer: &Viewer, origin: &Origin, message: &Message, shared: bool, form: ReportForm) -> Result<OwnReport> {
    let form = form.checked()?;
    let me = viewer.user.id;
    if server.db.reports().count_open(me).await? >= OPEN_MAX {
        return Err(Error::conflict(format!("{OPEN_MAX} of your reports are open: wait until somebody has looked at them.")));
    }
    let (id, created_at) = (Uuid::now_v7(), server.clock.now());
    let (chat_id, message_id) = (message.session_id, message.id);
    let new = NewReport { id, reporter_id: me, chat_id, message_id, shared, form: &form, created_at };
    let kept = server.db.reports().put(&new).await?;
    let kept = kept.ok_or_else(|| Error::conflict("You have reported this message before, and somebody has looked at it."))?;
    if kept == id {
        let event = Event::new(Action::MessageReported, origin).of(me);
        activity::record(server, event.detail(json!({ "report": id, "reason": form.reason }))).await;
    }
    Ok(find(server, kept).await?.report)
}

/// What the viewer has reported, the newest first.
pub async fn own(server: &Server, viewer: &Viewer) -> Result<Page<OwnReport>> {
    Ok(Page { items: server.db.reports().list_for(viewer.user.id, LIST as i64).await?, next: None })
}

/// The messages that may be reported: the newest answers of the viewer's conversation, or the one that is named.
pub async fn offered(server: &Server, viewer: &Viewer, chat_id: Uuid, message_id: Option<Uuid>) -> Result<Vec<Reportable>> {
    let chat = server.db.chats().find_for(viewer.user.id, chat_id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let found = match (message_id, chat.leaf_id) {
        (Some(id), _) => server.db.messages().find_for(viewer.user.id, id).await?.into_iter().collect(),
        (None, Some(leaf)) => server.db.messages().branch(leaf, OFFERED).await?,
        (None, None) => Vec::new(),
    };
    Ok(found.iter().filter(|message| message.role == Author::Assistant && message.session_id == chat_id).map(reportable).collect())
}

/// The message of a link that is to be reported.
pub async fn offered_by(server: &Server, viewer: &Viewer, token: &str, message_id: Uuid) -> Result<Reportable> {
    Ok(reportable(&share::message(server, viewer, token, message_id).await?))
}

fn reportable(message: &Message) -> Reportable {
    let text = message.content.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = text.chars().take(EXCERPT).collect();
    let excerpt = if cut.len() < text.len() { format!("{cut}…") } else { cut };
    Reportable { message_id: message.id, excerpt }
}

/// Everybody's reports in this state, or all, the newest first. Administrators only.
pub async fn list(server: &Server, viewer: &Viewer, state: Option<ReportState>, after: Option<Uuid>) -> Result<Page<Report>> {
    viewer.require_admin()?;
    let mut items = server.db.reports().list(state, after, LIST as i64 + 1).await?;
    let more = items.len() > LIST;
    items.truncate(LIST);
    let next = items.last().filter(|_| more).map(|last| last.report.id.to_string());
    Ok(Page { items, next })
}

/// Says what became of a report. Administrators only. Errors: `NotFound`, `Conflict` (it was said before).
pub async fn resolve(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, ruling: Ruling) -> Result<Report> {
    viewer.require_admin()?;
    find(server, id).await?;
    if !server.db.reports().resolve(id, ruling.into(), viewer.user.id, server.clock.now()).await? {
        return Err(Error::conflict("Somebody has resolved it already."));
    }
    let report = find(server, id).await?;
    let event = Event::new(Action::ReportResolved, origin).of(report.reporter_id).by(viewer.user.id);
    activity::record(server, event.detail(json!({ "report": id, "state": ruling }))).await;
    Ok(report)
}

async fn find(server: &Server, id: Uuid) -> Result<Report> {
    server.db.reports().find(id).await?.ok_or_else(|| Error::not_found("report"))
}

#[cfg(test)]
mod tests;
