//! What a model is shown: the system prompt and the newest whole turns of the branch that fit its context window.

use uuid::Uuid;

use crate::model::chat::Started;
use crate::model::generation::{Notice, NoticeCode};
use crate::model::message::Author;
use crate::model::setup::{Parameter, Setup};
use crate::server::db::{Db, RunKind};
use crate::server::error::Result;
use crate::server::llm::{ChatRequest, Resolved, Turn};

/// Context window that is assumed where the provider does not tell, in tokens.
const UNKNOWN_CONTEXT: u32 = 32_768;
/// Messages that are read at a time, from the newest upwards.
const PAGE: i64 = 64;
/// Tokens that the template adds to a turn, about.
const TURN_COST: usize = 8;

/// Where a prompt ends: what was just asked, which is not read again, and the newest message before it.
#[derive(Clone, Default)]
pub struct Asked {
    question: Option<String>,
    leaf: Option<Uuid>,
}

impl Asked {
    /// Of a run that begins.
    pub fn of(kind: &RunKind, started: &Started) -> Self {
        match kind {
            RunKind::Question { parent, text, .. } => Self { question: Some(text.clone()), leaf: *parent },
            RunKind::Answer { parent } => Self { question: None, leaf: Some(*parent) },
            // The beginning of the answer is part of what the model is shown. Without one only the question is.
            RunKind::Rest => Self::again(started.message_id),
        }
    }

    /// For the answer that is being written there, with what it has already.
    pub fn again(message_id: Uuid) -> Self {
        Self { question: None, leaf: Some(message_id) }
    }

    /// The same after it was stored: everything is read.
    pub fn stored(&self, started: &Started) -> Self {
        match self.question {
            Some(_) => Self { question: None, leaf: started.question_id },
            None => self.clone(),
        }
    }
}

/// What is said where the oldest turns were left out.
pub fn trimmed() -> Notice {
    let message = "The oldest messages no longer fit into the model's context window and were left out.".to_owned();
    Notice { code: NoticeCode::ContextTrimmed, message }
}

/// What a model is told that does not go on by itself with an answer whose beginning it is sent.
const GO_ON: &str = "Go on exactly where you stopped: repeat nothing, add no introduction.";

/// The request, and whether the oldest turns were left out.
pub struct Prompt {
    pub request: ChatRequest,
    pub trimmed: bool,
    /// Tokens of it all, by the provider's tokenizer or an estimate.
    pub tokens: u64,
}

/// Builds the request for an answer to what was asked. Reads only as many messages as fit, however long the conversation.
/// `own` is the server's system prompt, which comes before the conversation's.
pub async fn build(db: &Db, resolved: &Resolved, own: Option<&str>, setup: Setup, asked: Asked) -> Result<Prompt> {
    let takes = |parameter| !resolved.ignores.contains(&parameter);
    let setup = setup.over(&resolved.setup);
    let told: Vec<&str> = [own, resolved.setup.system_prompt.as_deref(), setup.system_prompt.as_deref()].into_iter().flatten().collect();
    let system = Some(told.join("\n\n")).filter(|text| !text.is_empty());
    let context = resolved.context.unwrap_or(UNKNOWN_CONTEXT);
    let reserve = (context / 4).min(4096);
    let count = |text: &str| resolved.provider.tokens(text) + TURN_COST;
    let fixed = system.as_deref().map_or(0, count);
    let budget = (context - reserve) as usize;
    let mut window = Window { used: fixed, budget, turns: Vec::new(), full: false };
    if let Some(question) = asked.question {
        window.take(Author::User, question, count);
    }
    let mut from = asked.leaf;
    while let Some(id) = from.filter(|_| !window.full) {
        let page = db.messages().branch(id, PAGE).await?;
        from = page.last().and_then(|oldest| oldest.parent_id);
        for message in page {
            window.take(message.role, message.content, count);
        }
    }
    let (tokens, trimmed) = (window.used as u64, window.full);
    // The answer may take what is left of the window, which is at least the reserve unless the last message alone is too long.
    let left = u32::try_from((context as usize).saturating_sub(window.used)).unwrap_or(reserve).max(1);
    let mut turns = window.into_turns();
    if resolved.facts.prefill == Some(false) && turns.last().is_some_and(|turn| turn.author == Author::Assistant) {
        turns.push(Turn { author: Author::User, text: GO_ON.into() });
    }
    // Where the window is only assumed, the provider knows better how long an answer may be.
    let max_tokens = match (resolved.context, resolved.facts.output) {
        (Some(_), Some(most)) => Some(left.min(most)),
        (Some(_), None) => Some(left),
        (None, most) => most,
    };
    // Of two limits the lower one holds.
    let max_tokens = [max_tokens, setup.max_tokens].into_iter().flatten().min();
    let request = ChatRequest {
        model: resolved.model.clone(),
        system,
        turns,
        max_tokens,
        temperature: setup.temperature.filter(|_| takes(Parameter::Temperature)),
        top_p: setup.top_p.filter(|_| takes(Parameter::TopP)),
        effort: setup.reasoning_effort.filter(|_| takes(Parameter::ReasoningEffort)),
        stop: if takes(Parameter::Stop) { setup.stop } else { Vec::new() },
    };
    Ok(Prompt { request, trimmed, tokens })
}

