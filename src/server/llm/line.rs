//! Answers that come line by line: server-sent events whose data is JSON, and JSON lines.

use bytes::Bytes;
use eventsource_stream::{EventStreamError, Eventsource};
use futures::{Stream, StreamExt};
use reqwest::Response;
use serde::de::DeserializeOwned;

use super::deltas::Events;
use super::{LlmError, http};
use crate::model::generation::FailureKind;

/// Longest line that is read, in bytes: a vendor that never ends one must not fill the memory.
const LINE_MAX: usize = 16 * 1024 * 1024;

/// The data of every event, read as JSON. What has no data, and OpenAI's closing `[DONE]`, is passed over.
pub(super) fn events<E: DeserializeOwned + Send + 'static>(response: Response) -> Events<E> {
    let events = bounded(response).eventsource().filter_map(|event| async {
        match event {
            Ok(event) if event.data.is_empty() || event.data == "[DONE]" => None,
            Ok(event) => Some(serde_json::from_str(&event.data).map_err(|error| http::garbled(&error))),
            Err(EventStreamError::Transport(error)) => Some(Err(error)),
            Err(error) => Some(Err(LlmError::new(FailureKind::Protocol, format!("The provider's answer was not understood: {error}.")))),
        }
    });
    events.boxed()
}

/// Every line that is not empty, read as JSON.
pub(super) fn json_lines<E: DeserializeOwned + Send + 'static>(response: Response) -> Events<E> {
    let pieces = bounded(response).map(Some).chain(futures::stream::iter([None]));
    let lines = pieces.scan(Vec::new(), |held, piece| {
        let found = match piece {
            Some(Ok(bytes)) => {
                held.extend_from_slice(&bytes);
                let end = held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                let whole: Vec<u8> = held.drain(..end).collect();
                whole.split(|byte| *byte == b'\n').filter_map(read).collect()
            }
            Some(Err(error)) => vec![Err(error)],
            None => read(&std::mem::take(held)).into_iter().collect(),
        };
        std::future::ready(Some(futures::stream::iter(found)))
    });
    lines.flatten().boxed()
}

fn read<E: DeserializeOwned>(line: &[u8]) -> Option<Result<E, LlmError>> {
    let line = line.trim_ascii();
    (!line.is_empty()).then(|| serde_json::from_slice(line).map_err(|error| http::garbled(&error)))
}

/// The body; it breaks off with an error when a line becomes too long.
fn bounded(response: Response) -> impl Stream<Item = Result<Bytes, LlmError>> + Send + Unpin {
    let pieces = response.bytes_stream().scan(0, |length: &mut usize, piece| {
        let checked = piece.map_err(http::transport).and_then(|bytes: Bytes| {
            *length = bytes.iter().rev().position(|byte| *byte == b'\n').unwrap_or(*length + bytes.len());
            let fits = *length <= LINE_MAX;
            if fits { Ok(bytes) } else { Err(LlmError::new(FailureKind::Protocol, "The provider sent a line without an end.")) }
        });
        std::future::ready(Some(checked))
    });
    pieces.boxed()
}
