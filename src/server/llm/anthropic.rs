//! Anthropic's Messages API (<https://docs.anthropic.com/en/api/messages>). It translates; retries and time limits are its caller's.

#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::deltas::Said;
use super::http::Way;
use super::think::Think;
use super::{ChatRequest, DeltaStream, DocumentRoom, Facts, LlmError, ModelInfo, Provider, Unseals, deltas, failure, http, line};
use crate::model::setup::Parameter;

/// Where Anthropic's own API lives.
pub const ANTHROPIC_URL: &str = "https://api.anthropic.com";

/// The version of the API that this file speaks.
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");
/// Most pages of the list of models that are read.
const PAGES: usize = 10;
/// Most pages of documents in one question (<https://docs.anthropic.com/en/docs/build-with-claude/pdf-support>).
const READ: usize = 100;

/// A provider that speaks like Anthropic's.
pub struct Anthropic {
    way: Way,
    base_url: Arc<str>,
    key: SecretString,
}

impl Anthropic {
    /// A provider at this base URL (without `/v1`), with a key where it wants one.
    pub fn new(base_url: &str, key: Option<SecretString>, way: Way) -> Result<Self, LlmError> {
        let base_url = base_url.trim_end_matches('/').trim_end_matches("/v1").into();
        Ok(Self { way, base_url, key: key.unwrap_or_default() })
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut headers = HeaderMap::from_iter([(HeaderName::from_static("anthropic-version"), VERSION)]);
        if let Ok(mut key) = HeaderValue::from_str(self.key.expose_secret()) {
            key.set_sensitive(true);
            headers.insert("x-api-key", key);
        }
        self.way.client().request(method, format!("{}{path}", self.base_url)).headers(headers)
    }

    /// The answer to a request, or our error without the key.
    async fn send(&self, request: reqwest::RequestBuilder, streams: bool) -> Result<reqwest::Response, LlmError> {
        let sent = async { http::execute(&self.way, request.build().map_err(http::transport)?, streams).await };
        sent.await.map_err(|error| failure::without(error, &self.key))
    }
}

#[async_trait]
impl Provider for Anthropic {
    fn picture_side(&self) -> u32 {
        1_568
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        let (mut models, mut after) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let mut request = self.request(Method::GET, "/v1/models").query(&[("limit", "1000")]);
            if let Some(id) = &after {
                request = request.query(&[("after_id", id)]);
            }
            let page: wire::Models = http::json(self.send(request, false).await?).await?;
            models.extend(page.data.into_iter().map(ModelInfo::from));
            after = page.last_id.filter(|_| page.has_more);
            if after.is_none() {
                break;
            }
        }
        Ok(models)
    }

    async fn chat(&self, request: ChatRequest) -> Result<DeltaStream, LlmError> {
        let asked = self.request(Method::POST, "/v1/messages").json(&wire::Body::new(&request));
        let events = line::events(self.send(asked, true).await?);
        let mut reader = wire::Reader::default();
        let read = move |event, said: &mut Vec<Said>| reader.read(event, said);
        Ok(deltas::deltas(events, read, Think::past(), self.key.clone()))
    }

    fn documents(&self) -> Option<DocumentRoom> {
        Some(DocumentRoom::pages(READ))
    }

    fn accepts(&self, _model: &str) -> bool {
        true
    }

    fn unseals(&self) -> Unseals {
        Unseals::Newest
    }

    fn ignores(&self, model: &str, _facts: &Facts) -> Vec<Parameter> {
        wire::ignores(model)
    }

    fn output(&self, _model: &str) -> Option<u32> {
        Some(wire::MAX_TOKENS)
    }

    fn context(&self, model: &str) -> Option<u32> {
        // Every Claude since the third has at least this.
        model.starts_with("claude-").then_some(200_000)
    }
}
