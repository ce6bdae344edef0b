//! Models that Ollama fetches: `POST /api/pull`. It tells of each of a model's layers how much has come; dropping the answer ends it.

use std::collections::HashMap;

use futures::StreamExt;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::model::generation::FailureKind;
use crate::server::llm::LlmError;
use crate::server::llm::deltas::Events;

#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    pub model: &'a str,
    pub stream: bool,
}

/// One line of the answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    status: String,
    digest: String,
    total: u64,
    completed: u64,
    error: Option<String>,
}

/// How far it is.
#[derive(Default)]
struct Layers {
    /// What has come of each, and what it has.
    known: HashMap<String, (u64, u64)>,
    told: u8,
    done: bool,
}

impl Layers {
    /// In per cent; it never goes back, although layers are told of one after the other.
    fn read(&mut self, line: Line) -> Result<u8, LlmError> {
        if let Some(error) = line.error {
            return Err(LlmError::new(FailureKind::UnknownModel, error));
        }
        self.done |= line.status == "success";
        if line.total > 0 {
            self.known.insert(line.digest, (line.completed.min(line.total), line.total));
        }
        let (come, all) = self.known.values().fold((0, 0), |(come, all), (completed, total)| (come + completed, all + total));
        let percent = if self.done { 100 } else { u8::try_from(u128::from(come) * 99 / u128::from(all.max(1))).unwrap_or(99) };
        self.told = self.told.max(percent);
        Ok(self.told)
    }
}

/// Per cents as they come; an answer that ends without a success has failed.
pub(super) fn percents(lines: Events<Line>) -> BoxStream<'static, Result<u8, LlmError>> {
    let early = || LlmError::new(FailureKind::Network, "Ollama ended before the model was there.");
    let steps = futures::stream::unfold((lines, Layers::default(), false), move |(mut lines, mut layers, ended)| async move {
        if ended {
            return None;
        }
        let step = match lines.next().await {
            Some(line) => line.and_then(|line| layers.read(line)),
            None if layers.done => return None,
            None => Err(early()),
        };
        let ended = step.is_err();
        Some((step, (lines, layers, ended)))
    });
    steps.boxed()
}
