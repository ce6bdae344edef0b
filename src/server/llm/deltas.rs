//! From the events of an answer to its deltas, the same for every vendor: text as it comes, then usage, then the reason of the
//! stop, which is always last. An answer that just ends has failed.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use secrecy::SecretString;

use super::think::Think;
use super::{Delta, DeltaStream, LlmError, StopReason, ToolCall, failure};
use crate::model::generation::{FailureKind, Usage};

/// What one event says; a vendor's reader makes a list of it.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Text(String),
    Reasoning(String),
    Sealed(String),
    ToolCall(ToolCall),
    /// The count so far: a later one replaces it.
    Usage(Usage),
    /// The model stopped. More may follow (usage); a connection that breaks after that takes nothing away.
    Stop(StopReason),
    Failed(LlmError),
}

/// A vendor's events, one at a time.
pub(super) type Events<E> = BoxStream<'static, Result<E, LlmError>>;

/// Translates the events with the vendor's reader. `think` splits `<think>` off the text where the vendor leaves it in.
pub(super) fn deltas<E, R>(events: Events<E>, read: R, think: Think, key: SecretString) -> DeltaStream
where
    E: 'static,
    R: FnMut(E, &mut Vec<Said>) + Send + Unpin + 'static,
{
    Deltas { events, read, said: Vec::new(), think, ready: VecDeque::new(), stop: None, called: false, usage: None, ended: false, key }
        .boxed()
}

struct Deltas<E, R> {
    events: Events<E>,
    read: R,
    said: Vec<Said>,
    think: Think,
    ready: VecDeque<Result<Delta, LlmError>>,
    stop: Option<StopReason>,
    /// A tool was called.
    called: bool,
    usage: Option<Usage>,
    ended: bool,
    key: SecretString,
}

impl<E, R: FnMut(E, &mut Vec<Said>) + Unpin> Stream for Deltas<E, R> {
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
                Some(Ok(event)) => self.hear(event),
                Some(Err(error)) => self.end(Some(error)),
                None => self.end(None),
            }
        }
    }
}

impl<E, R: FnMut(E, &mut Vec<Said>)> Deltas<E, R> {
    fn hear(&mut self, event: E) {
        let mut said = std::mem::take(&mut self.said);
        (self.read)(event, &mut said);
        for one in said.drain(..) {
            let ready = &mut self.ready;
            match one {
                Said::Text(text) if !text.is_empty() => self.think.push(text, |delta| ready.push_back(Ok(delta))),
                Said::Reasoning(text) if !text.is_empty() => ready.push_back(Ok(Delta::Reasoning(text))),
                Said::Text(_) | Said::Reasoning(_) => {}
                Said::Sealed(text) => ready.push_back(Ok(Delta::Sealed(text))),
                Said::ToolCall(call) => {
                    self.called = true;
                    ready.push_back(Ok(Delta::ToolCall(call)));
                }
                Said::Usage(usage) => self.usage = Some(usage),
                // A refusal stays one, whatever is said of the end of its words.
                Said::Stop(stop) => self.stop = self.stop.filter(|before| *before == StopReason::Filter).or(Some(stop)),
                Said::Failed(error) => return self.end(Some(error)),
            }
        }
        self.said = said;
    }

    /// The end of the events. It is an end of the answer only if the model said that it stopped.
    fn end(&mut self, error: Option<LlmError>) {
        self.ended = true;
        let ready = &mut self.ready;
        self.think.finish(|delta| ready.push_back(Ok(delta)));
        ready.extend(self.usage.take().map(|usage| Ok(Delta::Usage(usage))));
        match (self.stop, error) {
            // Half of the vendors call that an end like any other.
            (Some(StopReason::End), _) if self.called => ready.push_back(Ok(Delta::Stop(StopReason::Tool))),
            // The model had finished; a connection that breaks after that takes nothing away.
            (Some(stop), _) => ready.push_back(Ok(Delta::Stop(stop))),
            (None, Some(error)) => ready.push_back(Err(failure::without(error, &self.key))),
            (None, None) => {
                ready.push_back(Err(LlmError::new(FailureKind::Network, "The connection was dropped before the answer was finished.")))
            }
        }
    }
}
