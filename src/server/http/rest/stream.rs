//! A run as server-sent events: one that is stored, and one that ends with its reader.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::chat::Started;
use crate::model::generation::{Failure, Notice, Status};
use crate::model::passage::Source;
use crate::model::usage::Used;
use crate::server::http::sse::{self, Frames};
use crate::server::service::generation::{Batch, Follower, Kind, Passing};

/// The first event of a stream.
#[derive(Serialize, ToSchema)]
pub struct StartEvent {
    pub session_id: Uuid,
    pub message_id: Uuid,
    pub generation_id: Uuid,
    pub model: String,
}

/// A piece of text or reasoning.
#[derive(Serialize, ToSchema)]
pub struct TextEvent {
    pub text: String,
}

/// The last event of a stream; a stream that closes without it is to be resumed.
#[derive(Serialize, ToSchema)]
pub struct EndEvent {
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Used>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Passages of long documents that the model was shown; the answer cites them as `[n]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// The first event of a stream of which nothing is stored.
#[derive(Serialize)]
pub struct TemporaryStart {
    temporary: bool,
    model: String,
}

/// A run as events.
pub struct Events<S> {
    follower: Follower,
    /// What is sent first, unless the reader had it before.
    start: Option<S>,
    /// A run that goes with its reader: when the client goes away this goes, and the run ends.
    passing: Option<Passing>,
}

impl Events<StartEvent> {
    /// What comes after this place of a run that is stored.
    pub fn stored(follower: Follower, after: u64) -> Self {
        let Started { chat_id, message_id, generation_id, ref model, .. } = follower.started;
        let start = (after == 0).then(|| StartEvent { session_id: chat_id, message_id, generation_id, model: model.clone() });
        Self { follower, start, passing: None }
    }
}

impl Events<TemporaryStart> {
    pub fn temporary(passing: Passing) -> Self {
        let start = TemporaryStart { temporary: true, model: passing.model().to_owned() };
        Self { follower: passing.follower(), start: Some(start), passing: Some(passing) }
    }
}

impl<S: Serialize + Send + 'static> sse::Source for Events<S> {
    async fn next(&mut self) -> Option<Frames> {
        let mut frames = Frames::default();
        if let Some(start) = self.start.take() {
            frames.push(0, "start", &start);
            return Some(frames);
        }
        // A failure closes the stream without `end`: the reader comes back and hears of it then.
        let batch = self.follower.next().await.ok()??;
        let sources = match batch.end {
            Some(_) if self.passing.is_none() => self.follower.sources().await.ok()?,
            _ => Vec::new(),
        };
        push(&mut frames, batch, sources);
        Some(frames)
    }
}

fn push(frames: &mut Frames, batch: Batch, sources: Vec<Source>) {
    for (seq, kind, text) in batch.events {
        match kind {
            Kind::Text => frames.push(seq, "delta", &TextEvent { text }),
            Kind::Reasoning => frames.push(seq, "reasoning", &TextEvent { text }),
            Kind::Notice => {
                if let Ok(notice) = serde_json::from_str::<Notice>(&text) {
                    frames.push(seq, "notice", &notice);
                }
            }
        }
    }
    if let Some((seq, end)) = batch.end {
        frames.push(seq, "end", &EndEvent { status: end.status, usage: end.usage, error: end.error, sources });
    }
}
