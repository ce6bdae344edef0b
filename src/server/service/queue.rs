//! Messages that wait for an answer's end. They are rows, so they survive a restart; when an answer ends, the node that wrote it asks
//! the next one, whoever looks. What no end came for (a node that died) is found by the sweep.
//!
//! ```text
//! done, or interrupted by a restart   the next is asked, when no other model still answers the same question
//! stopped, failed                     the queue is paused until its owner says to go on …
//! … for a message that is urgent      it is asked
//! it cannot be asked                  paused
//! ```
//!
//! A message leaves the queue in the transaction that begins its run, by its request id, so it is asked once, whoever asks it.

use std::pin::Pin;

use uuid::Uuid;

use super::generation;
use super::viewer::Viewer;
use crate::model::chat::{Ask, Opening, Started};
use crate::model::error::{Code, Fields, Rule};
use crate::model::file::ATTACHED_MAX;
use crate::model::generation::Status;
use crate::model::message::MESSAGE_MAX;
use crate::model::queue::{NewQueued, Paused, QUEUE_MAX, Queue, Queued, QueuedChange};
use crate::server::Server;
use crate::server::db::Next;
use crate::server::error::{Error, Result};

/// Most conversations that one sweep goes through.
const SWEEP: i64 = 1000;
/// Longest request id and name of a model, in characters.
const NAME_MAX: usize = 100;

/// What became of a message.
#[derive(Debug)]
pub enum Sent {
    Asked(Started),
    /// An answer is being written: it waits.
    Waits(Box<Queued>),
}

/// What waits in the viewer's conversation. Errors: `NotFound`.
pub async fn list(server: &Server, viewer: &Viewer, chat_id: Uuid) -> Result<Queue> {
    server.db.waiting().find_for(viewer.user.id, chat_id).await?.ok_or_else(|| Error::not_found("conversation"))
}

/// Whether an answer is being written in this conversation, if it is the viewer's.
pub async fn is_busy(server: &Server, viewer: &Viewer, chat_id: Uuid) -> Result<bool> {
    let found = server.db.chats().find_for(viewer.user.id, chat_id).await?;
    Ok(found.is_some_and(|found| found.chat.running))
}

/// Asks a message, but not before what waits in its conversation: between an answer's end and the next question there is a moment in which nothing
/// is being written. Errors: besides the others `Conflict`, as while an answer is being written.
pub async fn send_in_turn(server: &Server, viewer: &Viewer, ask: Ask, opening: Opening, files: &[Uuid]) -> Result<Started> {
    if let Some(chat_id) = ask.chat_id.filter(|_| ask.replaces.is_none())
        && let Some(next) = next(server, chat_id).await?
        && next.user_id == viewer.user.id
        && next.paused.is_none()
        && ask.request_id.as_ref() != Some(&next.message.request_id)
    {
        // Where it cannot be asked now (a file is still being read), this goes first.
        let _ = advance(server, chat_id).await;
    }
    generation::send_with(server, viewer, ask, opening, files).await
}

/// Asks a message, or where an answer is being written in its conversation, has it wait. The same request id does either once.
pub async fn send(server: &Server, viewer: &Viewer, ask: Ask, opening: Opening, files: &[Uuid]) -> Result<Sent> {
    let Some(chat_id) = ask.chat_id.filter(|_| ask.replaces.is_none()) else {
        return Ok(Sent::Asked(generation::send_with(server, viewer, ask, opening, files).await?));
    };
    let new = NewQueued {
        message: ask.text.clone(),
        model: ask.model.clone(),
        attachments: files.to_vec(),
        request_id: ask.request_id.clone().filter(|id| !id.is_empty()),
    };
    match send_in_turn(server, viewer, ask, opening, files).await {
        Ok(started) => Ok(Sent::Asked(started)),
        Err(error) if is(&error, Code::Conflict) && !server.db.waiting().running(chat_id).await?.is_empty() => {
            Ok(Sent::Waits(Box::new(add(server, viewer, chat_id, new).await?)))
        }
        Err(error) => Err(error),
    }
}

