//! Starting runs: a question, one more answer, or the rest of one.

use std::sync::Arc;

use tracing::Instrument;
use uuid::Uuid;

use super::hub::Live;
use super::journal::{self, Journal};
use super::meter::Meter;
use super::prompt::{self, Asked, Prompt};
use super::run::{self, Plan};
use super::trace::Tracer;
use super::{attach, cite, store};
use crate::model::chat::{Ask, Opening, Started, provisional_title};
use crate::model::context::Strategy;
use crate::model::error::{Fields, Rule};
use crate::model::file::Attachment;
use crate::model::generation::{Notice, Status};
use crate::model::message::{Author, MESSAGE_MAX, Message};
use crate::model::presence::Happened;
use crate::model::setup::Setup;
use crate::model::suggestion::SuggestionSettings;
use crate::model::trace::StageKind;
use crate::model::usage::{Purpose, Used};
use crate::server::Server;
use crate::server::bus::Word;
use crate::server::db::{Base, Change, Clash, Given, NewChat, NewRun, RunKind, clash};
use crate::server::error::{Error, Result};
use crate::server::llm::Resolved;
use crate::server::service::viewer::Viewer;
use crate::server::service::{assistant, folder, maintenance, presence, verification};

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
    let Place { chat_id, parent, model, told, assistant_id, attachments, folder_id } = place(server, viewer, &ask, opening).await?;
    let wanted = ask.model.filter(|name| !name.trim().is_empty());
    let resolved = resolve(server, viewer, wanted.as_deref(), model.as_deref())?;
    let attachments = if files.is_empty() { attachments } else { attach::checked(server, viewer, files).await? };
    let resolved = attach::seeing(server, viewer, resolved, &attachments)?;
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
    begin(server, viewer, Beginning { started, kind, request_id: ask.request_id, resolved, told, first, base: Default::default() }).await
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
    begin(server, viewer, Beginning { started, kind: RunKind::Rest, request_id, resolved, told, first: false, base }).await
}

/// All that is decided before anything is stored.
struct Beginning {
    started: Started,
    kind: RunKind,
    request_id: Option<String>,
    resolved: Resolved,
    told: Given,
    /// It is the first answer of its conversation.
    first: bool,
    base: Base,
}

/// Stores the beginning and spawns the run, whether or not the caller waits for it: a request may be given up at any moment, and
/// then nobody would write what the database says is being written. What the model cannot take is refused before.
async fn begin(server: &Server, viewer: &Viewer, beginning: Beginning) -> Result<Started> {
    maintenance::admit(server, Some(&viewer.user))?;
    let mut tracer = Tracer::new(server.clock.now(), StageKind::Context);
    let asked = Asked::of(&beginning.kind, &beginning.started);
    let system = server.config.models.system_prompt.as_deref();
    let prompt = prompt::build(server, &beginning.resolved, system, beginning.told.clone(), asked.clone()).await?;
    let asked = asked.stored(&beginning.started);
    tracer.enter(StageKind::Begin);
    let task = tokio::spawn(begun(server.clone(), Reader::of(viewer), beginning, (prompt, asked, tracer)).in_current_span());
    task.await.map_err(Error::internal)?
}

/// Whose run it is.
pub(super) struct Reader {
    user_id: Uuid,
    /// May know the provider's own words.
    words: bool,
    likes: SuggestionSettings,
}

impl Reader {
    pub fn of(viewer: &Viewer) -> Self {
        let own = &viewer.user.preferences;
        let likes = SuggestionSettings { tags: own.auto_tags, follow_ups: own.follow_ups };
        Self { user_id: viewer.user.id, words: viewer.user.is_admin(), likes }
    }
}

