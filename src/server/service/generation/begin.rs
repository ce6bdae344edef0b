//! How runs begin: one, or several that answer the same question at the same time. What is stored of them is one change, so all begin or none.

use std::sync::Arc;

use tracing::Instrument;
use uuid::Uuid;

use super::hub::Live;
use super::journal::{self, Journal};
use super::meter::Meter;
use super::prompt::{self, Asked, Prompt};
use super::run::{self, Plan};
use super::trace::Tracer;
use super::{Generations, cite, store};
use crate::model::chat::Started;
use crate::model::comparison::COMPARED_MAX;
use crate::model::context::Strategy;
use crate::model::error::Code;
use crate::model::generation::Notice;
use crate::model::presence::Happened;
use crate::model::suggestion::SuggestionSettings;
use crate::model::trace::StageKind;
use crate::model::usage::{Purpose, Used};
use crate::server::bus::Word;
use crate::server::db::{Base, Change, Clash, Given, NewRun, RunKind, clash, request_of};
use crate::server::error::{Error, Result};
use crate::server::llm::Resolved;
use crate::server::service::viewer::Viewer;
use crate::server::service::{maintenance, presence};
use crate::server::{Server, telemetry};

/// All that is decided before anything is stored.
pub(super) struct Beginning {
    pub started: Started,
    pub kind: RunKind,
    pub request_id: Option<String>,
    pub resolved: Resolved,
    pub told: Given,
    /// It is the first answer of its conversation.
    pub first: bool,
    pub base: Base,
}

/// What is stored for all runs that begin together.
struct Stored {
    kind: RunKind,
    request_id: Option<String>,
    told: Given,
    /// Of the first of them.
    base: Base,
}

/// A run whose prompt is there.
struct Ready {
    started: Started,
    resolved: Resolved,
    first: bool,
    prompt: Prompt,
    asked: Asked,
    tracer: Tracer,
}

/// Stores the beginning and spawns the run, whether or not the caller waits for it: a request may be given up at any moment, and
/// then nobody would write what the database says is being written. What the model cannot take is refused before.
pub(super) async fn begin(server: &Server, viewer: &Viewer, beginning: Beginning) -> Result<Started> {
    let started = begin_together(server, viewer, beginning, Vec::new()).await?;
    started.into_iter().next().ok_or_else(|| Error::internal("a run that began is not there"))
}

/// The same with other models, which answer the same question at the same time.
pub(super) async fn begin_together(
    server: &Server,
    viewer: &Viewer,
    beginning: Beginning,
    others: Vec<(Started, Resolved)>,
) -> Result<Vec<Started>> {
    maintenance::admit(server, Some(&viewer.user))?;
    let Beginning { started, kind, request_id, resolved, told, first, base } = beginning;
    let (asked, mut reader) = (Asked::of(&kind, &started), Reader::of(viewer));
    // Which answer is gone on with is not known yet.
    reader.likes.follow_ups &= others.is_empty();
    let mut ready = Vec::with_capacity(others.len() + 1);
    for (place, (started, resolved)) in std::iter::once((started, resolved)).chain(others).enumerate() {
        let mut tracer = Tracer::new(server.clock.now(), StageKind::Context);
        let system = server.config.models.system_prompt.as_deref();
        let prompt = prompt::build(server, &resolved, system, told.clone(), asked.clone()).await?;
        tracer.enter(StageKind::Begin);
        let asked = asked.stored(&started);
        ready.push(Ready { started, resolved, first: first && place == 0, prompt, asked, tracer });
    }
    let stored = Stored { kind, request_id, told, base };
    let task = tokio::spawn(telemetry::along(begun(server.clone(), reader, stored, ready)).in_current_span());
    task.await.map_err(Error::internal)?
}

/// Whose run it is.
#[derive(Clone)]
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

