//! One chat with the built-in model: prompt, then token by token.

use candle_core::{DType, Result, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling};
use candle_transformers::utils::apply_repeat_penalty;

use super::super::think::Think;
use super::super::{Delta, LlmError, StopReason};
use super::engine::{Job, Out};
use super::failed;
use super::stop::Stops;
use super::vocab::{Utf8, Vocab};
use super::weights::{Loaded, Weights};
use crate::model::generation::{FailureKind, Usage};
use crate::model::message::Author;

/// Tokens of the prompt that are read at once: more would take memory with the square of their number, and the others' turn.
const PREFILL: usize = 256;
/// Tokens of an answer where the request sets no limit; small models may not find an end by themselves.
const ANSWER_MAX: usize = 1024;
/// Room that must be left for an answer.
const ROOM: usize = 16;
/// How far back repeated tokens are held against the model, and how much.
const REPEAT_WINDOW: usize = 64;
const REPEAT_PENALTY: f32 = 1.1;
/// Warmth of answers where the request says none: small models ramble when they are warm.
const TEMPERATURE: f32 = 0.3;
/// The probability that the tokens which may be chosen have together, where the request says none.
const TOP_P: f32 = 0.9;

/// A chat that has its turns on the engine.
pub(super) struct Session {
    weights: Weights,
    tokens: Vec<u32>,
    /// How many of the tokens went through the model.
    fed: usize,
    prompt: usize,
    /// The number of tokens at which the answer is cut.
    limit: usize,
    sampler: LogitsProcessor,
    utf8: Utf8,
    think: Think,
    stops: Stops,
    pub out: Out,
}

/// What is to be done with a chat after its turn.
#[derive(Debug, PartialEq)]
pub(super) enum Turn {
    More,
    Over,
}

impl Session {
    /// Renders the question and takes weights for it from the shelf.
    pub fn new(job: &Job, model: &mut Loaded) -> std::result::Result<Self, LlmError> {
        let tokens = model.template.render(&job.request).and_then(|prompt| model.vocab.encode(&prompt))?;
        let prompt = tokens.len();
        if prompt + ROOM > model.context || prompt == 0 {
            let text = format!("The conversation has {prompt} tokens; the model takes {}.", model.context.saturating_sub(ROOM));
            return Err(LlmError::new(FailureKind::ContextTooLong, text));
        }
        let (weights, fed) = model.shelf.take(&tokens).ok_or_else(|| failed("its weights are taken."))?;
        let most = job.request.max_tokens.map_or(ANSWER_MAX, |n| n.max(1) as usize);
        let continues = job.request.turns.last().is_some_and(|turn| turn.author == Author::Assistant);
        Ok(Self {
            weights,
            tokens,
            fed,
            prompt,
            limit: (prompt + most).min(model.context),
            sampler: sampler(job.request.temperature.unwrap_or(TEMPERATURE), job.request.top_p.unwrap_or(TOP_P)),
            utf8: Utf8::default(),
            think: if continues { Think::past() } else { Think::default() },
            stops: Stops::new(job.request.stop.clone()),
            out: job.out.clone(),
        })
    }

    /// One turn: a part of the prompt, or one token. Ends at once when nobody reads any more.
    pub fn step(&mut self, vocab: &Vocab) -> Turn {
        if self.out.is_closed() {
            return Turn::Over;
        }
        let until = self.tokens.len().min(self.fed + PREFILL);
        let next = self.weights.forward(&self.tokens[self.fed..until], self.fed);
        self.fed = until;
        let token = match next {
            Ok(_) if until < self.tokens.len() => return Turn::More,
            Ok(logits) => self.choose(&logits),
            Err(error) => Err(error),
        };
        match token {
            Ok(token) if vocab.stops.contains(&token) => self.end(StopReason::End),
            Ok(token) => self.say(token, vocab),
            Err(error) => {
                self.out.send(Err(failed(error))).ok();
                Turn::Over
            }
        }
    }

    /// The weights and the tokens that they have read, for the next chat.
    pub fn into_read(mut self) -> (Weights, Vec<u32>) {
        self.tokens.truncate(self.fed);
        (self.weights, self.tokens)
    }

    fn choose(&mut self, logits: &Tensor) -> Result<u32> {
        let logits = logits.to_dtype(DType::F32)?;
        let recent = &self.tokens[self.tokens.len().saturating_sub(REPEAT_WINDOW).max(self.prompt)..];
        let logits = if recent.is_empty() { logits } else { apply_repeat_penalty(&logits, REPEAT_PENALTY, recent)? };
        self.sampler.sample(&logits)
    }

    fn say(&mut self, token: u32, vocab: &Vocab) -> Turn {
        self.tokens.push(token);
        vocab.append(token, &mut self.utf8.0);
        let (text, stopped) = self.stops.push(&self.utf8.take());
        let out = &self.out;
        if !text.is_empty() {
            self.think.push(text, |delta| drop(out.send(Ok(delta))));
        }
        if stopped {
            self.utf8.0.clear();
            return self.end(StopReason::End);
        }
        if self.tokens.len() >= self.limit { self.end(StopReason::Length) } else { Turn::More }
    }

    fn end(&mut self, reason: StopReason) -> Turn {
        let out = &self.out;
        let rest = self.stops.rest() + &String::from_utf8_lossy(&std::mem::take(&mut self.utf8.0));
        self.think.push(rest, |delta| drop(out.send(Ok(delta))));
        self.think.finish(|delta| drop(out.send(Ok(delta))));
        let output = (self.tokens.len() - self.prompt) as u64;
        out.send(Ok(Delta::Usage(Usage::new(self.prompt as u64, output)))).ok();
        out.send(Ok(Delta::Stop(reason))).ok();
        Turn::Over
    }
}

/// Temperature 0 always takes the likeliest; else one of the 40 likeliest that together have this probability.
#[allow(clippy::disallowed_methods, reason = "the seed of a sampler is no secret and needs no test")]
fn sampler(temperature: f32, top_p: f32) -> LogitsProcessor {
    let sampling = match temperature > 0.0 {
        true => Sampling::TopKThenTopP { k: 40, p: f64::from(top_p), temperature: f64::from(temperature.min(2.0)) },
        false => Sampling::ArgMax,
    };
    LogitsProcessor::from_sampling(rand::random(), sampling)
}