/// Turns that fit, newest first.
struct Window {
    used: usize,
    budget: usize,
    turns: Vec<Turn>,
    full: bool,
}

impl Window {
    /// Takes the next older message if it fits. The newest is always taken: without it there is nothing to answer.
    fn take(&mut self, author: Author, text: String, count: impl Fn(&str) -> usize) {
        if self.full || text.is_empty() {
            return;
        }
        let cost = count(&text);
        if self.used + cost > self.budget && !self.turns.is_empty() {
            self.full = true;
            return;
        }
        self.used += cost;
        self.turns.push(Turn { author, text });
    }

    /// Oldest first, beginning with a question: an answer whose question was left out is left out too.
    fn into_turns(mut self) -> Vec<Turn> {
        if self.full {
            while self.turns.len() > 1 && self.turns.last().is_some_and(|turn| turn.author == Author::Assistant) {
                self.turns.pop();
            }
        }
        self.turns.reverse();
        self.turns
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::setup::Effort;
    use crate::server::db::testing::databases;
    use crate::server::llm::fake::Fake;
    use crate::server::llm::{Bounds, Facts, Upstream};

    fn resolved(context: u32, ignores: Vec<Parameter>) -> Resolved {
        let (provider, facts) = (Arc::new(Fake::default()), Facts { output: Some(500), ..Facts::default() });
        let upstream = Arc::new(Upstream::new("fake", vec![(None, provider.clone())], Bounds::default(), false));
        let (id, model, context) = ("fake/echo".into(), "echo".into(), Some(context));
        let setup = Setup::default();
        Resolved { provider_id: Uuid::nil(), upstream, provider, id, model, context, facts, ignores, setup }
    }

    fn asked(text: &str) -> Asked {
        Asked { question: Some(text.into()), leaf: None }
    }

    #[tokio::test]
    async fn what_a_model_does_not_take_is_left_out_and_of_two_limits_the_lower_holds() {
        for test in databases().await {
            let setup = Setup {
                system_prompt: Some("Be brief.".into()),
                temperature: Some(0.5),
                top_p: Some(0.5),
                max_tokens: Some(100),
                reasoning_effort: Some(Effort::High),
                stop: vec!["END".into()],
            };
            let all = build(&test.db, &resolved(4_096, vec![]), Some("You are Liao."), setup.clone(), asked("Hi")).await.unwrap().request;
            assert_eq!(all.system.as_deref(), Some("You are Liao.\n\nBe brief."));
            assert_eq!((all.temperature, all.top_p, all.max_tokens, all.effort), (Some(0.5), Some(0.5), Some(100), Some(Effort::High)));
            assert_eq!(all.stop, ["END"]);
            let ignores = vec![Parameter::Temperature, Parameter::TopP, Parameter::ReasoningEffort, Parameter::Stop];
            let few = build(&test.db, &resolved(4_096, ignores), None, setup.clone(), asked("Hi")).await.unwrap().request;
            assert_eq!((few.temperature, few.top_p, few.effort, few.stop.len()), (None, None, None, 0));
            let most = Setup { max_tokens: Some(900), ..setup };
            assert_eq!(build(&test.db, &resolved(4_096, vec![]), None, most, asked("Hi")).await.unwrap().request.max_tokens, Some(500));
        }
    }

    #[tokio::test]
    async fn a_system_prompt_takes_its_place_in_the_window() {
        for test in databases().await {
            let setup = Setup { system_prompt: Some("long word ".repeat(400)), ..Setup::default() };
            let without = build(&test.db, &resolved(4_096, vec![]), None, Setup::default(), asked("Hi")).await.unwrap();
            let with = build(&test.db, &resolved(4_096, vec![]), None, setup, asked("Hi")).await.unwrap();
            assert!(with.tokens >= without.tokens + 1_000, "{} {}", with.tokens, without.tokens);
        }
    }
}
