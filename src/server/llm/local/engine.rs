//! The thread that runs the model: loads it on the first question, gives each chat its turns, unloads it when nobody asks.
//! Invariant: the thread leaves only with the lock on `jobs` held and nothing in the queue, so no question is lost.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::super::{ChatRequest, Delta, LlmError};
use super::session::{Session, Turn};
use super::vocab::Vocab;
use super::weights::{Loaded, load};
use super::{failed, notify};
use crate::model::generation::NoticeCode;

/// How long the weights stay in memory without a question.
const IDLE: Duration = Duration::from_secs(600);
/// Chats that take turns; more wait. Each holds up to 190 MB of attention cache for a full context.
const ACTIVE_MAX: usize = 4;
/// Tokens of one turn.
const SLICE: usize = 2;

/// Where an answer goes.
pub(super) type Out = UnboundedSender<Result<Delta, LlmError>>;

/// A question on its way to the model.
pub(super) struct Job {
    pub request: ChatRequest,
    pub out: Out,
    /// The place in the queue that the reader was told last.
    place: usize,
}

impl Job {
    pub fn new(request: ChatRequest, out: Out) -> Self {
        Self { request, out, place: 0 }
    }
}

/// A handle to the thread; the thread itself comes and goes.
#[derive(Clone)]
pub(super) struct Engine(Arc<Shared>);

struct Shared {
    path: PathBuf,
    jobs: Mutex<Option<Sender<Job>>>,
    /// The tokenizer while the model is loaded.
    vocab: RwLock<Option<Arc<Vocab>>>,
    idle: Duration,
}

impl Engine {
    pub fn new(path: PathBuf) -> Self {
        Self::with_idle(path, IDLE)
    }

    /// One that unloads after this time without a question.
    pub fn with_idle(path: PathBuf, idle: Duration) -> Self {
        Self(Arc::new(Shared { path, jobs: Mutex::default(), vocab: RwLock::default(), idle }))
    }

    /// The tokenizer, while the model is loaded.
    pub fn vocab(&self) -> Option<Arc<Vocab>> {
        self.0.vocab.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Hands a question to the thread, which is started if it is not there.
    pub fn submit(&self, job: Job) {
        let mut jobs = self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match jobs.as_ref() {
            None => job,
            Some(sender) => match sender.send(job) {
                Ok(()) => return,
                // The thread died (a bug in the model's code); the next one takes over.
                Err(mpsc::SendError(job)) => job,
            },
        };
        let (sender, receiver) = mpsc::channel();
        sender.send(job).ok();
        let shared = self.0.clone();
        match std::thread::Builder::new().name("liao-model".into()).spawn(move || run(&shared, &receiver)) {
            Ok(_) => *jobs = Some(sender),
            Err(error) => tracing::error!(%error, "the model's thread could not be started"),
        }
    }
}

/// The life of the thread: load, serve until idle, unload.
fn run(shared: &Shared, jobs: &Receiver<Job>) {
    let mut waiting = VecDeque::new();
    let loaded = load_telling(&shared.path, jobs, &mut waiting);
    match loaded {
        Ok(mut model) => {
            *shared.vocab.write().unwrap_or_else(PoisonError::into_inner) = Some(model.vocab.clone());
            Rounds { model: &mut model, jobs, active: Vec::new(), waiting }.serve(shared);
            *shared.vocab.write().unwrap_or_else(PoisonError::into_inner) = None;
            tracing::info!("the built-in model was idle and is unloaded");
        }
        Err(error) => {
            tracing::error!(%error, "the built-in model could not be loaded");
            let mut sender = shared.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            *sender = None;
            waiting.extend(jobs.try_iter());
            waiting.iter().for_each(|job| drop(job.out.send(Err(error.clone()))));
        }
    }
}

/// Loads the model and tells everybody who waits how far it is.
#[allow(clippy::disallowed_methods, reason = "how long it took, for the log")]
fn load_telling(path: &Path, jobs: &Receiver<Job>, waiting: &mut VecDeque<Job>) -> Result<Loaded, LlmError> {
    let begun = std::time::Instant::now();
    let mut told = None;
    let mut progress = |percent: u8| {
        let fresh = waiting.len();
        waiting.extend(jobs.try_iter());
        let step = percent / 10 * 10;
        let from = if told == Some(step) { fresh } else { 0 };
        told = Some(step);
        waiting.iter().skip(from).for_each(|job| notify(&job.out, NoticeCode::ModelLoading, step.to_string()));
    };
    progress(0);
    let loaded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| load(path, &mut progress)))
        .unwrap_or_else(|_| Err(failed("its file cannot be used.")));
    if loaded.is_ok() {
        tracing::info!(path = %path.display(), ms = begun.elapsed().as_millis() as u64, "the built-in model is loaded");
    }
    loaded
}

/// The chats that take turns, and those that wait.
struct Rounds<'a> {
    model: &'a mut Loaded,
    jobs: &'a Receiver<Job>,
    active: Vec<Session>,
    waiting: VecDeque<Job>,
}

impl Rounds<'_> {
    /// Serves until the model was idle for long enough.
    fn serve(&mut self, shared: &Shared) {
        loop {
            self.waiting.extend(self.jobs.try_iter());
            self.admit();
            self.turns();
            if self.active.is_empty() && self.waiting.is_empty() {
                match self.jobs.recv_timeout(shared.idle) {
                    Ok(job) => self.waiting.push_back(job),
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        let mut sender = shared.jobs.lock().unwrap_or_else(PoisonError::into_inner);
                        match self.jobs.try_recv() {
                            Ok(job) => self.waiting.push_back(job),
                            Err(_) => return *sender = None,
                        }
                    }
                }
            }
        }
    }

    /// Lets chats in while there is room, and tells the others their place when it changed.
    fn admit(&mut self) {
        self.waiting.retain(|job| !job.out.is_closed());
        while self.active.len() < ACTIVE_MAX && self.model.shelf.has_room() {
            let Some(job) = self.waiting.pop_front() else { break };
            match Session::new(&job, self.model) {
                Ok(session) => self.active.push(session),
                Err(error) => drop(job.out.send(Err(error))),
            }
        }
        for (n, job) in self.waiting.iter_mut().enumerate() {
            if job.place != n + 1 {
                job.place = n + 1;
                notify(&job.out, NoticeCode::Queued, job.place.to_string());
            }
        }
    }

    /// One turn for each chat.
    fn turns(&mut self) {
        for mut session in std::mem::take(&mut self.active) {
            let over = (0..SLICE).any(|_| session.step(&self.model.vocab) == Turn::Over);
            if over {
                let (weights, tokens) = session.into_read();
                self.model.shelf.give(weights, tokens);
            } else {
                self.active.push(session);
            }
        }
    }
}
