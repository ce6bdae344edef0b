//! Runs of models: start, stop, follow.
//!
//! ```text
//! start   one transaction { question, answer, run(status = running) } → a task; the same request id starts one run.
//!         What begins and ends in one moment shares the transaction. Several models may answer one question: their runs begin in one
//! run     provider → journal (a file: survives a kill) → buffer in memory → readers; every 200 ms the log in the database
//! follow  a cursor into the buffer, or into the log where the run is not on this node
//! end     one transaction { rest of the log, message, lines of the ledger, status } guarded by `status = 'running'`: exactly one finisher wins
//! reap    at boot this node's runs, later those of nodes that died → interrupted, with all that anybody had read
//! adopt   where a node leaves the writing to workers, the first of them that is free takes the run
//! pass    the same run without journal, log and rows: it is in the memory of this node, for one reader, and goes with them
//! ```
//!
//! Invariants: events are numbered from 1 without gaps; what a reader has seen is in the journal; only neighbours of one kind are
//! merged; the text and the status flip are stored together; a reader stops at a gap; `end` is terminal.

mod adopt;
mod after;
mod aside;
mod ask;
mod attach;
mod begin;
mod budget;
mod cite;
mod compact;
mod compare;
mod event;
mod excerpt;
mod follow;
mod hub;
mod journal;
mod late;
mod log;
mod meter;
mod papers;
mod passing;
mod prompt;
mod reaper;
mod run;
mod start;
mod store;
mod suggest;
mod title;
mod trace;
mod watch;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub use after::run as suggesting;
pub use budget::budget;
pub use cite::may_cite;
pub use compare::compare;
pub use event::{End, Kind};
pub use follow::{Follower, Whole, follow, whole};
pub use hub::{Batch, Live};
pub(super) use meter::{Estimate, Meter};
pub use passing::{Passing, Spoken, pass};
pub(super) use reaper::interrupt;
pub use reaper::recover;
pub use start::{regenerate, resume, resume_beside, send, send_as, send_with};
pub(super) use store::store;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;
pub use watch::{Frame, Patches, Watcher, watch};

use super::viewer::Viewer;
use crate::model::chat::Started;
use crate::model::generation::Status;
use crate::server::Server;
use crate::server::bus::Word;
use crate::server::db::Orphan;
use crate::server::error::{Error, Result};

/// How long another node may take to stop a run before it is ended without it.
const STOP_WITHIN: Duration = Duration::from_secs(1);

/// The runs of this node.
pub struct Generations {
    /// This node's name in the database; the same after a restart.
    pub(in crate::server) node: String,
    /// Folder of the journals.
    pub(super) journals: PathBuf,
    lives: Mutex<HashMap<Uuid, (Uuid, Arc<Live>)>>,
    began: Notify,
    /// Beginnings and ends that are to be stored.
    store: store::Store,
    pub(super) tracker: TaskTracker,
}