/// The runs are in memory before they are in the database, so that no reader finds a gap.
async fn begun(server: Server, reader: Reader, stored: Stored, ready: Vec<Ready>) -> Result<Vec<Started>> {
    let (user_id, generations) = (reader.user_id, &server.generations);
    let Stored { kind, request_id, told, base } = stored;
    if generations.tracker.is_closed() {
        return Err(Error::new(Code::Unavailable, "The server is shutting down."));
    }
    let all: Vec<Started> = ready.iter().map(|ready| ready.started.clone()).collect();
    let works = server.config.role.works();
    let new = NewRun {
        started: all[0].clone(),
        user_id,
        request_id: request_id.clone(),
        // Of nobody: a worker goes on with it.
        node: if works { generations.node.clone() } else { String::new() },
        now: server.clock.now(),
        kind,
        others: all[1..].to_vec(),
    };
    if !works {
        return left(&server, new, all).await;
    }
    let begun = match remembered(generations, reader, (base, told), ready) {
        Ok(begun) => begun,
        Err(cause) => {
            forget(generations, &all);
            return Err(cause);
        }
    };
    if let Err(cause) = store::store(&server, Change::Begin(Box::new(new))).await {
        forget(generations, &all);
        return instead(&server, user_id, request_id.as_deref(), cause).await;
    }
    presence::news(&server, user_id, Some(all[0].chat_id), Happened::Began);
    for (begun, prompt) in begun {
        begun.live.begin();
        cite::cite(&server, &begun.live, prompt.sources.clone()).await;
        run::spawn(server.clone(), begun.plan(prompt));
    }
    Ok(all)
}

/// Has the runs in memory, with their journals.
fn remembered(generations: &Generations, reader: Reader, (base, told): (Base, Given), ready: Vec<Ready>) -> Result<Vec<(Begun, Prompt)>> {
    let mut base = Some(base);
    let mut begun = Vec::with_capacity(ready.len());
    for Ready { started, resolved, first, prompt, asked, tracer } in ready {
        let Base { content, reasoning, used } = base.take().unwrap_or_default();
        let journal = Journal::create(&generations.journals, started.generation_id).map_err(Error::internal)?;
        let live = Arc::new(Live::new(started, (content, reasoning), tracer));
        generations.remember(reader.user_id, live.clone());
        let journal = Some(journal);
        begun.push((Begun { live, journal, reader: reader.clone(), resolved, first, used, told: told.clone(), asked }, prompt));
    }
    Ok(begun)
}

/// Stores the beginning for workers to go on with.
async fn left(server: &Server, new: NewRun, all: Vec<Started>) -> Result<Vec<Started>> {
    let (user_id, request_id) = (new.user_id, new.request_id.clone());
    if let (Some(line), Some(parent)) = (server.bus.line(), server.telemetry.handed_on()) {
        for started in &all {
            line.hand_on(started.generation_id, &parent).await;
        }
    }
    match store::store(server, Change::Begin(Box::new(new))).await {
        Ok(_) => {
            all.iter().for_each(|_| server.bus.tell(Word::Waiting));
            Ok(all)
        }
        Err(cause) => instead(server, user_id, request_id.as_deref(), cause).await,
    }
}

/// What could not be begun.
fn forget(generations: &Generations, all: &[Started]) {
    for started in all {
        generations.forget(started.generation_id);
        journal::forget(&generations.journals, started.generation_id);
    }
}

/// What a run is besides its prompt.
pub(super) struct Begun {
    pub live: Arc<Live>,
    /// None: nothing of it is kept.
    pub journal: Option<Journal>,
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

/// What is answered where nothing could be stored. Of two requests with the same id that come at once, one begins, and both hear of it.
async fn instead(server: &Server, user_id: Uuid, request_id: Option<&str>, cause: sqlx::Error) -> Result<Vec<Started>> {
    let Some(clash) = clash(&cause) else { return Err(cause.into()) };
    let before = all_started_before(server, user_id, request_id).await?;
    match clash {
        _ if !before.is_empty() => Ok(before),
        Clash::Running => Err(Error::conflict("An answer is being written in this conversation. Wait for it or stop it.")),
        Clash::Request => Err(Error::internal(cause)),
    }
}

/// The run that this request began.
pub(super) async fn started_before(server: &Server, user_id: Uuid, request_id: Option<&str>) -> Result<Option<Started>> {
    let Some(request_id) = request_id else { return Ok(None) };
    let found = server.db.generations().find_by_request(user_id, request_id).await?;
    Ok(found.map(|found| found.started))
}

/// The same of several that it began together.
pub(super) async fn all_started_before(server: &Server, user_id: Uuid, request_id: Option<&str>) -> Result<Vec<Started>> {
    let mut all = Vec::new();
    let Some(request_id) = request_id else { return Ok(all) };
    while all.len() < COMPARED_MAX
        && let Some(started) = started_before(server, user_id, Some(&request_of(request_id, all.len()))).await?
    {
        all.push(started);
    }
    Ok(all)
}

/// What the reader is told of the prompt.
fn notices(prompt: &Prompt, told: &Given) -> Vec<Notice> {
    let trimmed = (prompt.trimmed && told.strategy == Strategy::Newest).then(prompt::trimmed);
    trimmed.into_iter().chain(prompt.cut.clone().into_iter().map(prompt::cut)).collect()
}