/// Puts a message behind those that wait. Where nothing is being written and nothing is paused, it is asked at once.
/// Errors: `NotFound`, `Invalid`, `Conflict` (too many wait, or it was asked already).
pub async fn add(server: &Server, viewer: &Viewer, chat_id: Uuid, new: NewQueued) -> Result<Queued> {
    let queue = list(server, viewer, chat_id).await?;
    let new = checked(new)?;
    if let Some(id) = &new.request_id {
        if let Some(before) = server.db.waiting().find_by_request(viewer.user.id, id).await? {
            return Ok(before);
        }
        if server.db.generations().find_by_request(viewer.user.id, id).await?.is_some() {
            return Err(Error::conflict("This message was asked already."));
        }
    }
    if queue.items.len() >= QUEUE_MAX {
        return Err(Error::conflict(format!("At most {QUEUE_MAX} messages can wait in a conversation.")));
    }
    let id = Uuid::now_v7();
    let NewQueued { message, model, attachments, request_id } = new;
    let request_id = request_id.unwrap_or_else(|| id.to_string());
    let queued = Queued { id, message, model, attachments, request_id, created_at: server.clock.now() };
    server.db.waiting().push(viewer.user.id, chat_id, &queued).await?;
    // The answer may have ended meanwhile.
    let _ = advance(server, chat_id).await;
    Ok(queued)
}

/// Changes a message that waits: its text, its place, or that it is asked now. Errors: `NotFound`, `Invalid`.
pub async fn change(server: &Server, viewer: &Viewer, chat_id: Uuid, id: Uuid, change: QueuedChange) -> Result<Queue> {
    let queue = list(server, viewer, chat_id).await?;
    let Some(item) = queue.items.iter().find(|item| item.id == id) else { return Err(missing()) };
    let QueuedChange { message, position, now } = change;
    if position == Some(0) {
        return Err(Error::invalid("position", Rule::Range(1, QUEUE_MAX as u32), "position begins with 1."));
    }
    if let Some(message) = message {
        let new = checked(NewQueued { message, attachments: item.attachments.clone(), ..NewQueued::default() })?;
        found(server.db.waiting().write_for(viewer.user.id, chat_id, id, &new.message).await?)?;
    }
    if let Some(position) = position {
        found(server.db.waiting().move_for(viewer.user.id, chat_id, id, position as usize - 1).await?)?;
    }
    if now {
        found(server.db.waiting().move_for(viewer.user.id, chat_id, id, 0).await?)?;
        server.db.waiting().hurry(chat_id, id).await?;
        let runs = server.db.waiting().running(chat_id).await?;
        if runs.is_empty() {
            advance(server, chat_id).await?;
        }
        for run in runs {
            generation::stop(server, viewer, run).await?;
        }
    }
    list(server, viewer, chat_id).await
}

/// Takes a message out. Errors: `NotFound`.
pub async fn remove(server: &Server, viewer: &Viewer, chat_id: Uuid, id: Uuid) -> Result<()> {
    let queue = list(server, viewer, chat_id).await?;
    if queue.items.iter().all(|item| item.id == id) {
        // With nothing left there is nothing to be paused.
        return clear(server, viewer, chat_id).await;
    }
    found(server.db.waiting().remove_for(viewer.user.id, chat_id, id).await?)
}

/// Takes all out. Errors: `NotFound`.
pub async fn clear(server: &Server, viewer: &Viewer, chat_id: Uuid) -> Result<()> {
    list(server, viewer, chat_id).await?;
    Ok(server.db.waiting().clear_for(viewer.user.id, chat_id).await?)
}

/// Has the queue wait for its owner.
pub async fn pause(server: &Server, viewer: &Viewer, chat_id: Uuid) -> Result<Queue> {
    list(server, viewer, chat_id).await?;
    server.db.waiting().pause(chat_id, Some(Paused::Asked)).await?;
    list(server, viewer, chat_id).await
}

/// Has the queue go on. What waits first is asked at once where nothing is being written; that it cannot be is an error here, and the
/// queue stays paused.
pub async fn go_on(server: &Server, viewer: &Viewer, chat_id: Uuid) -> Result<Queue> {
    list(server, viewer, chat_id).await?;
    server.db.waiting().pause(chat_id, None).await?;
    advance(server, chat_id).await?;
    list(server, viewer, chat_id).await
}

