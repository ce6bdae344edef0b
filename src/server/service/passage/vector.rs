//! What passages and questions mean, as vectors of a model that embeds. Passages are embedded by a job when a file was read; a question
//! once for a run, when a document has to be chosen from. Whatever fails here, documents are chosen from by their words.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{FEW, Wanted, rank};
use crate::model::generation::FailureKind;
use crate::model::job::{JobKind, JobState};
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::job::{self, Failure, Job, NewJob};
use crate::server::llm::{LlmError, Resolved, Texts};
use crate::server::service::{call, file};

/// Texts of one call, at first; of a provider that takes fewer, a quarter.
const BATCH: usize = 32;
/// Most characters of a question that are embedded.
const QUESTION: usize = 2_000;
/// Longest time that a question waits for its vector.
const PATIENCE: Duration = Duration::from_secs(6);
/// Vectors that are looked at at a time.
const PAGE: i64 = 128;
/// How long it is waited before a file is tried again by which nothing came of it.
const PAUSE: chrono::Duration = chrono::Duration::hours(1);

/// What a question means, found out at most once for all documents and all tries of a run.
#[derive(Clone, Default)]
pub struct Seek(Arc<OnceCell<Option<Meant>>>);

/// A vector, and by which model it is.
#[derive(Clone)]
struct Meant {
    model: String,
    vector: Vec<f32>,
}

/// How near each of so many passages is to the question; none where that cannot be told.
pub(super) async fn scores(server: &Server, owner: Uuid, (file_id, many): (Uuid, usize), wanted: Wanted<'_>) -> Option<Vec<f64>> {
    let resolved = server.registry.for_passages().filter(|_| many >= FEW)?;
    match near(server, owner, (file_id, many), (resolved, wanted)).await {
        Ok(scores) => scores,
        Err(cause) => {
            tracing::error!(%cause, "the vectors of a document could not be read");
            None
        }
    }
}