/// The run is in memory before it is in the database, so that no reader finds a gap.
async fn begun(server: Server, reader: Reader, beginning: Beginning, (prompt, asked, tracer): (Prompt, Asked, Tracer)) -> Result<Started> {
    let user_id = reader.user_id;
    let Beginning { started, kind, request_id, resolved, told, first, base } = beginning;
    let generations = &server.generations;
    if generations.tracker.is_closed() {
        return Err(Error::new(crate::model::error::Code::Unavailable, "The server is shutting down."));
    }
    if !server.config.role.works() {
        return left(&server, user_id, Beginning { started, kind, request_id, resolved, told, first, base }).await;
    }
    let journal = Journal::create(&generations.journals, started.generation_id).map_err(Error::internal)?;
    let live = Arc::new(Live::new(started.clone(), (base.content, base.reasoning), tracer));
    generations.remember(user_id, live.clone());
    let (node, now) = (generations.node.clone(), server.clock.now());
    let new = NewRun { started: started.clone(), user_id, request_id: request_id.clone(), node, now, kind };
    if let Err(cause) = store::store(&server, Change::Begin(Box::new(new))).await {
        generations.forget(started.generation_id);
        journal::forget(&generations.journals, started.generation_id);
        return instead(&server, user_id, request_id.as_deref(), cause).await;
    }
    presence::news(&server, user_id, Some(started.chat_id), Happened::Began);
    cite::cite(&server, &live, prompt.sources.clone()).await;
    let begun = Begun { live, journal, reader, resolved, first, used: base.used, told, asked };
    run::spawn(server, begun.plan(prompt));
    Ok(started)
}

/// What a run is besides its prompt.
pub(super) struct Begun {
    pub live: Arc<Live>,
    pub journal: Journal,
    pub reader: Reader,
    pub resolved: Resolved,
    pub first: bool,
    pub used: Option<Used>,
    pub told: Given,
    pub asked: Asked,
}

impl Begun {
    /// All of it.
    pub fn plan(self, prompt: Prompt) -> Plan {
        let Self { live, journal, reader, resolved, first, used, told, asked } = self;
        let Reader { user_id, words, likes } = reader;
        Plan {
            notices: notices(&prompt, &told),
            asked,
            meter: Meter::new(&resolved, Purpose::Chat),
            live,
            journal,
            user_id,
            words,
            resolved,
            first,
            likes,
            used,
            told,
            trimmed: prompt.trimmed,
            aside: None,
            sealed: None,
            called: Vec::new(),
            request: prompt.request,
            input_tokens: prompt.tokens,
            calls: Vec::new(),
        }
    }
}

/// Stores the beginning for a worker to go on with.
async fn left(server: &Server, user_id: Uuid, Beginning { started, kind, request_id, .. }: Beginning) -> Result<Started> {
    let node = String::new();
    let new = NewRun { started: started.clone(), user_id, request_id: request_id.clone(), node, now: server.clock.now(), kind };
    match store::store(server, Change::Begin(Box::new(new))).await {
        Ok(_) => {
            server.bus.tell(Word::Waiting);
            Ok(started)
        }
        Err(cause) => instead(server, user_id, request_id.as_deref(), cause).await,
    }
}

/// What is answered where a run could not be stored.
async fn instead(server: &Server, user_id: Uuid, request_id: Option<&str>, cause: sqlx::Error) -> Result<Started> {
    match clash(&cause) {
        Some(Clash::Running) => Err(Error::conflict("An answer is being written in this conversation. Wait for it or stop it.")),
        Some(Clash::Request) => started_before(server, user_id, request_id).await?.ok_or_else(|| Error::internal(cause)),
        None => Err(cause.into()),
    }
}

/// What the reader is told of the prompt.
fn notices(prompt: &Prompt, told: &Given) -> Vec<Notice> {
    let trimmed = (prompt.trimmed && told.strategy == Strategy::Newest).then(prompt::trimmed);
    trimmed.into_iter().chain(prompt.cut.clone().into_iter().map(prompt::cut)).collect()
}

/// Where a question goes.
struct Place {
    /// Absent: a new conversation.
    chat_id: Option<Uuid>,
    parent: Option<Uuid>,
    /// The one used last, or the assistant's.
    model: Option<String>,
    told: Given,
    /// Of a new conversation.
    assistant_id: Option<Uuid>,
    folder_id: Option<Uuid>,
    /// Of the question that is replaced.
    attachments: Vec<Attachment>,
}

async fn place(server: &Server, viewer: &Viewer, ask: &Ask, opening: Opening) -> Result<Place> {
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
