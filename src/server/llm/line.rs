//! Answers that come line by line: server-sent events whose data is JSON, and JSON lines.

use bytes::{Bytes, BytesMut};
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
    let events = whole_lines(response).eventsource().filter_map(|event| async {
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
    let lines = whole_lines(response).flat_map(|lines| {
        let read = match lines {
            Ok(bytes) => bytes.split(|byte| *byte == b'\n').filter_map(read).collect(),
            Err(error) => vec![Err(error)],
        };
        futures::stream::iter(read)
    });
    lines.boxed()
}

fn read<E: DeserializeOwned>(line: &[u8]) -> Option<Result<E, LlmError>> {
    let line = line.trim_ascii();
    (!line.is_empty()).then(|| serde_json::from_slice(line).map_err(|error| http::garbled(&error)))
}

/// The same answer for a reader that holds what it has not understood yet, as async-openai's does: whole lines only, and what is too
/// long is followed by an event that cannot be read, since such a reader does not tell one broken connection from another.
pub(super) fn in_whole_lines(response: Response) -> Response {
    let (status, headers) = (response.status(), response.headers().clone());
    let pieces = whole_lines(response).map(|piece| match piece {
        Err(error) if error.kind == FailureKind::Protocol => Ok(Bytes::from(format!("\n\ndata: {}\n\n", error.message))),
        piece => piece,
    });
    let mut answer = ::http::Response::new(reqwest::Body::wrap_stream(pieces));
    (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
    answer.into()
}

/// The body in pieces that end where a line does, however it was cut on its way: who reads them never looks at a byte twice.
/// It breaks off with an error when a line becomes too long.
fn whole_lines(response: Response) -> impl Stream<Item = Result<Bytes, LlmError>> + Send + Unpin {
    let pieces = response.bytes_stream().map(|piece| Some(piece.map_err(http::transport))).chain(futures::stream::iter([None]));
    let whole = pieces.scan(BytesMut::new(), |held, piece| {
        let whole = match piece {
            Some(Ok(mut bytes)) => {
                let end = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
                let rest = bytes.split_off(end);
                // As a rule nothing is held, and what came is passed on as it is.
                if !held.is_empty() && !bytes.is_empty() {
                    held.extend_from_slice(&bytes);
                    bytes = std::mem::take(held).freeze();
                }
                held.extend_from_slice(&rest);
                let fits = held.len() <= LINE_MAX;
                if fits { Ok(bytes) } else { Err(LlmError::new(FailureKind::Protocol, "The provider sent a line without an end.")) }
            }
            Some(Err(error)) => Err(error),
            None => Ok(std::mem::take(held).freeze()),
        };
        std::future::ready(Some(whole))
    });
    whole.filter(|piece| std::future::ready(!matches!(piece, Ok(bytes) if bytes.is_empty()))).boxed()
}
