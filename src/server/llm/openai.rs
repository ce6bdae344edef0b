//! Any provider of OpenAI's shape, through async-openai. It translates; retries and time limits are its caller's.

mod dialect;
mod stream;
#[cfg(test)]
mod tests;
mod voice;
mod wire;

use std::sync::Arc;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_trait::async_trait;
use dialect::Dialect;
use futures::StreamExt;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::http::Way;
use super::think::Think;
use super::{
    ChatRequest, DeltaStream, Facts, LlmError, ModelInfo, Provider, Recording, Sound, Transcript, Words, deltas, failure, http, line,
};
use crate::model::generation::FailureKind;
use crate::model::message::Author;
use crate::model::setup::Parameter;

/// Where OpenAI's own API lives.
pub const OPENAI_URL: &str = "https://api.openai.com/v1";

/// A provider of OpenAI's shape.
pub struct OpenAi {
    client: Client<Endpoint>,
    endpoint: Endpoint,
    dialect: Dialect,
    /// For what the crate does not ask.
    way: Way,
}

/// Where to ask, and with which key. Unlike the crate's own configuration it reads nothing from the environment:
/// an organisation's id must not travel to another vendor.
#[derive(Clone)]
struct Endpoint {
    base_url: Arc<str>,
    key: SecretString,
}

impl Config for Endpoint {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let key = self.key.expose_secret();
        if !key.is_empty()
            && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {key}"))
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        headers
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base_url
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

impl OpenAi {
    /// A provider at this base URL (ending in `/v1` as a rule), with a key where it wants one.
    pub fn new(base_url: &str, key: Option<SecretString>, way: Way) -> Result<Self, LlmError> {
        let endpoint = Endpoint { base_url: base_url.trim_end_matches('/').into(), key: key.unwrap_or_default() };
        let (own, kept) = (way.client().clone(), way.clone());
        // Our own service instead of the crate's: it does not retry, and it sees the status and the headers of errors.
        let service = tower::service_fn(move |factory: HttpRequestFactory| {
            let way = way.clone();
            async move { send(&way, factory).await.map_err(|e| OpenAIError::Boxed(Box::new(e))) }
        });
        let client = Client::build(own, endpoint.clone()).with_http_service(service);
        let dialect = Dialect::of(&endpoint.base_url);
        Ok(Self { client, endpoint, dialect, way: kept })
    }

    fn is_native(&self) -> bool {
        &*self.endpoint.base_url == OPENAI_URL
    }

    /// Our error for the crate's, without the key.
    fn failed(&self, error: OpenAIError) -> LlmError {
        failure::without(translated(error), &self.endpoint.key)
    }
}

/// Sends one request and turns every answer that is not what was asked for into an [`LlmError`].
async fn send(way: &Way, factory: HttpRequestFactory) -> Result<reqwest::Response, LlmError> {
    let request = factory.build().await.map_err(translated)?;
    let streams = request.url().path().ends_with("/chat/completions");
    let response = http::execute(way, request, streams).await?;
    Ok(if streams { line::in_whole_lines(response) } else { response })
}

fn translated(error: OpenAIError) -> LlmError {
    let protocol = |text: String| LlmError::new(FailureKind::Protocol, text);
    match error {
        OpenAIError::Boxed(inner) => match inner.downcast::<LlmError>() {
            Ok(error) => *error,
            Err(other) => protocol(other.to_string()),
        },
        OpenAIError::Reqwest(error) => http::transport(error),
        OpenAIError::StreamError(error) => LlmError::new(FailureKind::Network, format!("The connection was dropped ({error}).")),
        OpenAIError::JSONDeserialize(error, _) => protocol(format!("The provider's answer was not understood: {error}.")),
        other => protocol(other.to_string()),
    }
}

#[async_trait]
impl Provider for OpenAi {
    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        let listed: wire::Models = self.client.models().list_byot().await.map_err(|e| self.failed(e))?;
        let native = self.is_native();
        let mut models: Vec<ModelInfo> = listed.data.unwrap_or_default().into_iter().map(ModelInfo::from).collect();
        models.retain(|m| !m.name.is_empty() && (!native || wire::serves(&m.name)));
        models.sort_by(|a, b| a.name.cmp(&b.name));
        models.dedup_by(|a, b| a.name == b.name);
        Ok(models)
    }

    async fn chat(&self, request: ChatRequest) -> Result<DeltaStream, LlmError> {
        let continues = request.turns.last().is_some_and(|turn| turn.author == Author::Assistant);
        let body = wire::Body::new(&request, self.dialect);
        let events = self.client.chat().create_stream_byot(body).await.map_err(|e| self.failed(e))?;
        let events = events.map(|event| event.map_err(translated)).boxed();
        let think = if continues { Think::past() } else { Think::default() };
        Ok(deltas::deltas(events, stream::read, think, self.endpoint.key.clone()))
    }

    async fn transcribe(&self, recording: Recording) -> Result<Transcript, LlmError> {
        voice::transcribe(self, recording).await.map_err(|error| failure::without(error, &self.endpoint.key))
    }

    async fn speak(&self, words: Words) -> Result<Sound, LlmError> {
        voice::speak(self, words).await.map_err(|error| failure::without(error, &self.endpoint.key))
    }

    fn has_voice(&self) -> bool {
        true
    }

    fn ignores(&self, model: &str, facts: &Facts) -> Vec<Parameter> {
        self.dialect.ignores(model, facts)
    }

    fn accepts(&self, _model: &str) -> bool {
        true
    }
}
