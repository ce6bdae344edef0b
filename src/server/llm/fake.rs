//! Scripted answers, for development without keys, for tests and for load. The model's name is the script:
//!
//! | Name | Answer |
//! |---|---|
//! | `echo` | the last message, after a line for each picture: its media type and bytes |
//! | `words-N` | `w1 w2 … wN`, one word a token |
//! | `long-N` | the same, meant for length: `long-20000` |
//! | `markdown` | headings, code in several languages, a table, LaTeX, lists, Chinese |
//! | `reasoning` | some reasoning, then a text |
//! | `slow` | a text at 5 tokens/s |
//! | `stall` | three words, then silence for ever |
//! | `fail-first-N` | fails N times before its first byte, then answers |
//! | `fail-mid` | five words, then the connection breaks |
//! | `fail-auth`, `fail-rate` | the key is refused; too many requests, retry after 1 s |
//! | `cut-N` | N of 2N words, then the length limit; the rest when it is continued |
//! | `garbage` | three words, then something that is not understood |
//! | `whisper`, `tts` | of a recording, its media type in words; of a text, a tone (`fake/voice.rs`); they are not listed |
//! | `whisper-silence`, `whisper-down` | nothing was said; the provider fails |
//! | `embed`, `embed-down` | vectors of the words of texts; the provider fails (`fake/vector.rs`); they are not listed |
//!
//! `@R` after a name sets the tokens per second (`words-1000@200`); `@0` means no delay; the default is 100.
//! The context window is 4096 tokens, for `long-…` 131,072. A turn of the assistant at the end is continued: what it holds already is left out.

mod script;
#[cfg(test)]
mod tests;
mod vector;
mod voice;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream;
use script::{End, Script};
use tokio::time::Instant;

use super::{
    ChatRequest, Delta, DeltaStream, DocumentRoom, Facts, LlmError, ModelInfo, Provider, Recording, Sound, StopReason, Texts, Transcript,
    Turn, Vectors, Words, estimate_tokens,
};
use crate::model::generation::{FailureKind, Usage};
use crate::model::message::Author;

/// Its context window, in tokens.
pub const CONTEXT: u32 = 4096;
/// The same of the scripts that are meant for length.
const LONG_CONTEXT: u32 = 131_072;

fn context(model: &str) -> u32 {
    if model.starts_with("long-") { LONG_CONTEXT } else { CONTEXT }
}

/// What is listed; any other number or rate is accepted too.
const LISTED: [&str; 13] = [
    "echo",
    "words-100",
    "long-20000",
    "markdown",
    "reasoning",
    "slow",
    "stall",
    "fail-first-2",
    "fail-mid",
    "fail-auth",
    "fail-rate",
    "cut-20",
    "garbage",
];

/// What was asked of the scripted provider so far.
#[derive(Debug, Default)]
pub struct Counters {
    /// Calls of [`Provider::chat`], failed ones among them.
    pub asked: AtomicU64,
    /// Answers that began to stream.
    pub started: AtomicU64,
    /// Answers that were dropped before their end.
    pub cancelled: AtomicU64,
    /// Answers that came to their end, good or bad.
    pub finished: AtomicU64,
}

/// The scripted provider.
#[derive(Default)]
pub struct Fake {
    counters: Arc<Counters>,
    /// Failures so far of each question to `fail-first-N`.
    failures: Mutex<HashMap<String, u32>>,
}

impl Fake {
    /// What was asked so far; for tests.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The failure that a script has before its first byte.
    fn fails(&self, script: &Script, request: &ChatRequest) -> Option<LlmError> {
        match script.end {
            End::Auth => Some(LlmError::new(FailureKind::Auth, "The scripted provider does not accept this key.")),
            End::Rate => Some(LlmError {
                retry_after: Some(Duration::from_secs(1)),
                ..LlmError::new(FailureKind::RateLimited, "The scripted provider is asked too often.")
            }),
            End::First(times) => self.fails_first(times, request),
            _ => None,
        }
    }

    fn fails_first(&self, times: u32, request: &ChatRequest) -> Option<LlmError> {
        let question = request.turns.last().map(|turn| turn.text.as_str()).unwrap_or_default();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = failures.entry(format!("{}\n{question}", request.model)).or_default();
        if *seen >= times {
            *seen = 0;
            return None;
        }
        *seen += 1;
        Some(LlmError::new(FailureKind::VendorDown, format!("The scripted provider failed for the {seen}. time of {times}.")))
    }
}

#[async_trait]
impl Provider for Fake {
    /// It says what it was handed.
    fn documents(&self) -> Option<DocumentRoom> {
        Some(DocumentRoom::pages(100).of(100))
    }

    /// A scripted answer is no title.
    fn makes_titles(&self) -> bool {
        false
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        Ok(LISTED.iter().map(|name| ModelInfo { name: (*name).into(), title: None, context: Some(context(name)) }).collect())
    }

