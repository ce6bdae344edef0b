//! Starting runs: a question, one more answer, or the rest of one. How they begin is in `begin`.

use uuid::Uuid;

use super::attach;
use super::begin::{Beginning, begin, started_before};
use crate::model::chat::{Ask, Opening, Started, provisional_title};
use crate::model::error::{Fields, Rule};
use crate::model::file::Attachment;
use crate::model::generation::Status;
use crate::model::message::{Author, MESSAGE_MAX, Message};
use crate::model::setup::Setup;
use crate::server::Server;
use crate::server::db::{Base, Given, NewChat, RunKind};
use crate::server::error::{Error, Result};
use crate::server::llm::Resolved;
use crate::server::service::viewer::Viewer;
use crate::server::service::{assistant, folder, verification};

/// Longest request id, in characters.
const REQUEST_ID_MAX: usize = 100;

/// Stores the question and starts its answer. The same `request_id` answers with the run it started.
pub async fn send(server: &Server, viewer: &Viewer, ask: Ask) -> Result<Started> {
    send_as(server, viewer, ask, Opening::default()).await
}

/// The same, where a new conversation begins with more than a question. One that is there already has what it began with.
pub async fn send_as(server: &Server, viewer: &Viewer, ask: Ask, opening: Opening) -> Result<Started> {
    send_with(server, viewer, ask, opening, &[]).await
}

/// The same with files beside the question. Where it replaces one and none are named, those of the old one stay.
/// Errors: besides the others `Invalid` (field `attachments`) and `Conflict` (a file is still being read).
pub async fn send_with(server: &Server, viewer: &Viewer, mut ask: Ask, opening: Opening, files: &[Uuid]) -> Result<Started> {
    verification::require(server, viewer)?;
    ask.request_id = checked_request(ask.request_id)?;
    if files.is_empty() || !ask.text.trim().is_empty() {
        check_text(&ask.text)?;
    }
    if let Some(started) = started_before(server, viewer.user.id, ask.request_id.as_deref()).await? {
        return Ok(started);
    }
    let mut place = place(server, viewer, &ask, opening).await?;
    let wanted = ask.model.clone().filter(|name| !name.trim().is_empty());
    let resolved = resolve(server, viewer, wanted.as_deref(), place.model.as_deref())?;
    let attachments =
        if files.is_empty() { std::mem::take(&mut place.attachments) } else { attach::checked(server, viewer, files).await? };
    let resolved = attach::seeing(server, viewer, resolved, &attachments)?;
    let beginning = place.question(ask, attachments, resolved);
    begin(server, viewer, beginning).await
}

/// One more answer to the question of this answer (or to this question).
pub async fn regenerate(
    server: &Server,
    viewer: &Viewer,
    message_id: Uuid,
    model: Option<String>,
    request_id: Option<String>,
) -> Result<Started> {
    verification::require(server, viewer)?;
    let request_id = checked_request(request_id)?;
    if let Some(started) = started_before(server, viewer.user.id, request_id.as_deref()).await? {
        return Ok(started);
    }
    let (message, told) = find_told(server, viewer, message_id).await?;
    let question = match message.role {
        Author::User => message.id,
        Author::Assistant => message.parent_id.ok_or_else(|| Error::conflict("This answer has no question."))?,
    };
    let wanted = model.filter(|name| !name.trim().is_empty());
    let resolved = resolve(server, viewer, wanted.as_deref(), message.model.as_deref())?;
    let started = Started {
        chat_id: message.session_id,
        question_id: Some(question),
        message_id: Uuid::now_v7(),
        generation_id: Uuid::now_v7(),
        model: resolved.id.clone(),
    };
    let kind = RunKind::Answer { parent: question };
    begin(server, viewer, Beginning { started, kind, request_id, resolved, told, first: false, base: Default::default() }).await
}

/// Goes on with an answer that was interrupted, stopped, failed in the middle, or was cut off by the length limit.
pub async fn resume(server: &Server, viewer: &Viewer, message_id: Uuid, request_id: Option<String>) -> Result<Started> {
    go_on(server, viewer, (message_id, false), request_id).await
}

/// The same while others write their answers to the same question.
pub async fn resume_beside(server: &Server, viewer: &Viewer, message_id: Uuid, request_id: Option<String>) -> Result<Started> {
    go_on(server, viewer, (message_id, true), request_id).await
}

async fn go_on(server: &Server, viewer: &Viewer, (message_id, beside): (Uuid, bool), request_id: Option<String>) -> Result<Started> {
    verification::require(server, viewer)?;
    let request_id = checked_request(request_id)?;
    if let Some(started) = started_before(server, viewer.user.id, request_id.as_deref()).await? {
        return Ok(started);
    }
    let (message, told) = find_told(server, viewer, message_id).await?;
    let ended_early = matches!(message.status, Status::Interrupted | Status::Stopped | Status::Failed) || message.is_cut();
    if message.role != Author::Assistant || !ended_early {
        return Err(Error::conflict("Only an answer that ended early can be continued."));
    }
    let resolved = resolve(server, viewer, message.model.as_deref(), None)?;
    let started = Started {
        chat_id: message.session_id,
        question_id: message.parent_id,
        message_id,
        generation_id: Uuid::now_v7(),
        model: resolved.id.clone(),
    };
    let base = Base { content: message.content, reasoning: message.reasoning.unwrap_or_default(), used: message.usage };
    begin(server, viewer, Beginning { started, kind: RunKind::Rest { beside }, request_id, resolved, told, first: false, base }).await
}

