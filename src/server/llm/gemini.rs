//! Google's Gemini API (<https://ai.google.dev/api/generate-content>). It translates; retries and time limits are its caller's.

mod seal;
#[cfg(test)]
mod tests;
mod vector;
mod wire;

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::deltas::Said;
use super::http::Way;
use super::think::Think;
use super::{
    ChatRequest, DeltaStream, DocumentRoom, Facts, LlmError, ModelInfo, Provider, Texts, Unseals, Vectors, deltas, failure, http, line,
};
use crate::model::generation::FailureKind;
use crate::model::setup::Parameter;

/// Where Gemini's own API lives.
pub const GEMINI_URL: &str = "https://generativelanguage.googleapis.com";

/// Most pages of the list of models that are read.
const PAGES: usize = 10;
/// Most pages of documents in one question, and tokens of a page (<https://ai.google.dev/gemini-api/docs/document-processing>: 258, and 560
/// since the third generation).
const READ: usize = 1_000;
const PAGE_TOKENS: usize = 560;
/// Longest answer to texts that are to be embedded, in bytes.
const VECTORS_MAX: usize = 32 * 1024 * 1024;

/// A provider that speaks like Gemini's.
pub struct Gemini {
    way: Way,
    base_url: Arc<str>,
    key: SecretString,
    /// The models that think, by the last list: only of them thoughts may be asked.
    thinking: Arc<RwLock<HashSet<String>>>,
}

impl Gemini {
    /// A provider at this base URL (without `/v1beta`), with a key where it wants one.
    pub fn new(base_url: &str, key: Option<SecretString>, way: Way) -> Result<Self, LlmError> {
        let base_url = base_url.trim_end_matches('/').trim_end_matches("/v1beta").into();
        Ok(Self { way, base_url, key: key.unwrap_or_default(), thinking: Arc::default() })
    }

    /// The same with another key: what one of them learns of models, both know.
    pub fn with_key(&self, key: SecretString) -> Self {
        Self { way: self.way.clone(), base_url: self.base_url.clone(), key, thinking: self.thinking.clone() }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.way.client().request(method, format!("{}/v1beta/{path}", self.base_url));
        // In a header: an address with a key in it would be written into the logs of every proxy.
        match HeaderValue::from_str(self.key.expose_secret()) {
            Ok(mut key) => {
                key.set_sensitive(true);
                request.header("x-goog-api-key", key)
            }
            Err(_) => request,
        }
    }

    /// The answer to a request, or our error without the key.
    async fn send(&self, request: reqwest::RequestBuilder, streams: bool) -> Result<reqwest::Response, LlmError> {
        let sent = async { http::execute(&self.way, request.build().map_err(http::transport)?, streams).await };
        sent.await.map_err(|error| failure::without(error, &self.key))
    }

    /// Asks; `signed`: with the signatures of earlier thoughts.
    async fn ask(&self, request: &ChatRequest, signed: bool) -> Result<reqwest::Response, LlmError> {
        let body = wire::Body::new(request, self.thinks(&request.model), signed);
        let path = format!("models/{}:streamGenerateContent", wire::path_segment(&request.model));
        self.send(self.request(Method::POST, &path).query(&[("alt", "sse")]).json(&body), true).await
    }

    fn thinks(&self, model: &str) -> bool {
        self.thinking.read().unwrap_or_else(PoisonError::into_inner).contains(model)
    }
}

#[async_trait]
impl Provider for Gemini {
    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        let (mut listed, mut page) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let mut request = self.request(Method::GET, "models").query(&[("pageSize", "1000")]);
            if let Some(token) = &page {
                request = request.query(&[("pageToken", token)]);
            }
            let answer: wire::Models = http::json(self.send(request, false).await?).await?;
            listed.extend(answer.models.into_iter().filter(wire::Listed::serves));
            page = answer.next_page_token.filter(|token| !token.is_empty());
            if page.is_none() {
                break;
            }
        }
        let thinking = listed.iter().filter(|model| model.thinking).map(|model| model.short().to_owned()).collect();
        *self.thinking.write().unwrap_or_else(PoisonError::into_inner) = thinking;
        Ok(listed.into_iter().map(ModelInfo::from).collect())
    }

    async fn chat(&self, request: ChatRequest) -> Result<DeltaStream, LlmError> {
        let signed = request.turns.iter().any(|turn| turn.sealed.is_some());
        let answer = match self.ask(&request, signed).await {
            // What another project's key was answered may not be readable, and an answer does not need it.
            Err(error) if signed && error.kind == FailureKind::Protocol && error.message.to_lowercase().contains("signature") => {
                self.ask(&request, false).await?
            }
            answer => answer?,
        };
        let mut reader = wire::Reader::default();
        let read = move |event, said: &mut Vec<Said>| reader.read(event, said);
        Ok(deltas::deltas(line::events(answer), read, Think::past(), self.key.clone()))
    }

    async fn embed(&self, texts: Texts) -> Result<Vectors, LlmError> {
        let path = format!("models/{}:batchEmbedContents", wire::path_segment(&texts.model));
        let response = self.send(self.request(Method::POST, &path).json(&vector::Body::from(&texts)), false).await?;
        let body = http::whole(response, VECTORS_MAX).await?;
        serde_json::from_slice::<vector::Answer>(&body).map(Vectors::from).map_err(|error| http::garbled(&error))
    }

    fn embeds(&self) -> bool {
        true
    }

    fn unseals(&self) -> Unseals {
        Unseals::Every
    }

    fn ignores(&self, model: &str, _facts: &Facts) -> Vec<Parameter> {
        if self.thinks(model) { Vec::new() } else { vec![Parameter::ReasoningEffort] }
    }

    fn documents(&self) -> Option<DocumentRoom> {
        Some(DocumentRoom::pages(READ).of(PAGE_TOKENS))
    }

    fn accepts(&self, _model: &str) -> bool {
        true
    }
}
