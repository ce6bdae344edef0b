//! Comparisons: several models answer one question at the same time, and one of their answers is gone on with. Everything is looked up for
//! its viewer, by the question or by any of its answers.

use uuid::Uuid;

use super::viewer::Viewer;
use super::{chat, draft, generation};
use crate::model::chat::{Ask, Chat, Opening, Started};
use crate::model::comparison::{COMPARED_MAX, Compared, Comparison, NewComparison, StartedAnswer, StartedComparison};
use crate::model::message::{Author, Message};
use crate::server::Server;
use crate::server::error::{Error, Result};

/// Asks the models, each in a run of its own; all begin, or none. Errors: `NotFound`, `Conflict` (something is being written in the
/// conversation), `Invalid` (fields `models`, `message`, `attachments`, `request_id`).
pub async fn start(server: &Server, viewer: &Viewer, new: NewComparison) -> Result<StartedComparison> {
    let NewComparison { message, models, session_id, attachments, request_id, assistant_id, folder_id } = new;
    let asked = message.clone();
    let ask = Ask { chat_id: session_id, text: message, model: None, request_id, replaces: None };
    let opening = Opening { setup: None, assistant: assistant_id, folder: folder_id };
    let started = generation::compare(server, viewer, ask, &models, (opening, &attachments)).await?;
    let first = started.first().ok_or_else(|| Error::internal("a comparison without an answer"))?;
    if session_id.is_some() {
        draft::asked(server, viewer, first.chat_id, &asked).await?;
    }
    let question_id = first.question_id.ok_or_else(|| Error::internal("a comparison without a question"))?;
    Ok(StartedComparison { session_id: first.chat_id, question_id, answers: started.into_iter().map(StartedAnswer::from).collect() })
}

/// The question and its newest answers, with what is being written so far. Errors: `NotFound`.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Comparison> {
    let (question, found, _) = answers(server, viewer, id).await?;
    let mut answers = Vec::with_capacity(found.len());
    for message in found {
        answers.push(chat::catch_up(server, viewer, message).await?);
    }
    Ok(Comparison { question, answers })
}

/// The same, rendered. Errors: `NotFound`.
pub async fn open(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Compared> {
    let (question, found, older) = answers(server, viewer, id).await?;
    let chat = chat::find(server, viewer, question.session_id).await?;
    Ok(Compared { chat, question, answers: chat::shown(server, viewer, found).await?, older })
}

/// Goes on with this answer: its branch and its model are the conversation's from now on, and what other models still write is stopped.
/// They stay what they are, versions of it. Errors: `NotFound`, `Conflict` (it is no answer).
pub async fn keep(server: &Server, viewer: &Viewer, message_id: Uuid) -> Result<Chat> {
    let kept = chat::message(server, viewer, message_id).await?;
    if kept.role != Author::Assistant {
        return Err(Error::conflict("Only an answer can be kept."));
    }
    let leaf = server.db.messages().newest_leaf(kept.session_id, kept.id).await?;
    server.db.chats().go_on_with(kept.session_id, leaf, kept.model.as_deref()).await?;
    let (_, others, _) = answers(server, viewer, message_id).await?;
    for other in others.iter().filter(|other| other.id != kept.id && other.status.is_running()) {
        if let Some(run) = other.generation_id {
            generation::stop(server, viewer, run).await?;
        }
    }
    chat::changed(server, viewer, kept.session_id);
    chat::find(server, viewer, kept.session_id).await
}

/// Stops one of the answers; what was read of it stays. Errors: `NotFound`.
pub async fn stop(server: &Server, viewer: &Viewer, message_id: Uuid) -> Result<()> {
    let message = chat::message(server, viewer, message_id).await?;
    if let Some(run) = message.generation_id.filter(|_| message.status.is_running()) {
        generation::stop(server, viewer, run).await?;
    }
    Ok(())
}

/// Goes on with one of the answers that ended early, while others are being written. Errors: `NotFound`, `Conflict`.
pub async fn resume(server: &Server, viewer: &Viewer, message_id: Uuid, request_id: Option<String>) -> Result<Started> {
    generation::resume_beside(server, viewer, message_id, request_id).await
}

/// The question, its newest answers, oldest first, and how many older ones there are.
async fn answers(server: &Server, viewer: &Viewer, id: Uuid) -> Result<(Message, Vec<Message>, usize)> {
    let missing = || Error::not_found("message");
    let found = server.db.messages().find_for(viewer.user.id, id).await?.ok_or_else(missing)?;
    let question = match (found.role, found.parent_id) {
        (Author::User, _) => found,
        (Author::Assistant, Some(question)) => server.db.messages().find_for(viewer.user.id, question).await?.ok_or_else(missing)?,
        (Author::Assistant, None) => return Err(missing()),
    };
    let (answers, all) = server.db.messages().answers(question.session_id, question.id, COMPARED_MAX as i64).await?;
    let older = all.saturating_sub(answers.len());
    Ok((question, answers, older))
}

#[cfg(test)]
mod tests;