/// Where a question goes.
pub(super) struct Place {
    /// Absent: a new conversation.
    pub chat_id: Option<Uuid>,
    pub parent: Option<Uuid>,
    /// The one used last, or the assistant's.
    pub model: Option<String>,
    pub told: Given,
    /// Of a new conversation.
    pub assistant_id: Option<Uuid>,
    pub folder_id: Option<Uuid>,
    /// Of the question that is replaced.
    pub attachments: Vec<Attachment>,
}

impl Place {
    /// The question as it is asked there, and the run that answers it.
    pub fn question(self, ask: Ask, attachments: Vec<Attachment>, resolved: Resolved) -> Beginning {
        let Self { chat_id, parent, told, assistant_id, folder_id, .. } = self;
        let text = ask.text.replace('\0', "\u{FFFD}");
        let named = attachments.first().map(|file| file.name.as_str()).filter(|_| text.trim().is_empty());
        let title = chat_id.is_none().then(|| provisional_title(named.unwrap_or(&text)));
        let first = title.is_some();
        let new = title.map(|title| NewChat { title, setup: told.setup.clone(), assistant_id, folder_id });
        let started = Started {
            chat_id: chat_id.unwrap_or_else(Uuid::now_v7),
            question_id: Some(Uuid::now_v7()),
            message_id: Uuid::now_v7(),
            generation_id: Uuid::now_v7(),
            model: resolved.id.clone(),
        };
        let kind = RunKind::Question { new, parent, text, attachments };
        Beginning { started, kind, request_id: ask.request_id, resolved, told, first, base: Base::default() }
    }
}

pub(super) async fn place(server: &Server, viewer: &Viewer, ask: &Ask, opening: Opening) -> Result<Place> {
    if let Some(replaced) = ask.replaces {
        let message = find(server, viewer, replaced).await?;
        if message.role != Author::User || ask.chat_id.is_some_and(|id| id != message.session_id) {
            return Err(Error::invalid("replaces", Rule::Unknown, "replaces must be a question of this conversation."));
        }
        let place = there(server, viewer, message.session_id, Some(message.parent_id)).await?;
        return Ok(Place { attachments: message.attachments, ..place });
    }
    if let Some(id) = ask.chat_id {
        if opening != Opening::default() {
            let sentence = "A conversation that is there already is changed by PATCH /api/llm/sessions/{id}/.";
            return Err(Error::invalid("session_id", Rule::Unknown, sentence));
        }
        return there(server, viewer, id, None).await;
    }
    let setup = opening.setup.map(Setup::checked).transpose()?;
    let assistant = match opening.assistant {
        Some(id) => Some(assistant::find(server, viewer, id).await?),
        None => None,
    };
    let assistant_id = assistant.as_ref().map(|assistant| assistant.id);
    let around = match opening.folder {
        Some(id) => folder::inherited(server, viewer, id).await?,
        None => Default::default(),
    };
    let (model, own) = assistant.map(|assistant| (assistant.form.model, assistant.form.setup)).unwrap_or_default();
    let mut setup = setup.unwrap_or(own);
    setup.system_prompt = setup.system_prompt.or(around.system_prompt);
    Ok(Place {
        chat_id: None,
        parent: None,
        model: model.or(around.model),
        told: Given { setup, ..Given::default() },
        assistant_id,
        folder_id: opening.folder,
        attachments: Vec::new(),
    })
}

/// In a conversation that is there, below `parent` or below the newest message.
async fn there(server: &Server, viewer: &Viewer, id: Uuid, parent: Option<Option<Uuid>>) -> Result<Place> {
    let found = server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let parent = parent.unwrap_or(found.leaf_id);
    Ok(Place {
        chat_id: Some(id),
        parent,
        model: found.chat.model,
        told: found.given,
        assistant_id: None,
        folder_id: None,
        attachments: Vec::new(),
    })
}

/// The wanted model; else the one used last, else the viewer's own default, if they still exist; else the server's.
pub(super) fn resolve(server: &Server, viewer: &Viewer, wanted: Option<&str>, last: Option<&str>) -> Result<Resolved> {
    if wanted.is_some() {
        return server.registry.resolve(wanted, viewer.who());
    }
    let resolve = |name| server.registry.resolve(name, viewer.who());
    let liked = [last, viewer.user.preferences.model.as_deref()].into_iter().flatten();
    liked.filter_map(|name| resolve(Some(name)).ok()).next().map_or_else(|| resolve(None), Ok)
}

async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Message> {
    server.db.messages().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("message"))
}

async fn find_told(server: &Server, viewer: &Viewer, id: Uuid) -> Result<(Message, Given)> {
    server.db.messages().find_with_setup(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("message"))
}

pub(super) fn checked_request(request_id: Option<String>) -> Result<Option<String>> {
    let Some(id) = request_id.filter(|id| !id.is_empty()) else { return Ok(None) };
    let mut fields = Fields::default();
    fields.length("request_id", &id, 1, REQUEST_ID_MAX);
    if id.contains('\0') {
        fields.add("request_id", Rule::Format, "request_id may not hold a NUL character.");
    }
    fields.check()?;
    Ok(Some(id))
}

pub(super) fn check_text(text: &str) -> Result<()> {
    let mut fields = Fields::default();
    if text.trim().is_empty() {
        fields.add("message", Rule::Required, "message is required.");
    } else {
        fields.length("message", text, 1, MESSAGE_MAX);
    }
    Ok(fields.check()?)
}
