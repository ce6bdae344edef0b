//! One provider as runs ask it: whose turn it is, with which of its keys, and whether it is asked at all. Retries and other models
//! are the run's.

mod breaker;
mod gate;
mod key;
#[cfg(test)]
mod tests;

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use breaker::{Breaker, Pass, Watch, seconds};
use futures::StreamExt;
use futures::stream::Peekable;
use gate::Gate;
pub use gate::{Permit, Waiting};
use key::Key;
use tokio::time::Instant;
use uuid::Uuid;

use super::registry::Keyed;
use super::{Bounds, ChatRequest, DeltaStream, LlmError, ModelInfo, Provider, Recording, Sound, Texts, Transcript, Vectors, Words};
use crate::model::generation::{Failure, FailureKind};
use crate::model::provider::{Health, Standing};

/// One provider. Its state is this node's, and begins anew when an administrator changes it.
pub struct Upstream {
    slug: String,
    pub bounds: Bounds,
    /// At least one; of a provider without keys it is none.
    keys: Vec<Key>,
    turn: AtomicUsize,
    /// Absent: it runs in this process, where nothing is won by leaving it alone.
    breaker: Option<Breaker>,
    gate: Gate,
    watch: Watch,
    /// The newest failure.
    failure: Mutex<Option<(Failure, Instant)>>,
}

/// What the key is called that was used; none of the environment's.
pub type Label = Option<Arc<str>>;

/// An answer that has begun: its first piece is there.
pub struct Begun {
    pub stream: Peekable<DeltaStream>,
    /// The key that was used; none of the environment's.
    pub key: Option<Uuid>,
    /// What it is called.
    pub label: Label,
    index: usize,
}

impl Upstream {
    /// A provider with these keys. `breaks`: whether it is left alone when it fails too often.
    pub fn new(slug: &str, keys: Vec<Keyed>, bounds: Bounds, breaks: bool) -> Self {
        Self {
            slug: slug.to_owned(),
            bounds,
            keys: keys.into_iter().map(|(id, label, provider)| Key::new(id, label, provider)).collect(),
            turn: AtomicUsize::new(0),
            breaker: breaks.then(Breaker::default),
            gate: Gate::new(bounds.concurrent),
            watch: Watch::default(),
            failure: Mutex::default(),
        }
    }

    /// What the provider tells of itself without being asked; the same with every key.
    pub fn provider(&self) -> &Arc<dyn Provider> {
        &self.keys[0].provider
    }

    /// The provider with each of its keys.
    pub fn keys(&self) -> impl Iterator<Item = (Option<Uuid>, &Arc<dyn Provider>)> {
        self.keys.iter().map(|key| (key.id, &key.provider))
    }