async fn near(
    server: &Server,
    owner: Uuid,
    (file_id, many): (Uuid, usize),
    (resolved, wanted): (Resolved, Wanted<'_>),
) -> Result<Option<Vec<f64>>> {
    let passages = server.db.passages();
    if passages.embedded(file_id, &resolved.id).await? == 0 {
        again(server, owner, file_id).await?;
        return Ok(None);
    }
    let meant = wanted.seek.0.get_or_init(|| meaning(server.clone(), owner, resolved.clone(), wanted.question)).await;
    let Some(meant) = meant.as_ref().filter(|meant| meant.model == resolved.id) else { return Ok(None) };
    let (mut scores, mut from) = (vec![0.0; many], 0);
    loop {
        let page = passages.vectors(file_id, &resolved.id, from, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(Some(scores)) };
        from = last + 1;
        for (ordinal, bytes) in page {
            let score = usize::try_from(ordinal).ok().and_then(|ordinal| scores.get_mut(ordinal));
            if let (Some(score), Some(cosine)) = (score, rank::cosine(&meant.vector, &floats(&bytes))) {
                *score = cosine;
            }
        }
    }
}

/// What the question means. It is noted in the ledger whether or not anybody waits for it.
async fn meaning(server: Server, owner: Uuid, resolved: Resolved, question: &str) -> Option<Meant> {
    let text: String = question.chars().take(QUESTION).collect();
    if text.trim().is_empty() {
        return None;
    }
    let model = resolved.id.clone();
    let task = server.generations.task(asked(server.clone(), owner, resolved, text));
    match task.await {
        Ok(Ok(vector)) => Some(Meant { model, vector }),
        Ok(Err(error)) => {
            tracing::warn!(kind = ?error.kind, message = %error.message, model, "a question could not be embedded");
            None
        }
        Err(cause) => {
            tracing::error!(%cause, "a question could not be embedded");
            None
        }
    }
}

async fn asked(server: Server, owner: Uuid, resolved: Resolved, text: String) -> Result<Vec<f32>, LlmError> {
    let late = CancellationToken::new();
    let one = vectors(&server, owner, &resolved, (vec![text], true), &late);
    tokio::pin!(one);
    let found = tokio::select! {
        found = &mut one => found,
        () = tokio::time::sleep(PATIENCE) => {
            late.cancel();
            (&mut one).await
        }
    };
    found?.pop().ok_or_else(|| LlmError::new(FailureKind::Protocol, "The provider sent no vector."))
}

/// One call, with its line in the ledger.
async fn vectors(
    server: &Server,
    owner: Uuid,
    resolved: &Resolved,
    (texts, asked): (Vec<String>, bool),
    gone: &CancellationToken,
) -> Result<Vec<Vec<f32>>, LlmError> {
    let input = texts.iter().map(|text| resolved.provider.tokens(text) as u64).sum();
    let characters = texts.iter().map(|text| text.chars().count() as u64).sum();
    let what = call::What { resolved: resolved.clone(), purpose: Purpose::Embedding, input, characters };
    let texts = Texts { model: resolved.model.clone(), texts, asked };
    let once = || async { resolved.upstream.embed(&texts).await };
    Ok(call::one(server, owner, &what, gone, once).await?.vectors)
}

/// Has a document embedded that was read before there was a model for that, or by another one; not again and again.
async fn again(server: &Server, owner: Uuid, file_id: Uuid) -> Result<()> {
    let payload = json!({ "file_id": file_id });
    if let Some(last) = server.db.jobs().last_of(owner, JobKind::Embed).await? {
        let open = matches!(last.state, JobState::Queued | JobState::Running);
        if open || (last.payload == payload && last.created_at > server.clock.now() - PAUSE) {
            return Ok(());
        }
    }
    job::enqueue(server, NewJob::new(JobKind::Embed, payload).of(owner)).await.map(drop)
}

/// The job: has the passages of a file embedded, from where it was cut off.
pub async fn embed(server: &Server, job: &Job) -> Result<Value, Failure> {
    let id = job.payload["file_id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let id = id.ok_or_else(|| Failure::Final("an embedding of no file".into()))?;
    let nothing = Ok(json!({ "embedded": 0 }));
    let (Some(resolved), Some((owner, found))) = (server.registry.for_passages(), server.db.files().found(id).await?) else {
        return nothing;
    };
    let text = file::text_of(server, owner, found.sha256.as_deref().unwrap_or_default()).await?;
    let passages = super::of(server, &found, &text).await?;
    let begun = usize::try_from(server.db.passages().embedded(id, &resolved.id).await?).unwrap_or_default();
    let (mut at, mut batch) = (begun, BATCH);
    while at < passages.len() {
        let some = &passages[at..passages.len().min(at + batch)];
        let texts = some.iter().map(|passage| text.get(passage.start..passage.end).unwrap_or_default().to_owned()).collect();
        match vectors(server, owner, &resolved, (texts, false), &CancellationToken::new()).await {
            Ok(found) => {
                let numbered: Vec<_> = (at as i64..).zip(found.iter().map(|vector| bytes(vector))).collect();
                server.db.passages().put_vectors(id, &resolved.id, &numbered).await?;
                at += some.len();
            }
            Err(error) if batch > 1 && matches!(error.kind, FailureKind::Protocol | FailureKind::ContextTooLong) => batch /= 4,
            Err(error) if error.is_of_provider() => return Err(Failure::Again(error.message)),
            Err(error) => return Err(Failure::Final(error.message)),
        }
        batch = batch.max(1);
        if !job::progress(server, job.id, u8::try_from(at * 99 / passages.len()).unwrap_or(99)).await? {
            return Ok(json!({ "embedded": at - begun, "cancelled": true }));
        }
    }
    server.db.passages().forget_others(id, &resolved.id).await?;
    Ok(json!({ "embedded": at - begun }))
}

/// A vector as it is kept.
fn bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}
