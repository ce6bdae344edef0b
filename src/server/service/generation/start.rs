//! Starting runs: a question, one more answer, or the rest of one.

use std::sync::Arc;

use tracing::Instrument;
use uuid::Uuid;

use super::hub::Live;
use super::journal::{self, Journal};
use super::meter::Meter;
use super::run::{self, Plan};
use super::{prompt, store, title};
use crate::model::chat::{Ask, Started};
use crate::model::error::{Fields, Rule};
use crate::model::generation::Status;
use crate::model::message::{Author, MESSAGE_MAX, Message};
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::db::{Base, Change, Clash, NewRun, RunKind, clash};
use crate::server::error::{Error, Result};
use crate::server::llm::Resolved;
use crate::server::service::verification;
use crate::server::service::viewer::Viewer;

/// Longest request id, in characters.
const REQUEST_ID_MAX: usize = 100;

/// Stores the question and starts its answer. The same `request_id` answers with the run it started.
pub async fn send(server: &Server, viewer: &Viewer, mut ask: Ask) -> Result<Started> {
    verification::require(server, viewer)?;
    ask.request_id = checked_request(ask.request_id)?;
    check_text(&ask.text)?;
    if let Some(started) = started_before(server, viewer.user.id, ask.request_id.as_deref()).await? {
        return Ok(started);
    }
    let (chat_id, parent, known_model) = place(server, viewer, &ask).await?;
    let wanted = ask.model.filter(|name| !name.trim().is_empty());
    let resolved = resolve(server, viewer, wanted.as_deref(), known_model.as_deref())?;
    let text = ask.text.replace('\0', "\u{FFFD}");
    let title = chat_id.is_none().then(|| title::provisional(&text));
    let started = Started {
        chat_id: chat_id.unwrap_or_else(Uuid::now_v7),
        question_id: Some(Uuid::now_v7()),
        message_id: Uuid::now_v7(),
        generation_id: Uuid::now_v7(),
        model: resolved.id.clone(),
    };
    let kind = RunKind::Question { title: title.clone(), parent, text };
    begin(server, viewer, Beginning { started, kind, request_id: ask.request_id, resolved, title, base: Default::default() }).await
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
    let message = find(server, viewer, message_id).await?;
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
    begin(server, viewer, Beginning { started, kind, request_id, resolved, title: None, base: Default::default() }).await
}

/// Goes on with an answer that was interrupted, stopped, failed in the middle, or was cut off by the length limit.
pub async fn resume(server: &Server, viewer: &Viewer, message_id: Uuid, request_id: Option<String>) -> Result<Started> {
    verification::require(server, viewer)?;
    let request_id = checked_request(request_id)?;
    if let Some(started) = started_before(server, viewer.user.id, request_id.as_deref()).await? {
        return Ok(started);
    }
    let message = find(server, viewer, message_id).await?;
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
    begin(server, viewer, Beginning { started, kind: RunKind::Rest, request_id, resolved, title: None, base }).await
}

/// All that is decided before anything is stored.
struct Beginning {
    started: Started,
    kind: RunKind,
    request_id: Option<String>,
    resolved: Resolved,
    title: Option<String>,
    base: Base,
}

/// Stores the beginning and spawns the run, whether or not the caller waits for it: a request may be given up at any moment, and
/// then nobody would write what the database says is being written.
async fn begin(server: &Server, viewer: &Viewer, beginning: Beginning) -> Result<Started> {
    let task = tokio::spawn(begun(server.clone(), (viewer.user.id, viewer.user.is_admin()), beginning).in_current_span());
    task.await.map_err(Error::internal)?
}