    /// Its models, by the first key that is good for it.
    pub async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        let mut refused = None;
        for key in &self.keys {
            match key.provider.models().await {
                Err(error) if error.is_of_key() => drop(refused.get_or_insert(error)),
                answer => return answer,
            }
        }
        Err(refused.unwrap_or_else(|| LlmError::new(FailureKind::Internal, "The provider has no key.")))
    }

    /// A permit at once, or a place in the line.
    pub fn enter(&self, user: Uuid) -> Result<Permit, Waiting> {
        self.gate.enter(user)
    }

    /// Asks with the keys in turn until one is not refused; then waits for the first piece, all of it within the time for that.
    pub async fn ask(&self, request: &ChatRequest) -> Result<Begun, LlmError> {
        let (stream, index) = self.with_keys(&request.model, |provider| begin(provider, request)).await?;
        let Key { id: key, label, .. } = &self.keys[index];
        Ok(Begun { stream, key: *key, label: label.clone(), index })
    }

    /// What a recording says, by the keys in turn; all of it within the time for a first piece.
    pub async fn transcribe(&self, recording: &Recording) -> Result<(Transcript, Label), LlmError> {
        self.call(&recording.model, |provider| async move { provider.transcribe(recording.clone()).await }).await
    }

    /// A text as sound, in the same way.
    pub async fn speak(&self, words: &Words) -> Result<(Sound, Label), LlmError> {
        self.call(&words.model, |provider| async move { provider.speak(words.clone()).await }).await
    }

    /// What texts say, in the same way.
    pub async fn embed(&self, texts: &Texts) -> Result<(Vectors, Label), LlmError> {
        let many = texts.texts.len();
        self.call(&texts.model, |provider| async move { provider.embed(texts.clone()).await?.of(many) }).await
    }

    /// What is answered as a whole, and with which key.
    async fn call<T, F: Future<Output = Result<T, LlmError>>>(
        &self,
        model: &str,
        ask: impl Fn(Arc<dyn Provider>) -> F,
    ) -> Result<(T, Label), LlmError> {
        let (answer, index) = self.with_keys(model, ask).await?;
        Ok((answer, self.keys[index].label.clone()))
    }

    /// Asks with the keys in turn until one is not refused, all of it within the time for a first piece; tells which one it was.
    async fn with_keys<T, F: Future<Output = Result<T, LlmError>>>(
        &self,
        model: &str,
        ask: impl Fn(Arc<dyn Provider>) -> F,
    ) -> Result<(T, usize), LlmError> {
        let patience = self.bounds.first_byte;
        let deadline = Instant::now() + patience;
        let mut tried = Vec::new();
        let mut refused: Option<LlmError> = None;
        loop {
            let (index, passes) = match self.pick(model, &tried) {
                Ok(picked) => picked,
                Err(none_left) => return Err(refused.unwrap_or(none_left)),
            };
            tried.push(index);
            let asked = tokio::time::timeout_at(deadline, ask(self.keys[index].provider.clone())).await;
            let error = match asked.unwrap_or_else(|_| Err(silent(patience))) {
                Ok(answer) => {
                    passes.into_iter().for_each(Pass::succeeded);
                    return Ok((answer, index));
                }
                Err(error) => error,
            };
            let error = self.failed(index, model, error, passes);
            if !error.is_of_key() {
                return Err(error);
            }
            refused = Some(soonest(refused, error));
        }
    }

    /// The next key in turn that may be asked, with leave to do so.
    fn pick(&self, model: &str, tried: &[usize]) -> Result<(usize, Vec<Pass>), LlmError> {
        let now = self.watch.now();
        let whole = self.breaker.as_ref().map(|breaker| breaker.admit(now)).transpose().map_err(|wait| self.open(wait))?;
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut why: Option<LlmError> = None;
        for index in (0..self.keys.len()).map(|n| (first.wrapping_add(n)) % self.keys.len()).filter(|index| !tried.contains(index)) {
            let key = &self.keys[index];
            if let Some(aside) = key.aside(model, now) {
                why = Some(soonest(why, aside));
                continue;
            }
            // The only key of a provider has no breaker of its own: it would be the same.
            let own = (self.breaker.is_some() && self.keys.len() > 1).then(|| key.breaker.admit(now));
            match own.transpose() {
                Ok(own) => return Ok((index, whole.into_iter().chain(own).collect())),
                Err(wait) => why = Some(why.unwrap_or_else(|| self.open(wait))),
            }
        }
        Err(why.unwrap_or_else(|| LlmError::new(FailureKind::Internal, "The provider has no key that was not tried.")))
    }

    fn open(&self, wait: Duration) -> LlmError {
        let message = format!("{} failed several times in a row and is not asked for {} s.", self.slug, seconds(wait));
        LlmError { unasked: true, ..LlmError::new(FailureKind::VendorDown, message) }
    }

    /// Takes note of a failure before the first piece.
    fn failed(&self, index: usize, model: &str, error: LlmError, passes: Vec<Pass>) -> LlmError {
        let now = self.watch.now();
        self.remember(&error, now);
        for pass in passes {
            // Whoever answers, if only with a refusal, works.
            if error.kind.is_transient() { pass.failed(now) } else { pass.succeeded() }
        }
        let error = LlmError { key: self.keys[index].label.clone(), ..error };
        // What runs in this process has no key that could be refused; the scripted provider only says so.
        if self.breaker.is_some() { self.keys[index].put_aside(model, error, now) } else { error }
    }

    /// Takes note of a failure in the middle of an answer.
    pub fn broke(&self, begun: usize, error: &LlmError) {
        let now = self.watch.now();
        self.remember(error, now);
        if error.kind.is_transient() {
            self.breaker.iter().chain([&self.keys[begun].breaker]).for_each(|breaker| breaker.failed(now));
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<(Failure, Instant)>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, error: &LlmError, now: Instant) {
        *self.last() = Some((error.failure(true), now));
    }

    /// An administrator has seen to it: everything is asked again.
    pub fn again(&self) {
        self.breaker.iter().for_each(Breaker::close);
        self.keys.iter().for_each(Key::again);
    }

    /// How it stands now.
    pub fn health(&self) -> Health {
        let now = self.watch.now();
        let (circuit, seconds) = self.breaker.as_ref().map(|breaker| breaker.standing(now)).unwrap_or_default();
        let (running, waiting) = self.gate.counts();
        let (failure, failed_ago) = self.last().clone().map(|(failure, at)| (failure, now.duration_since(at).as_secs())).unzip();
        Health { circuit, seconds, running, waiting, failure, failed_ago }
    }

    /// How a key stands now.
    pub fn standing(&self, key: Uuid) -> Standing {
        let key = self.keys.iter().find(|one| one.id == Some(key));
        key.map(|key| key.standing(self.watch.now())).unwrap_or_default()
    }
}

impl Begun {
    /// What [`Upstream::broke`] wants to know.
    pub fn index(&self) -> usize {
        self.index
    }
}

/// Asks, and waits for the first piece.
async fn begin(provider: Arc<dyn Provider>, request: &ChatRequest) -> Result<Peekable<DeltaStream>, LlmError> {
    let mut stream = provider.chat(request.clone()).await?.peekable();
    match Pin::new(&mut stream).next_if(Result::is_err).await {
        Some(Err(error)) => Err(error),
        _ => Ok(stream),
    }
}

fn silent(patience: Duration) -> LlmError {
    LlmError::new(FailureKind::Timeout, format!("The model did not begin to answer within {} s.", patience.as_secs()))
}

/// Of two refusals, the one that is over first: a limit before what has to be seen to.
fn soonest(one: Option<LlmError>, other: LlmError) -> LlmError {
    match one {
        Some(one) if one.retry_after.is_some() && other.retry_after.is_none_or(|wait| one.retry_after <= Some(wait)) => one,
        Some(one) if other.retry_after.is_none() => one,
        _ => other,
    }
}
