//! Asking a provider so that an administrator sees what it says: the real answer or the real error.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use uuid::Uuid;

use super::{entry, find};
use crate::model::generation::FailureKind;
use crate::model::message::Author;
use crate::model::provider::ProviderTest;
use crate::server::Server;
use crate::server::db::StoredProvider;
use crate::server::error::{Error, Result};
use crate::server::llm::{self, ChatRequest, Delta, LlmError, Provider, Turn, Upstream};
use crate::server::service::viewer::Viewer;

/// Longest time that "Test connection" takes.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest answer that it asks for, in tokens.
const TOKENS: u32 = 16;
/// Models that it names.
const MODELS: usize = 50;

/// Asks the stored provider for its models and, with each key, for a short answer. What works again is used again.
#[allow(clippy::disallowed_methods, reason = "how long the provider took is not the time of day")]
pub async fn test(server: &Server, viewer: &Viewer, id: Uuid) -> Result<ProviderTest> {
    viewer.require_admin()?;
    let row = find(server, id).await?;
    let upstream = made(server, &row)?;
    let begin = Instant::now();
    let asked = tokio::time::timeout(PATIENCE, ask(&upstream, &row)).await;
    let millis = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    server.registry.refresh(id);
    Ok(match asked {
        Ok(Ok((models, answer))) => {
            server.registry.upstream(id).iter().for_each(|upstream| upstream.again());
            ProviderTest { ok: true, message: answer, millis, models }
        }
        Ok(Err(error)) => ProviderTest { ok: false, message: error.message, millis, models: Vec::new() },
        Err(_) => {
            let message = format!("No answer within {} s.", PATIENCE.as_secs());
            ProviderTest { ok: false, message, millis, models: Vec::new() }
        }
    })
}

/// The names of the provider's models, asked afresh.
pub async fn discover(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Vec<String>> {
    viewer.require_admin()?;
    let upstream = made(server, &find(server, id).await?)?;
    let listed = tokio::time::timeout(PATIENCE, upstream.models()).await;
    let late = LlmError::new(FailureKind::Timeout, format!("No answer within {} s.", PATIENCE.as_secs()));
    let listed = listed.unwrap_or(Err(late)).map_err(|error| Error::upstream(&error.failure(true)))?;
    server.registry.refresh(id);
    Ok(listed.into_iter().map(|model| model.name).collect())
}

fn made(server: &Server, row: &StoredProvider) -> Result<Arc<Upstream>> {
    let entry = entry(server, row).ok_or_else(|| Error::conflict("The stored keys cannot be read; enter them again."))?;
    server.registry.make(&entry).map_err(|error| Error::conflict(error.message))
}

async fn ask(upstream: &Upstream, row: &StoredProvider) -> Result<(Vec<String>, String), LlmError> {
    let mut models: Vec<String> = upstream.models().await?.into_iter().map(|model| model.name).collect();
    let Some(model) = models.iter().find(|name| llm::talks(name)).cloned() else {
        return Err(LlmError::new(FailureKind::UnknownModel, "It answers, but it lists no models to talk with."));
    };
    let mut answer = String::new();
    for (key, provider) in upstream.keys() {
        let label = row.keys.iter().find(|stored| row.keys.len() > 1 && Some(stored.key.id) == key).map(|stored| &stored.key.label);
        answer = hello(provider, &model).await.map_err(|error| match label {
            Some(label) => LlmError { message: format!("{label}: {}", error.message), ..error },
            None => error,
        })?;
    }
    models.truncate(MODELS);
    Ok((models, answer))
}

async fn hello(provider: &Arc<dyn Provider>, model: &str) -> Result<String, LlmError> {
    let turns = vec![Turn::new(Author::User, "Say hello.")];
    let request = ChatRequest { model: model.to_owned(), turns, max_tokens: Some(TOKENS), ..ChatRequest::default() };
    let mut stream = provider.chat(request).await?;
    let mut answer = String::new();
    while let Some(delta) = stream.next().await {
        if let Delta::Text(text) | Delta::Reasoning(text) = delta? {
            answer.push_str(&text);
        }
    }
    Ok(answer)
}
