//! From the events of an answer to its deltas.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use secrecy::{ExposeSecret, SecretString};

use super::super::think::Think;
use super::super::{Delta, DeltaStream, LlmError, StopReason};
use super::failure;
use super::wire::{Chunk, stop_reason};
use crate::model::generation::{FailureKind, Usage};

/// The deltas of one answer: text as it comes, then usage, then the reason of the stop, which is always last.
struct Deltas {
    events: BoxStream<'static, Result<Chunk, LlmError>>,
    think: Think,
    ready: VecDeque<Result<Delta, LlmError>>,
    stop: Option<StopReason>,
    usage: Option<Usage>,
    ended: bool,
    key: SecretString,
}

/// Translates the events; `continues` says that the answer's beginning was sent along.
pub(super) fn deltas(events: BoxStream<'static, Result<Chunk, LlmError>>, continues: bool, key: SecretString) -> DeltaStream {
    let think = if continues { Think::past() } else { Think::default() };
    Deltas { events, think, ready: VecDeque::new(), stop: None, usage: None, ended: false, key }.boxed()
}

impl Stream for Deltas {
    type Item = Result<Delta, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(next) = self.ready.pop_front() {
                return Poll::Ready(Some(next));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(self.events.poll_next_unpin(cx)) {
                Some(Ok(chunk)) => self.read(chunk),
                Some(Err(error)) => self.end(Some(error)),
                None => self.end(None),
            }
        }
    }
}

impl Deltas {
    fn read(&mut self, chunk: Chunk) {
        if let Some(error) = chunk.error.filter(|e| !e.is_null()) {
            return self.end(Some(failure::from_event(&error)));
        }
        let ready = &mut self.ready;
        for choice in chunk.choices.into_iter().flatten().take(1) {
            if let Some(piece) = choice.delta {
                let reasoning = piece.reasoning_content.or(piece.reasoning);
                ready.extend(reasoning.filter(|r| !r.is_empty()).map(|r| Ok(Delta::Reasoning(r))));
                if let Some(text) = piece.content.filter(|t| !t.is_empty()) {
                    self.think.push(text, |delta| ready.push_back(Ok(delta)));
                }
            }
            if let Some(name) = choice.finish_reason.filter(|n| !n.is_empty()) {
                self.stop = Some(stop_reason(&name));
            }
        }
        if let Some(counts) = chunk.usage {
            self.usage = Some(counts.into());
        }
    }

    /// The end of the events. It is an end of the answer only if the model said that it stopped.
    fn end(&mut self, error: Option<LlmError>) {
        self.ended = true;
        let ready = &mut self.ready;
        self.think.finish(|delta| ready.push_back(Ok(delta)));
        ready.extend(self.usage.take().map(|usage| Ok(Delta::Usage(usage))));
        match (self.stop, error) {
            // The model had finished; a connection that breaks after that takes nothing away.
            (Some(stop), _) => ready.push_back(Ok(Delta::Stop(stop))),
            (None, Some(mut error)) => {
                error.message = failure::masked(&error.message, self.key.expose_secret());
                ready.push_back(Err(error));
            }
            (None, None) => {
                ready.push_back(Err(LlmError::new(FailureKind::Transient, "The connection was dropped before the answer was finished.")))
            }
        }
    }
}
