//! The built-in model: a small GGUF model run in process by candle, so that the first chat needs no key and no other service.
//! Weights are fetched and loaded on first use; generation runs on a thread of its own and ends when its reader goes away.

mod engine;
mod pull;
mod session;
mod stop;
mod template;
#[cfg(test)]
mod tests;
mod vocab;
mod weights;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use engine::{Engine, Job, Out};
use futures::{StreamExt, stream};
pub use pull::{intact, pull};
use tokio::sync::{OnceCell, mpsc, watch};

use super::{ChatRequest, Delta, DeltaStream, Facts, LlmError, ModelFile, ModelInfo, Provider, estimate_tokens};
use crate::model::generation::{FailureKind, Notice, NoticeCode};
use crate::model::setup::Parameter;

/// Most tokens of a conversation, whatever the model could: candle's rotary table of llama models ends there.
pub const CONTEXT_MAX: u32 = 4096;

/// The built-in model. It costs nothing until it is asked, and gives its memory back when it was idle for a while.
pub struct Local {
    file: ModelFile,
    engine: Engine,
    pulling: Arc<Mutex<Option<watch::Receiver<Pulling>>>>,
    /// The context window, read from the file once.
    context: OnceCell<u32>,
}

/// A download that all waiting chats watch.
#[derive(Clone, Debug)]
enum Pulling {
    Percent(u8),
    Done,
    Failed(LlmError),
}

impl Local {
    /// The model in this file, which need not be there yet.
    pub fn new(file: ModelFile) -> Self {
        let engine = Engine::new(file.path.clone());
        Self { file, engine, pulling: Arc::default(), context: OnceCell::new() }
    }

    /// The context window: of the file where it is there, else what is to be expected.
    async fn window(&self) -> Result<u32, LlmError> {
        if !self.file.installed() {
            return Ok(CONTEXT_MAX);
        }
        let path = self.file.path.clone();
        let read = || async { tokio::task::spawn_blocking(move || weights::context(&path)).await.map_err(failed)? };
        self.context.get_or_try_init(read).await.copied()
    }

    /// The download that runs, or a new one. It goes on when its reader leaves: the next chat will want it too.
    fn pulling(&self) -> watch::Receiver<Pulling> {
        let mut pulling = self.pulling.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = pulling.as_ref().filter(|p| matches!(*p.borrow(), Pulling::Percent(_)) && p.has_changed().is_ok()) {
            return running.clone();
        }
        let (send, receive) = watch::channel(Pulling::Percent(0));
        *pulling = Some(receive.clone());
        let file = self.file.clone();
        tokio::spawn(async move {
            let pulled = pull(&file, |percent| drop(send.send_replace(Pulling::Percent(percent)))).await;
            send.send_replace(pulled.map_or_else(Pulling::Failed, |()| Pulling::Done));
        });
        receive
    }
}

/// Waits for the weights, telling the reader how far they are. False: nobody waits any more, or they cannot be had.
async fn arrived(mut pulling: watch::Receiver<Pulling>, out: &Out) -> bool {
    loop {
        let now = pulling.borrow_and_update().clone();
        match now {
            Pulling::Done => return true,
            Pulling::Failed(error) => {
                out.send(Err(error)).ok();
                return false;
            }
            Pulling::Percent(percent) => notify(out, NoticeCode::ModelFetching, percent.to_string()),
        }
        tokio::select! {
            changed = pulling.changed() => if changed.is_err() { return false },
            () = out.closed() => return false,
        }
    }
}

/// Tells the reader something meanwhile.
fn notify(out: &Out, code: NoticeCode, message: String) {
    out.send(Ok(Delta::Notice(Notice { code, message }))).ok();
}

fn failed(error: impl std::fmt::Display) -> LlmError {
    LlmError::new(FailureKind::Internal, format!("The built-in model failed: {error}"))
}

#[async_trait]
impl Provider for Local {
    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        Ok(vec![ModelInfo { name: self.file.name(), title: None, context: Some(self.window().await?) }])
    }

    /// It is small, and the machine's processor is everybody's.
    fn suggests(&self) -> bool {
        false
    }

    fn sees(&self, _model: &str, _facts: &Facts) -> Option<bool> {
        Some(false)
    }

    async fn chat(&self, request: ChatRequest) -> Result<DeltaStream, LlmError> {
        if request.model != self.file.name() {
            let message = format!("The built-in model is “{}”; “{}” is not here.", self.file.name(), request.model);
            return Err(LlmError::new(FailureKind::UnknownModel, message));
        }
        let (out, answer) = mpsc::unbounded_channel();
        let job = Job::new(request, out);
        if self.file.installed() {
            self.engine.submit(job);
        } else {
            let (pulling, engine) = (self.pulling(), self.engine.clone());
            tokio::spawn(async move {
                if arrived(pulling, &job.out).await {
                    engine.submit(job);
                }
            });
        }
        Ok(whole(answer))
    }

    fn ignores(&self, _model: &str, _facts: &Facts) -> Vec<Parameter> {
        vec![Parameter::ReasoningEffort]
    }

    fn tokens(&self, text: &str) -> usize {
        self.engine.vocab().map_or_else(|| estimate_tokens(text), |vocab| vocab.count(text))
    }
}

/// The answer as a stream. An engine that died says nothing; then the reader hears it from here.
fn whole(answer: mpsc::UnboundedReceiver<Result<Delta, LlmError>>) -> DeltaStream {
    stream::unfold((answer, false), |(mut answer, ended)| async move {
        if ended {
            return None;
        }
        let next = answer.recv().await.unwrap_or_else(|| Err(failed("it stopped without a word.")));
        let ended = matches!(next, Err(_) | Ok(Delta::Stop(_)));
        Some((next, (answer, ended)))
    })
    .boxed()
}
