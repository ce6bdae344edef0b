//! A context window that is filled: first what stays in any case, then the newest turns as long as they fit.

use uuid::Uuid;

use super::{Asked, Parts, quote};
use crate::model::context::Summary;
use crate::model::error::Rule;
use crate::model::message::{Author, Message};
use crate::server::error::{Error, Result};
use crate::server::llm::{PICTURE_TOKENS, Resolved, Turn};

/// Context window that is assumed where the provider does not tell, in tokens.
pub const UNKNOWN_CONTEXT: u32 = 32_768;
/// Most tokens that are kept free for the answer.
const RESERVE_MAX: u32 = 4096;
/// The same where the question would not fit otherwise: an answer may become short, but there is one.
const LEAST: std::ops::RangeInclusive<u32> = 16..=1024;
/// Tokens that the template adds to a turn, about.
const TURN_COST: usize = 8;

/// Of a window, what is kept free for the answer.
pub fn reserve(context: u32) -> u32 {
    (context / 4).min(RESERVE_MAX)
}

/// What stays whatever else is left out.
#[derive(Default)]
pub struct Kept {
    /// In the order of the branch.
    pub pins: Vec<Message>,
    pub summary: Option<Summary>,
}

/// Turns that fit, newest first.
pub struct Window<'a> {
    resolved: &'a Resolved,
    context: usize,
    /// Most tokens, if it can be done.
    budget: usize,
    /// Most tokens whatever it is.
    limit: usize,
    parts: Parts,
    /// Pinned messages that were not met among the turns.
    pins: Vec<Message>,
    summary: Option<Summary>,
    turns: Vec<Taken>,
    /// Nothing is left out before there is a question.
    asked: bool,
    /// What had to be taken: the question, and of an answer that goes on its beginning.
    must: usize,
    full: bool,
    peek: bool,
}

struct Taken {
    turn: Turn,
    pinned: Option<Message>,
}

/// Tokens of what only the vendor can read, about: it is encrypted and in base64.
fn sealed(turn: &Turn) -> usize {
    turn.sealed.as_ref().map_or(0, |text| text.len() / 5)
}

impl<'a> Window<'a> {
    /// One that holds what stays in any case.
    pub fn new(resolved: &'a Resolved, system: &str, kept: Kept, asked: &Asked) -> Self {
        let count = |text: &str| resolved.provider.tokens(text) + TURN_COST;
        let context = resolved.context.unwrap_or(UNKNOWN_CONTEXT);
        let least = (context / 16).clamp(*LEAST.start(), *LEAST.end()).min(context);
        let budget = (context - reserve(context)) as usize;
        // Pins are counted as if all were quoted; as turns they take no more.
        let quoted = kept.pins.iter().map(|pin| count(&quote::message(pin.role, &pin.content))).sum::<usize>();
        let parts = Parts {
            system: if system.is_empty() { 0 } else { count(system) },
            pinned: if kept.pins.is_empty() { 0 } else { count(quote::pins_head()) + quoted },
            summary: kept.summary.as_ref().map_or(0, |summary| count(&quote::summary(&summary.content))),
            messages: 0,
        };
        Self {
            resolved,
            // Where less was to be sent than is said to fit, the window is smaller than is said.
            context: asked.most.map_or(context as usize, |most| (context as usize).min(most + reserve(context) as usize)),
            budget: asked.most.map_or(budget, |most| budget.min(most)),
            limit: resolved.context.map_or(usize::MAX, |context| (context - least) as usize),
            parts,
            pins: kept.pins,
            summary: kept.summary,
            turns: Vec::new(),
            asked: asked.peek,
            must: 0,
            full: false,
            peek: asked.peek,
        }
    }

    /// Takes the next older message if it fits; `own` are its tokens where they are known. Everything down to the question is always
    /// taken: without it there is nothing to answer. False: it was not.
    pub fn take(&mut self, id: Option<Uuid>, turn: Turn, own: Option<usize>) -> bool {
        if self.full || turn.is_empty() {
            return false;
        }
        let pinned = self.pins.iter().position(|pin| Some(pin.id) == id).map(|at| self.pins.remove(at));
        // A pinned one is paid for already.
        let cost = if pinned.is_some() { 0 } else { own.unwrap_or_else(|| self.count(&turn)) + sealed(&turn) + TURN_COST };
        if self.asked && self.parts.sum() + cost > self.budget && cost > 0 {
            self.full = true;
            return false;
        }
        if !self.asked {
            self.must += cost;
            self.asked = turn.author == Author::User;
        }
        self.parts.messages += cost;
        self.turns.push(Taken { turn, pinned });
        true
    }

    fn count(&self, turn: &Turn) -> usize {
        let documents: usize = turn.documents.iter().map(|document| document.tokens).sum();
        self.resolved.provider.tokens(&turn.text) + turn.pictures.len() * PICTURE_TOKENS + documents
    }

    pub fn is_full(&self) -> bool {
        self.full
    }

    pub fn parts(&self) -> Parts {
        self.parts
    }

    /// What the answer may take: at least what is reserved, unless what had to be taken is long.
    pub fn left(&self) -> u32 {
        u32::try_from(self.context.saturating_sub(self.parts.sum())).unwrap_or(u32::MAX).max(1)
    }

    /// Whether what had to be taken fits, as far as the window is known.
    pub fn check(&self) -> Result<()> {
        if self.peek {
            return Ok(());
        }
        let Parts { system, pinned, .. } = self.parts;
        let fixed = system + self.parts.summary;
        let model = &self.resolved.id;
        let choice = "or choose a model with a larger context window";
        let refuse = |field: &str, has: usize, most: usize, what: &str, less: &str| {
            let sentence = format!("{what} about {has} tokens; {model} takes {most} here. {less}, {choice}.");
            let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            Err(Error::invalid(field, Rule::Tokens(number(has), number(most)), sentence))
        };
        let room = |taken: usize| self.limit.saturating_sub(taken);
        if fixed > self.limit {
            return refuse("system_prompt", fixed, self.limit, "The system prompt has", "Shorten it");
        }
        if pinned > room(fixed) {
            return refuse("pins", pinned, room(fixed), "The pinned messages have", "Take some pins away");
        }
        if self.must > room(fixed + pinned) {
            return refuse("message", self.must, room(fixed + pinned), "This message has", "Shorten it");
        }
        Ok(())
    }

    /// What the system prompt quotes, and the turns: oldest first, beginning with a question, since an answer whose question was left
    /// out is left out too.
    pub fn into_turns(mut self) -> ([String; 2], Vec<Turn>) {
        if self.full {
            while self.turns.len() > 1 && self.turns.last().is_some_and(|taken| taken.turn.author == Author::Assistant) {
                self.pins.extend(self.turns.pop().and_then(|taken| taken.pinned));
            }
        }
        self.turns.reverse();
        let summary = self.summary.map(|summary| quote::summary(&summary.content)).unwrap_or_default();
        ([summary, quote::pins(&self.pins)], self.turns.into_iter().map(|taken| taken.turn).collect())
    }
}