    async fn chat(&self, request: ChatRequest) -> Result<DeltaStream, LlmError> {
        self.counters.asked.fetch_add(1, Ordering::Relaxed);
        let Some(script) = Script::parse(&request.model) else {
            return Err(LlmError::new(FailureKind::UnknownModel, format!("There is no script “{}”.", request.model)));
        };
        if let Some(error) = self.fails(&script, &request) {
            return Err(error);
        }
        let texts = request.system.iter().chain(request.turns.iter().map(|turn| &turn.text));
        let input = texts.map(|text| estimate_tokens(text)).sum::<usize>();
        let window = context(&request.model);
        if input > window as usize {
            let message = format!("The conversation has about {input} tokens; the model takes {window}.");
            return Err(LlmError::new(FailureKind::ContextTooLong, message));
        }
        Ok(self.play(&script, &request, input as u64))
    }

    fn accepts(&self, model: &str) -> bool {
        Script::parse(model).is_some() || voice::knows(model) || vector::knows(model)
    }

    async fn transcribe(&self, recording: Recording) -> Result<Transcript, LlmError> {
        voice::transcribe(&recording)
    }

    async fn speak(&self, words: Words) -> Result<Sound, LlmError> {
        voice::speak(&words)
    }

    fn has_voice(&self) -> bool {
        true
    }

    async fn embed(&self, texts: Texts) -> Result<Vectors, LlmError> {
        vector::embed(&texts)
    }

    fn embeds(&self) -> bool {
        true
    }

    fn context(&self, model: &str) -> Option<u32> {
        Some(context(model))
    }

    fn sees(&self, model: &str, _facts: &Facts) -> Option<bool> {
        Some(model.starts_with("echo") || model.starts_with("long-"))
    }
}

impl Fake {
    /// The answer, token by token, each at its time.
    fn play(&self, script: &Script, request: &ChatRequest, input: u64) -> DeltaStream {
        let said = request.turns.last().filter(|turn| turn.author == Author::Assistant).map(|turn| turn.text.as_str());
        let asked = request.turns.iter().rev().find(|turn| turn.author == Author::User).map(heard).unwrap_or_default();
        let mut deltas = script.deltas(&asked, said.unwrap_or_default());
        let scripted = if let End::Length(n) = script.end { n as usize } else { usize::MAX };
        let most = request.max_tokens.map_or(usize::MAX, |n| n as usize).min(scripted);
        let cut = deltas.len() > most;
        deltas.truncate(most);
        let tokens = deltas.len() as u64;
        let usage = Delta::Usage(Usage::new(input, tokens));
        let stop = if cut { StopReason::Length } else { StopReason::End };
        let end: Vec<Result<Delta, LlmError>> = match &script.end {
            _ if cut => vec![Ok(usage), Ok(Delta::Stop(stop))],
            End::Broken => vec![Err(LlmError::new(FailureKind::Network, "The connection was dropped (as scripted)."))],
            End::Garbage => vec![Err(LlmError::new(FailureKind::Protocol, "The answer was not understood (as scripted)."))],
            _ => vec![Ok(usage), Ok(Delta::Stop(stop))],
        };
        self.counters.started.fetch_add(1, Ordering::Relaxed);
        let playing = Playing {
            deltas: deltas.into_iter().map(Ok).chain(end),
            sent: 0,
            tokens,
            stalls: matches!(script.end, End::Stall) && !cut,
            rate: script.rate,
            begun: Instant::now(),
            guard: Guard { counters: self.counters.clone(), finished: false },
        };
        stream::unfold(playing, Playing::next).boxed()
    }
}

/// What a turn says and shows, in words.
fn heard(turn: &Turn) -> String {
    let pictures = turn.pictures.iter().map(|picture| format!("[{}, {} bytes]\n", picture.media_type, picture.bytes.len()));
    let documents = turn.documents.iter().map(|one| format!("[{}: {}, {} bytes]\n", one.name, one.media_type, one.bytes.len()));
    documents.chain(pictures).chain([turn.text.clone()]).collect()
}

/// An answer on its way out.
struct Playing<I> {
    deltas: I,
    sent: u64,
    tokens: u64,
    stalls: bool,
    rate: u32,
    begun: Instant,
    guard: Guard,
}

impl<I: Iterator<Item = Result<Delta, LlmError>>> Playing<I> {
    async fn next(mut self) -> Option<(Result<Delta, LlmError>, Self)> {
        if self.stalls && self.sent == self.tokens {
            std::future::pending::<()>().await;
        }
        let Some(delta) = self.deltas.next() else {
            self.guard.finished = true;
            return None;
        };
        self.sent += 1;
        if self.rate > 0 && self.sent <= self.tokens {
            // By the schedule, not by pauses: the timer's grain of 1 ms must not slow it down.
            tokio::time::sleep_until(self.begun + Duration::from_secs_f64(self.sent as f64 / f64::from(self.rate))).await;
        } else if self.sent.is_multiple_of(64) {
            tokio::task::yield_now().await;
        }
        self.guard.finished |= matches!(delta, Err(_) | Ok(Delta::Stop(_)));
        Some((delta, self))
    }
}

/// Counts how an answer went when it is dropped.
struct Guard {
    counters: Arc<Counters>,
    finished: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let counter = if self.finished { &self.counters.finished } else { &self.counters.cancelled };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