/// The run is in memory before it is in the database, so that no reader finds a gap.
async fn begun(server: Server, (user_id, words): (Uuid, bool), beginning: Beginning) -> Result<Started> {
    let Beginning { started, kind, request_id, resolved, title, base } = beginning;
    let generations = &server.generations;
    if generations.tracker.is_closed() {
        return Err(Error::new(crate::model::error::Code::Unavailable, "The server is shutting down."));
    }
    let journal = Journal::create(&generations.journals, started.generation_id).map_err(Error::internal)?;
    let asked = prompt::Asked::of(&kind, &started);
    let used = base.used;
    let live = Arc::new(Live::new(started.clone(), (base.content, base.reasoning)));
    generations.remember(user_id, live.clone());
    let new = NewRun {
        started: started.clone(),
        user_id,
        request_id: request_id.clone(),
        node: generations.node.clone(),
        now: server.clock.now(),
        kind,
    };
    if let Err(cause) = store::store(&server, Change::Begin(Box::new(new))).await {
        generations.forget(started.generation_id);
        journal::forget(&generations.journals, started.generation_id);
        return match clash(&cause) {
            Some(Clash::Running) => Err(Error::conflict("An answer is being written in this conversation. Wait for it or stop it.")),
            Some(Clash::Request) => started_before(&server, user_id, request_id.as_deref()).await?.ok_or_else(|| Error::internal(cause)),
            None => Err(cause.into()),
        };
    }
    let plan = Plan {
        asked: asked.stored(&started),
        meter: Meter::new(&resolved, Purpose::Chat),
        live,
        journal,
        user_id,
        words,
        resolved,
        title,
        used,
        request: Default::default(),
        notices: Vec::new(),
        input_tokens: 0,
        calls: Vec::new(),
    };
    launch(&server, plan, asked).await;
    Ok(started)
}

/// Builds the prompt and spawns the run. A prompt that cannot be built ends the run as failed, in the run itself.
async fn launch(server: &Server, mut plan: Plan, asked: prompt::Asked) {
    let system = server.config.models.system_prompt.as_deref();
    match prompt::build(&server.db, &plan.resolved, system, asked).await {
        Ok(prompt) => {
            (plan.request, plan.input_tokens) = (prompt.request, prompt.tokens);
            plan.notices.extend(prompt.trimmed.then(prompt::trimmed));
        }
        Err(cause) => tracing::error!(%cause, "a prompt could not be built"),
    }
    run::spawn(server.clone(), plan);
}

/// Conversation, parent of the question, and the model used last.
async fn place(server: &Server, viewer: &Viewer, ask: &Ask) -> Result<(Option<Uuid>, Option<Uuid>, Option<String>)> {
    if let Some(replaced) = ask.replaces {
        let message = find(server, viewer, replaced).await?;
        if message.role != Author::User || ask.chat_id.is_some_and(|id| id != message.session_id) {
            return Err(Error::invalid("replaces", Rule::Unknown, "replaces must be a question of this conversation."));
        }
        let chat = server.db.chats().find_for(viewer.user.id, message.session_id).await?;
        return Ok((Some(message.session_id), message.parent_id, chat.and_then(|found| found.chat.model)));
    }
    let Some(id) = ask.chat_id else { return Ok((None, None, None)) };
    let found = server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    Ok((Some(id), found.leaf_id, found.chat.model))
}

/// The wanted model; else the one used last, else the viewer's own default, if they still exist; else the server's.
fn resolve(server: &Server, viewer: &Viewer, wanted: Option<&str>, last: Option<&str>) -> Result<Resolved> {
    if wanted.is_some() {
        return server.registry.resolve(wanted);
    }
    let liked = [last, viewer.user.preferences.model.as_deref()].into_iter().flatten();
    liked.filter_map(|name| server.registry.resolve(Some(name)).ok()).next().map_or_else(|| server.registry.resolve(None), Ok)
}

async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Message> {
    server.db.messages().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("message"))
}

async fn started_before(server: &Server, user_id: Uuid, request_id: Option<&str>) -> Result<Option<Started>> {
    let Some(request_id) = request_id else { return Ok(None) };
    let found = server.db.generations().find_by_request(user_id, request_id).await?;
    Ok(found.map(|found| found.started))
}

fn checked_request(request_id: Option<String>) -> Result<Option<String>> {
    let Some(id) = request_id.filter(|id| !id.is_empty()) else { return Ok(None) };
    let mut fields = Fields::default();
    fields.length("request_id", &id, 1, REQUEST_ID_MAX);
    if id.contains('\0') {
        fields.add("request_id", Rule::Format, "request_id may not hold a NUL character.");
    }
    fields.check()?;
    Ok(Some(id))
}

fn check_text(text: &str) -> Result<()> {
    let mut fields = Fields::default();
    if text.trim().is_empty() {
        fields.add("message", Rule::Required, "message is required.");
    } else {
        fields.length("message", text, 1, MESSAGE_MAX);
    }
    Ok(fields.check()?)
}
