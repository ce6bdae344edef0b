//! A question of which nothing is stored, and its answer: the same run as every other, without journal, log and rows. It is in the memory of
//! the node that was asked, for the one reader who asked, and ends with them: nobody else could ever read what came later. What stays is
//! the ledger's line of each call: figures, without a word and without a conversation.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::begin::{Begun, Reader};
use super::event::End;
use super::follow::{Follower, Whole};
use super::hub::Live;
use super::prompt::{self, Asked};
use super::run;
use super::start::{check_text, place, resolve};
use super::trace::Tracer;
use super::watch::{Frame, Watcher};
use super::{Kind, store};
use crate::model::chat::{Ask, Opening, Started};
use crate::model::error::{Code, Rule};
use crate::model::generation::Status;
use crate::model::temporary::{Said, check_history};
use crate::model::trace::StageKind;
use crate::server::db::{Call, Change};
use crate::server::error::{Error, Result};
use crate::server::service::viewer::Viewer;
use crate::server::service::{maintenance, verification};
use crate::server::{Server, telemetry};

/// How often the ledger's line is tried to be stored; there is no journal from which it could be had later.
const TRIES: u32 = 60;
/// Between two tries.
const PAUSE: Duration = if cfg!(test) { Duration::from_millis(20) } else { Duration::from_secs(1) };

/// What is asked.
#[derive(Default)]
pub struct Spoken {
    pub text: String,
    /// What was said before, oldest first.
    pub history: Vec<Said>,
    /// `provider/model`; absent: the assistant's, else the default.
    pub model: Option<String>,
    pub opening: Opening,
}

/// An answer that goes with its reader: dropping this stops it.
pub struct Passing {
    live: Arc<Live>,
    watcher: Watcher,
    /// Events whose text was handed over.
    read: usize,
}

/// Asks. Errors: `Invalid` (fields `message`, `history`, `model` …), `Unverified`, `Unavailable`.
pub async fn pass(server: &Server, viewer: &Viewer, spoken: Spoken) -> Result<Passing> {
    verification::require(server, viewer)?;
    let Spoken { text, history, model, opening } = spoken;
    check_text(&text)?;
    check_history(&history)?;
    if opening.folder.is_some() {
        return Err(Error::invalid("folder_id", Rule::Unknown, "A temporary chat is in no folder."));
    }
    let ask = Ask { chat_id: None, text, model, request_id: None, replaces: None };
    let place = place(server, viewer, &ask, opening).await?;
    let wanted = ask.model.as_deref().filter(|name| !name.trim().is_empty());
    let resolved = resolve(server, viewer, wanted, place.model.as_deref())?;
    maintenance::admit(server, Some(&viewer.user))?;
    let generations = &server.generations;
    if generations.tracker.is_closed() {
        return Err(Error::new(Code::Unavailable, "The server is shutting down."));
    }
    let mut tracer = Tracer::new(server.clock.now(), StageKind::Context);
    let asked = Asked::passing(ask.text, history);
    let system = server.config.models.system_prompt.as_deref();
    let prompt = prompt::build(server, &resolved, system, place.told.clone(), asked.clone()).await?;
    tracer.enter(StageKind::Begin);
    let model = resolved.id.clone();
    // Ids of nothing: they tell the run from others while it is in memory.
    let id = Uuid::now_v7;
    let started = Started { chat_id: id(), question_id: None, message_id: id(), generation_id: id(), model };
    let live = Arc::new(Live::passing(started, tracer));
    generations.remember(viewer.user.id, live.clone());
    let passing = Passing { watcher: Watcher::live(live.clone()), live: live.clone(), read: 0 };
    let reader = Reader::of(viewer);
    let begun = Begun { live, journal: None, reader, resolved, first: false, used: None, told: place.told, asked };
    run::spawn(server.clone(), begun.plan(prompt));
    Ok(passing)
}

impl Passing {
    /// The model that is asked; another one may answer in its place.
    pub fn model(&self) -> &str {
        &self.live.started.model
    }

    /// What changed since the last call: blocks for a page, and the text that they are made of. `None` after the end.
    pub async fn next(&mut self) -> Result<Option<(Frame, String)>> {
        let Some(frame) = self.watcher.next().await? else { return Ok(None) };
        let mut text = String::new();
        self.live.since(self.read, |seq, kind, piece| {
            self.read = usize::try_from(seq).unwrap_or(self.read);
            if kind == Kind::Text {
                text.push_str(piece);
            }
        });
        Ok(Some((frame, text)))
    }

    /// The blocks of reasoning and content that are finished, after so many: a page without scripts is written on with them.
    pub fn finished(&self, after: (usize, usize)) -> (Vec<String>, Vec<String>) {
        self.live.finished(after)
    }

    /// Its raw events, as a program reads them.
    pub fn follower(&self) -> Follower {
        Follower::live(self.live.clone(), 0)
    }

    /// Waits for the end; what the answer is then.
    pub async fn whole(&self) -> Whole {
        Whole::of(&self.live).await
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.live.ask_to_end(Status::Stopped);
    }
}

/// Notes the calls, tells the reader, and forgets the run.
pub(super) async fn finish(server: &Server, (live, user_id): (&Arc<Live>, Uuid), end: End, mut calls: Vec<Call>) {
    note(server, user_id, &mut calls).await;
    telemetry::ended(&server.telemetry, &live.traced(), (live.started.generation_id, &end));
    live.close(end);
    server.generations.forget(live.started.generation_id);
    let mut tries = 1;
    while !calls.is_empty() && tries < TRIES {
        tokio::time::sleep(PAUSE).await;
        note(server, user_id, &mut calls).await;
        tries += 1;
    }
}

/// Adds the calls to the ledger, as the account's; those stay that could not be.
async fn note(server: &Server, user_id: Uuid, calls: &mut Vec<Call>) {
    for call in std::mem::take(calls) {
        if let Err(cause) = store::store(server, Change::Alone(user_id, Box::new(call.clone()))).await {
            tracing::error!(%cause, "a call could not be noted in the ledger");
            calls.push(call);
        }
    }
}

#[cfg(test)]
mod tests;
