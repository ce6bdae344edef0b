//! Any provider of OpenAI's shape, through async-openai. It translates; retries and time limits are its caller's.

mod dialect;
mod responses;
mod stream;
#[cfg(test)]
mod tests;
mod vector;
mod voice;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_trait::async_trait;
use dialect::Dialect;
use futures::StreamExt;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::deltas::{Events, Said};
use super::http::Way;
use super::think::Think;
use super::{
    ChatRequest, DeltaStream, DocumentRoom, Facts, LlmError, ModelInfo, Provider, Recording, Sound, Texts, Transcript, Unseals, Vectors,
    Words, deltas, failure, http, line,
};
use crate::model::generation::FailureKind;
use crate::model::message::Author;
use crate::model::provider::Api;
use crate::model::setup::Parameter;

/// Where OpenAI's own API lives.
pub const OPENAI_URL: &str = "https://api.openai.com/v1";

/// Most pages of documents in one question (<https://platform.openai.com/docs/guides/pdf-files>).
const PAGES: usize = 100;

/// A provider of OpenAI's shape.
pub struct OpenAi {
    client: Client<Endpoint>,
    endpoint: Endpoint,
    dialect: Dialect,
    api: Api,
    /// This key's owner may not have summaries of thoughts: they are not asked for again.
    unproven: AtomicBool,
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
        Ok(Self { client, endpoint, dialect, api: Api::Chat, unproven: AtomicBool::new(false), way: kept })
    }

    /// The same through this API.
    #[must_use]
    pub fn through(self, api: Api) -> Self {
        Self { api, ..self }
    }

    fn is_native(&self) -> bool {
        &*self.endpoint.base_url == OPENAI_URL
    }

    /// Asks through the Responses API. What a server may refuse and an answer does not need is left out where it is refused.
    async fn respond(&self, request: &ChatRequest) -> Result<Events<responses::Event>, LlmError> {
        let mut spare = responses::Spare { summary: self.unproven.load(Ordering::Relaxed), thoughts: false };
        loop {
            let body = responses::Body::new(request, self.dialect, spare);
            let error = match self.client.responses().create_stream_byot(body).await {
                Ok(events) => return Ok(events.map(|event| event.map_err(translated)).boxed()),
                Err(error) => self.failed(error),
            };
            let Some(less) = spare.after(&error) else { return Err(error) };
            self.unproven.fetch_or(less.summary, Ordering::Relaxed);
            spare = less;
        }
    }

    /// Our error for the crate's, without the key.
    fn failed(&self, error: OpenAIError) -> LlmError {
        failure::without(translated(error), &self.endpoint.key)
    }
}

/// Sends one request and turns every answer that is not what was asked for into an [`LlmError`].
async fn send(way: &Way, factory: HttpRequestFactory) -> Result<reqwest::Response, LlmError> {
    let request = factory.build().await.map_err(translated)?;
    let path = request.url().path();
    let streams = path.ends_with("/chat/completions") || path.ends_with("/responses");
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
        let (native, responses) = (self.is_native(), self.api == Api::Responses);
        let mut models: Vec<ModelInfo> = listed.data.unwrap_or_default().into_iter().map(ModelInfo::from).collect();
        models.retain(|m| !m.name.is_empty() && (!native || wire::serves(&m.name, responses)));
        models.sort_by(|a, b| a.name.cmp(&b.name));
        models.dedup_by(|a, b| a.name == b.name);
        Ok(models)
    }

    async fn chat(&self, request: ChatRequest) -> Result<DeltaStream, LlmError> {
        let continues = request.turns.last().is_some_and(|turn| turn.author == Author::Assistant);
        let think = if continues { Think::past() } else { Think::default() };
        if self.api == Api::Responses {
            let mut reader = responses::Reader::default();
            let read = move |event, said: &mut Vec<Said>| reader.read(event, said);
            return Ok(deltas::deltas(self.respond(&request).await?, read, think, self.endpoint.key.clone()));
        }
        let body = wire::Body::new(&request, self.dialect);
        let events = self.client.chat().create_stream_byot(body).await.map_err(|e| self.failed(e))?;
        let events = events.map(|event| event.map_err(translated)).boxed();
        Ok(deltas::deltas(events, stream::read, think, self.endpoint.key.clone()))
    }

    async fn transcribe(&self, recording: Recording) -> Result<Transcript, LlmError> {
        voice::transcribe(self, recording).await.map_err(|error| failure::without(error, &self.endpoint.key))
    }

    async fn speak(&self, words: Words) -> Result<Sound, LlmError> {
        voice::speak(self, words).await.map_err(|error| failure::without(error, &self.endpoint.key))
    }

    async fn embed(&self, texts: Texts) -> Result<Vectors, LlmError> {
        vector::embed(self, &texts).await.map_err(|error| failure::without(error, &self.endpoint.key))
    }

    fn embeds(&self) -> bool {
        true
    }

    fn has_voice(&self) -> bool {
        true
    }

    fn ignores(&self, model: &str, facts: &Facts) -> Vec<Parameter> {
        let mut ignores = self.dialect.ignores(model, facts);
        if self.api == Api::Responses && !ignores.contains(&Parameter::Stop) {
            ignores.push(Parameter::Stop);
        }
        ignores
    }

    fn unseals(&self) -> Unseals {
        if self.api == Api::Responses { Unseals::Newest } else { Unseals::Nothing }
    }

    fn documents(&self) -> Option<DocumentRoom> {
        Some(DocumentRoom::pages(PAGES))
    }

    fn accepts(&self, _model: &str) -> bool {
        true
    }
}
