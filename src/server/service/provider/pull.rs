//! Models that a provider fetches to where it runs: a job, one at a time, so that a worker is left for everything else.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{find, record};
use crate::model::activity::Action;
use crate::model::error::{Fields, Rule};
use crate::model::job::{JobEntry, JobKind};
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::job::{self, Failure, Job, NewJob};
use crate::server::llm::LlmError;
use crate::server::service::job::one as entry;
use crate::server::service::viewer::{Origin, Viewer};

/// Longest name of a model, in characters.
const NAME_MAX: usize = 200;
/// How often it is noted that the job lives where nothing else is to be noted.
const BEAT: Duration = Duration::from_secs(20);
/// Longest silence of the provider.
const PATIENCE: Duration = Duration::from_secs(240);

/// Has a provider fetch a model. Administrators only. Errors: `NotFound`, `Invalid` (field `model`), `Conflict` (it is switched off, it does
/// not fetch models, or one is being fetched).
pub async fn pull(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, model: &str) -> Result<JobEntry> {
    viewer.require_admin()?;
    let row = find(server, id).await?;
    let model = model.trim();
    let mut fields = Fields::default();
    fields.length("model", model, 1, NAME_MAX);
    if model.chars().any(|c| c.is_control() || c.is_whitespace()) {
        fields.add("model", Rule::Format, "model may not hold spaces.");
    }
    fields.check()?;
    let upstream = server.registry.upstream(id).ok_or_else(|| Error::conflict("The provider is switched off."))?;
    if !upstream.provider().pulls() {
        return Err(Error::conflict("This provider cannot be told to fetch models."));
    }
    if server.db.jobs().is_due(JobKind::Pull).await? {
        return Err(Error::conflict("A model is being fetched. Wait for it, or cancel it."));
    }
    let job = job::enqueue(server, NewJob::new(JobKind::Pull, json!({ "provider_id": id, "model": model }))).await?;
    record(server, viewer, origin, Action::ModelChanged, json!({ "model": format!("{}/{model}", row.provider.slug), "fetched": true }))
        .await;
    entry(server, job).await
}

/// The job. A provider that breaks off goes on where it was.
pub async fn pulling(server: &Server, job: &Job) -> Result<Value, Failure> {
    let id = job.payload["provider_id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let (Some(id), Some(model)) = (id, job.payload["model"].as_str()) else { return Err(Failure::Final("a fetching of no model".into())) };
    let Some(upstream) = server.registry.upstream(id) else { return Err(Failure::Final("the provider is switched off".into())) };
    let failed = |error: LlmError| match error.kind.is_transient() {
        true => Failure::Again(error.message),
        false => Failure::Final(error.message),
    };
    let mut percents = upstream.provider().pull(model).await.map_err(failed)?;
    let (mut told, mut noted) = (0, tokio::time::Instant::now());
    loop {
        let step = tokio::time::timeout(PATIENCE, percents.next()).await;
        let percent = match step.map_err(|_| Failure::Again("the provider was silent".into()))? {
            Some(percent) => percent.map_err(failed)?,
            None => break,
        };
        if percent > told || noted.elapsed() >= BEAT {
            (told, noted) = (percent, tokio::time::Instant::now());
            if !job::progress(server, job.id, percent.min(99)).await? {
                return Ok(json!({ "cancelled": true }));
            }
        }
    }
    server.registry.refresh(id);
    Ok(json!({ "model": model }))
}