impl Generations {
    /// Makes the folder of journals and the node's name, where they are not there yet.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        let journals = data_dir.join("journal");
        std::fs::create_dir_all(&journals)?;
        let name = data_dir.join("node");
        if !name.exists() {
            std::fs::write(&name, Uuid::now_v7().to_string())?;
        }
        let node = std::fs::read_to_string(&name)?.trim().to_owned();
        Ok(Self { node, journals, lives: Mutex::default(), began: Notify::new(), store: Default::default(), tracker: TaskTracker::new() })
    }

    fn map(&self) -> MutexGuard<'_, HashMap<Uuid, (Uuid, Arc<Live>)>> {
        self.lives.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn remember(&self, user_id: Uuid, live: Arc<Live>) {
        self.map().insert(live.started.generation_id, (user_id, live));
        self.began.notify_one();
    }

    fn forget(&self, run: Uuid) {
        self.map().remove(&run);
    }

    fn is_here(&self, run: Uuid) -> bool {
        self.map().contains_key(&run)
    }

    fn lives(&self) -> Vec<Arc<Live>> {
        self.map().values().map(|(_, live)| live.clone()).collect()
    }

    /// Those that the database knows of.
    fn stored(&self) -> Vec<Arc<Live>> {
        self.map().values().filter(|(_, live)| live.is_known()).map(|(_, live)| live.clone()).collect()
    }

    /// The viewer's run, if it is running here.
    fn live_for(&self, viewer: &Viewer, run: Uuid) -> Option<Arc<Live>> {
        self.map().get(&run).filter(|(user_id, _)| *user_id == viewer.user.id).map(|(_, live)| live.clone())
    }

    /// The run with this id, for those who have looked up its message already.
    pub(super) fn live(&self, run: Uuid) -> Option<Arc<Live>> {
        self.map().get(&run).map(|(_, live)| live.clone())
    }

    /// Stops the run, if it is here.
    pub(super) fn stop(&self, run: Uuid) {
        if let Some(live) = self.live(run) {
            live.ask_to_end(Status::Stopped);
        }
    }

    /// Stops what is being written in this conversation.
    pub(super) fn stop_in(&self, chat_id: Uuid) {
        self.map().values().filter(|(_, live)| live.started.chat_id == chat_id).for_each(|(_, live)| live.ask_to_end(Status::Stopped));
    }

    /// Whether another run than this one is being written in the conversation, here.
    fn has_other(&self, chat_id: Uuid, run: Uuid) -> bool {
        self.map().values().any(|(_, live)| live.started.chat_id == chat_id && live.started.generation_id != run)
    }

    /// Stops what is being written for the user.
    pub(super) fn stop_of(&self, user_id: Uuid) {
        self.map().values().filter(|(owner, _)| *owner == user_id).for_each(|(_, live)| live.ask_to_end(Status::Stopped));
    }

    /// Removes the journals of these runs.
    pub(super) fn forget_journals(&self, runs: &[Uuid]) {
        runs.iter().for_each(|run| journal::forget(&self.journals, *run));
    }

    /// What is being written here, and for whom.
    pub fn running(&self) -> Vec<(Uuid, Started)> {
        self.map().values().map(|(user_id, live)| (*user_id, live.started.clone())).collect()
    }

    /// Starts what the server waits for before it stops, whoever asked for it and whether or not they still wait.
    pub(super) fn task<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tracker.spawn(work.in_current_span())
    }

    /// Number of runs here.
    pub fn count(&self) -> usize {
        self.map().len()
    }

    /// Returns when there is a run that the database knows of.
    async fn wait_for_runs(&self) {
        while self.map().values().all(|(_, live)| live.passing) {
            self.began.notified().await;
        }
    }

    /// Lets running answers finish for half of `within`, then interrupts them and waits until that is stored.
    pub async fn shutdown(&self, within: Duration) {
        self.tracker.close();
        if tokio::time::timeout(within / 2, self.tracker.wait()).await.is_ok() {
            return;
        }
        for live in self.lives() {
            live.ask_to_end(Status::Interrupted);
        }
        if tokio::time::timeout(within / 2, self.tracker.wait()).await.is_err() {
            tracing::warn!("some answers could not be ended in time; they are recovered at the next start");
        }
    }
}

/// Starts what runs for as long as the server does: the log and the reaper. Call after [`recover`].
pub fn keep(server: &Server) {
    tokio::spawn(log::keep(server.clone()));
    tokio::spawn(reaper::keep(server.clone()));
    if server.bus.line().is_some() && server.config.role.works() {
        tokio::spawn(adopt::keep(server.clone()));
    }
}

/// Stops the viewer's run; what was read stays. Answers the conversation's id. One that has ended already stays as it is.
pub async fn stop(server: &Server, viewer: &Viewer, run: Uuid) -> Result<Uuid> {
    if let Some(live) = server.generations.live_for(viewer, run) {
        live.ask_to_end(Status::Stopped);
        return Ok(live.started.chat_id);
    }
    let found = server.db.generations().find_for(viewer.user.id, run).await?.ok_or_else(|| Error::not_found("generation"))?;
    let chat_id = found.started.chat_id;
    if found.status.is_running() && !server.generations.is_here(run) && !elsewhere(server, viewer, run).await? {
        let Started { message_id, model, .. } = found.started;
        let orphan = Orphan { id: run, user_id: viewer.user.id, chat_id, message_id, model, started_at: found.started_at };
        reaper::interrupt(server, &orphan, Status::Stopped).await?;
    }
    Ok(chat_id)
}

/// Stops the run, whichever node writes it. For those who have looked up whose it is.
pub(super) fn stop_run(server: &Server, run: Uuid) {
    server.generations.stop(run);
    server.bus.tell(Word::Stop { run });
}

/// Stops what is being written in this conversation.
pub(super) fn stop_in(server: &Server, chat: Uuid) {
    server.generations.stop_in(chat);
    server.bus.tell(Word::StopIn { chat });
}

/// Stops what is being written for the user.
pub(super) fn stop_of(server: &Server, user: Uuid) {
    server.generations.stop_of(user);
    server.bus.tell(Word::StopOf { user });
}

/// Has the node that writes the run stop it. False: none of them did within [`STOP_WITHIN`].
async fn elsewhere(server: &Server, viewer: &Viewer, run: Uuid) -> Result<bool> {
    if server.bus.line().is_none() {
        return Ok(false);
    }
    server.bus.tell(Word::Stop { run });
    let growth = server.bus.growth(run);
    let ended = async {
        loop {
            let found = async { server.db.generations().find_for(viewer.user.id, run).await };
            let over = async { found.await.map(|found| found.filter(|found| !found.status.is_running())) };
            if growth.or(over).await?.is_some() {
                return Ok(true);
            }
        }
    };
    tokio::time::timeout(STOP_WITHIN, ended).await.unwrap_or(Ok(false))
}