/// A run in this conversation has ended like this, and that is stored: the next is asked, or the queue is paused.
pub(super) async fn ended(server: &Server, chat_id: Uuid, status: Status) {
    let done = match next(server, chat_id).await {
        Ok(None) => return,
        Ok(Some(next)) if next.paused.is_some() => return,
        // Another model still answers the same question: its end decides.
        Ok(Some(_)) if server.db.waiting().running(chat_id).await.is_ok_and(|runs| !runs.is_empty()) => return,
        Ok(Some(next)) => {
            let why = match status {
                Status::Stopped => Some(Paused::Stopped),
                Status::Failed => Some(Paused::Failed),
                _ => None,
            };
            match why.filter(|_| !next.urgent) {
                Some(why) => server.db.waiting().pause(chat_id, Some(why)).await.map_err(Error::from),
                None => ask(server, chat_id, next).await.map(drop),
            }
        }
        Err(cause) => Err(cause),
    };
    if let Err(cause) = done {
        tracing::warn!(%cause, %chat_id, "what waits in a conversation was not asked");
    }
}

/// Asks what waits where nobody else will: the node that wrote the answer before it is gone.
pub(super) async fn sweep(server: &Server) -> Result<()> {
    for chat_id in server.db.waiting().ready(SWEEP).await? {
        if let Err(cause) = advance(server, chat_id).await {
            tracing::warn!(%cause, %chat_id, "what waits in a conversation was not asked");
        }
    }
    Ok(())
}

/// Asks what waits first, if nothing is paused. While an answer is being written, nothing happens.
async fn advance(server: &Server, chat_id: Uuid) -> Result<Option<Started>> {
    match next(server, chat_id).await? {
        Some(next) if next.paused.is_none() => ask(server, chat_id, next).await,
        _ => Ok(None),
    }
}

async fn next(server: &Server, chat_id: Uuid) -> Result<Option<Next>> {
    Ok(server.db.waiting().next(chat_id).await?)
}

type Asking<'a> = Pin<Box<dyn Future<Output = Result<Option<Started>>> + Send + 'a>>;

/// Boxed, since asking begins a run, and a run's end asks.
fn ask(server: &Server, chat_id: Uuid, next: Next) -> Asking<'_> {
    Box::pin(async move {
        let Some(user) = server.db.people().find(next.user_id).await? else { return Ok(None) };
        let viewer = Viewer::on_behalf_of(user);
        let Queued { id, message: text, model, attachments, request_id, .. } = next.message;
        let ask = Ask { chat_id: Some(chat_id), text, model, request_id: Some(request_id), replaces: None };
        match generation::send_with(server, &viewer, ask, Opening::default(), &attachments).await {
            Ok(started) => {
                // It is gone already, unless this very request had been asked before it waited.
                server.db.waiting().remove_for(viewer.user.id, chat_id, id).await?;
                Ok(Some(started))
            }
            // Somebody was faster, a file is still being read, or the server stops: later.
            Err(error) if is(&error, Code::Conflict) || is(&error, Code::Unavailable) => Ok(None),
            Err(error @ Error::Client(_)) => {
                server.db.waiting().pause(chat_id, Some(Paused::Refused)).await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    })
}

fn is(error: &Error, code: Code) -> bool {
    matches!(error, Error::Client(error) if error.code == code)
}

fn missing() -> Error {
    Error::not_found("waiting message")
}

fn found(there: bool) -> Result<()> {
    if there { Ok(()) } else { Err(missing()) }
}

/// What can be said of it before it is asked.
fn checked(mut new: NewQueued) -> Result<NewQueued> {
    let mut fields = Fields::default();
    if new.message.trim().is_empty() && new.attachments.is_empty() {
        fields.add("message", Rule::Required, "message is required.");
    }
    fields.length("message", &new.message, 0, MESSAGE_MAX);
    for (field, name) in [("request_id", &mut new.request_id), ("model", &mut new.model)] {
        *name = name.take().filter(|name| !name.trim().is_empty());
        let text = name.as_deref().unwrap_or_default();
        fields.length(field, text, 0, NAME_MAX * 2);
        if text.contains('\0') {
            fields.add(field, Rule::Format, format!("{field} may not hold a NUL character."));
        }
    }
    if new.attachments.len() > ATTACHED_MAX {
        fields.add("attachments", Rule::TooLong(ATTACHED_MAX), format!("A message may have at most {ATTACHED_MAX} files."));
    }
    fields.check()?;
    new.message = new.message.replace('\0', "\u{FFFD}");
    Ok(new)
}

#[cfg(test)]
mod tests;
