//! Ollama's own API (<https://docs.ollama.com/api>). Its OpenAI-shaped one cannot say how long the context is, and then
//! Ollama cuts the beginning of a longer conversation off without a word; here it is told.

mod pull;
#[cfg(test)]
mod tests;
mod vector;
mod wire;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};

use super::deltas::Said;
use super::http::Way;
use super::think::Think;
use super::{ChatRequest, DeltaStream, Facts, LlmError, ModelInfo, Provider, Texts, Vectors, catalogue, deltas, failure, http, line};
use crate::model::message::Author;
use crate::model::setup::Parameter;
use crate::model::voice::Task;

/// Where Ollama listens as it is installed.
pub const OLLAMA_URL: &str = "http://127.0.0.1:11434";

/// Most of a model's context window that is asked for, in tokens: Ollama takes memory for all of it at once.
const CONTEXT_MAX: u32 = 16_384;
/// The window where the model does not tell its own.
const CONTEXT_UNKNOWN: u32 = 4_096;
/// Longest answer to texts that are to be embedded, in bytes.
const VECTORS_MAX: usize = 32 * 1024 * 1024;
/// How many models are asked about themselves at a time.
const ASKED_AT_ONCE: usize = 4;

/// A provider that speaks like Ollama.
pub struct Ollama {
    way: Way,
    base_url: Arc<str>,
    key: SecretString,
    /// The window of every model of the last list.
    contexts: Arc<RwLock<HashMap<String, u32>>>,
    /// The models of the last list that can be told to think; the others refuse.
    thinking: Arc<RwLock<HashSet<String>>>,
    /// How long a model stays in its memory, in seconds.
    keep_alive: Option<u32>,
}

impl Ollama {
    /// A provider at this base URL (without `/api`), with a key where a proxy in front of it wants one.
    pub fn new(base_url: &str, key: Option<SecretString>, way: Way) -> Result<Self, LlmError> {
        let base_url = base_url.trim_end_matches('/').trim_end_matches("/v1").trim_end_matches("/api").into();
        Ok(Self { way, base_url, key: key.unwrap_or_default(), contexts: Arc::default(), thinking: Arc::default(), keep_alive: None })
    }

    /// The same with another key: what one of them learns of models, both know.
    pub fn with_key(&self, key: SecretString) -> Self {
        let (contexts, thinking) = (self.contexts.clone(), self.thinking.clone());
        Self { way: self.way.clone(), base_url: self.base_url.clone(), key, contexts, thinking, keep_alive: self.keep_alive }
    }

    /// The same, whose models stay in memory for so many seconds after an answer.
    #[must_use]
    pub fn keeping(self, keep_alive: Option<u32>) -> Self {
        Self { keep_alive, ..self }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.way.client().request(method, format!("{}/api/{path}", self.base_url));
        let key = self.key.expose_secret();
        if key.is_empty() { request } else { request.bearer_auth(key) }
    }

    /// The answer to a request, or our error without the key.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, LlmError> {
        let sent = async { http::execute(&self.way, request.build().map_err(http::transport)?, false).await };
        sent.await.map_err(|error| failure::without(error, &self.key))
    }

    /// What the model says about itself; one that says nothing is not asked again before the next list.
    async fn show(&self, name: &str) -> Option<wire::Shown> {
        let request = self.request(Method::POST, "show").json(&serde_json::json!({ "model": name }));
        http::json(self.send(request).await.ok()?).await.ok()
    }

    fn known(&self, model: &str) -> Option<u32> {
        self.contexts.read().unwrap_or_else(PoisonError::into_inner).get(model).copied()
    }
}

#[async_trait]
impl Provider for Ollama {
    fn picture_side(&self) -> u32 {
        1_344
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        let listed: wire::Models = http::json(self.send(self.request(Method::GET, "tags")).await?).await?;
        let names = listed.models.into_iter().map(|model| model.name);
        let asked = futures::stream::iter(names).map(|name| async move {
            let shown = self.show(&name).await.unwrap_or_default();
            let embeds = shown.embeds() && catalogue::task(&name) == Task::Embedding;
            (shown.chats() || embeds).then(|| {
                let context = shown.context().unwrap_or(CONTEXT_UNKNOWN).min(CONTEXT_MAX);
                (ModelInfo { name, title: None, context: Some(context) }, shown.thinks())
            })
        });
        let asked: Vec<(ModelInfo, bool)> = asked.buffered(ASKED_AT_ONCE).filter_map(std::future::ready).collect().await;
        let thinking = asked.iter().filter(|(_, thinks)| *thinks).map(|(model, _)| model.name.clone()).collect();
        *self.thinking.write().unwrap_or_else(PoisonError::into_inner) = thinking;
        let mut models: Vec<ModelInfo> = asked.into_iter().map(|(model, _)| model).collect();
        models.sort_by(|a, b| a.name.cmp(&b.name));
        let contexts = models.iter().filter_map(|model| Some((model.name.clone(), model.context?))).collect();
        *self.contexts.write().unwrap_or_else(PoisonError::into_inner) = contexts;
        Ok(models)
    }

    async fn chat(&self, request: ChatRequest) -> Result<DeltaStream, LlmError> {
        let continues = request.turns.last().is_some_and(|turn| turn.author == Author::Assistant);
        let body = wire::Body::new(&request, self.known(&request.model).unwrap_or(CONTEXT_UNKNOWN), self.keep_alive);
        let events = line::json_lines(self.send(self.request(Method::POST, "chat").json(&body)).await?);
        let think = if continues { Think::past() } else { Think::default() };
        let mut calls = 0;
        let read = move |line, said: &mut Vec<Said>| wire::read(line, &mut calls, said);
        Ok(deltas::deltas(events, read, think, self.key.clone()))
    }

    async fn embed(&self, texts: Texts) -> Result<Vectors, LlmError> {
        let response = self.send(self.request(Method::POST, "embed").json(&vector::Body::from(&texts))).await?;
        let body = http::whole(response, VECTORS_MAX).await?;
        serde_json::from_slice::<vector::Answer>(&body).map(Vectors::from).map_err(|error| http::garbled(&error))
    }

    async fn pull(&self, model: &str) -> Result<BoxStream<'static, Result<u8, LlmError>>, LlmError> {
        let request = self.request(Method::POST, "pull").json(&pull::Body { model, stream: true });
        Ok(pull::percents(line::json_lines(self.send(request).await?)))
    }

    fn pulls(&self) -> bool {
        true
    }

    fn embeds(&self) -> bool {
        true
    }

    fn ignores(&self, model: &str, _facts: &Facts) -> Vec<Parameter> {
        let thinks = self.thinking.read().unwrap_or_else(PoisonError::into_inner).contains(model);
        if thinks { Vec::new() } else { vec![Parameter::ReasoningEffort] }
    }

    fn context(&self, model: &str) -> Option<u32> {
        self.known(model)
    }
}
