//! Taking runs that another node has begun and left to the workers.

use std::sync::Arc;
use std::time::Duration;

use super::begin::{Begun, Reader};
use super::hub::Live;
use super::journal::{self, Journal};
use super::prompt::{self, Asked};
use super::trace::Tracer;
use super::{cite, reaper, run};
use crate::model::chat::Started;
use crate::model::generation::Status;
use crate::model::trace::StageKind;
use crate::server::Server;
use crate::server::db::{Orphan, Taken};
use crate::server::error::{Error, Result};
use crate::server::service::viewer::Viewer;

/// How often it is looked for runs where nobody says that there are some.
const LOOK: Duration = Duration::from_secs(1);
/// Runs that a node writes at a time; more wait for another node, or for their turn.
const MOST: usize = 5_000;

/// Takes what waits, until the program ends.
pub async fn keep(server: Server) {
    loop {
        match take(&server).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(cause) => tracing::error!(%cause, "runs that wait could not be taken"),
        }
        server.bus.roused(LOOK).await;
    }
}

/// Takes one run. False: none waits, or this node takes no more.
async fn take(server: &Server) -> Result<bool> {
    let generations = &server.generations;
    if generations.tracker.is_closed() || generations.count() >= MOST {
        return Ok(false);
    }
    let Some(taken) = server.db.generations().take(&generations.node, server.clock.now()).await? else { return Ok(false) };
    let (server, run) = (server.clone(), taken.id);
    // What it is shown may take a while to be read; the next run need not wait for it.
    let tracker = server.generations.tracker.clone();
    tracker.spawn(async move {
        if let Err(cause) = begin(&server, &taken).await {
            tracing::error!(%cause, %run, "a run could not be begun");
            give_up(&server, taken).await;
        }
    });
    Ok(true)
}

/// Reads from the database what the node that stored the run had at hand, and goes on as it would have.
async fn begin(server: &Server, taken: &Taken) -> Result<()> {
    let viewer = server.db.people().find(taken.user_id).await?.map(Viewer::on_behalf_of).ok_or_else(|| Error::not_found("user"))?;
    let found = server.db.messages().find_with_setup(taken.user_id, taken.message_id).await?;
    let (message, told) = found.ok_or_else(|| Error::not_found("message"))?;
    let resolved = server.registry.resolve(Some(&taken.model), viewer.who())?;
    let started = Started {
        chat_id: taken.chat_id,
        question_id: message.parent_id,
        message_id: taken.message_id,
        generation_id: taken.id,
        model: resolved.id.clone(),
    };
    let mut tracer = Tracer::new(server.clock.now(), StageKind::Context);
    let asked = Asked::again(taken.message_id);
    let system = server.config.models.system_prompt.as_deref();
    let prompt = prompt::build(server, &resolved, system, told.clone(), asked.clone()).await?;
    tracer.enter(StageKind::Begin);
    let generations = &server.generations;
    let journal = Some(Journal::create(&generations.journals, taken.id).map_err(Error::internal)?);
    let live = Arc::new(Live::new(started, (message.content, message.reasoning.unwrap_or_default()), tracer));
    generations.remember(taken.user_id, live.clone());
    // Who asked to stop it meanwhile has ended it in the database.
    if !server.db.generations().find_for(taken.user_id, taken.id).await?.is_some_and(|found| found.status.is_running()) {
        generations.forget(taken.id);
        journal::forget(&generations.journals, taken.id);
        return Ok(());
    }
    live.begin();
    cite::cite(server, &live, prompt.sources.clone()).await;
    let begun = Begun { live, journal, reader: Reader::of(&viewer), resolved, first: taken.first, used: message.usage, told, asked };
    let handed = match server.bus.line().filter(|_| server.telemetry.is_on()) {
        Some(line) => line.handed_on(taken.id).await,
        None => None,
    };
    let _within = server.telemetry.take_up(handed);
    run::spawn(server.clone(), begun.plan(prompt));
    Ok(())
}

/// Ends a run that cannot be begun, so that its conversation is not held by it.
async fn give_up(server: &Server, Taken { id, user_id, chat_id, message_id, model, .. }: Taken) {
    server.generations.forget(id);
    let orphan = Orphan { id, user_id, chat_id, message_id, model, started_at: server.clock.now() };
    if let Err(cause) = reaper::interrupt(server, &orphan, Status::Interrupted).await {
        tracing::error!(%cause, run = %id, "a run that could not be begun could not be ended");
    }
}
