//! What a model is shown: the system prompt, the pinned messages, the summary of what was before, and the newest whole turns of the
//! branch that fit its context window. However long the conversation, no more is read than a page beyond what is shown.

mod files;
mod quote;
#[cfg(test)]
mod tests;
mod window;

use std::collections::HashMap;
use std::sync::Arc;

use files::Files;
pub use quote::message as quoted;
use uuid::Uuid;
use window::{Kept, Window};
pub use window::{UNKNOWN_CONTEXT, reserve};

use super::attach::Shelf;
use crate::model::chat::Started;
use crate::model::context::Strategy;
use crate::model::file::Attachment;
use crate::model::generation::{Notice, NoticeCode};
use crate::model::message::{Author, Message};
use crate::model::passage::Source;
use crate::model::setup::{Parameter, Setup};
use crate::model::temporary::Said;
use crate::server::db::{Db, Given, RunKind};
use crate::server::error::Result;
use crate::server::llm::{ChatRequest, Resolved, Turn, Unseals};
use crate::server::service::passage::Seek;

/// Messages that are read at a time, from the newest upwards.
const PAGE: i64 = 64;

/// Where a prompt ends: what was just asked, which is not read again, and the newest message before it.
#[derive(Clone, Default)]
pub struct Asked {
    question: Option<String>,
    /// What was said before it, oldest first, where none of it is stored.
    said: Arc<[Said]>,
    /// What was sent with it.
    files: Vec<Attachment>,
    leaf: Option<Uuid>,
    /// Most tokens, where that is less than would fit.
    most: Option<usize>,
    /// Nothing is asked yet: it is only looked what would be shown besides a question.
    peek: bool,
    /// What the question means, for documents that are chosen from.
    seek: Seek,
}

impl Asked {
    /// Of a run that begins.
    pub fn of(kind: &RunKind, started: &Started) -> Self {
        match kind {
            RunKind::Question { parent, text, attachments, .. } => {
                Self { question: Some(text.clone()), files: attachments.clone(), leaf: *parent, ..Self::default() }
            }
            RunKind::Answer { parent } => Self { leaf: Some(*parent), ..Self::default() },
            // The beginning of the answer is part of what the model is shown. Without one only the question is.
            RunKind::Rest { .. } => Self::again(started.message_id),
        }
    }

    /// Of what is stored nowhere.
    pub fn passing(question: String, said: Vec<Said>) -> Self {
        Self { question: Some(question), said: said.into(), ..Self::default() }
    }

    /// For the answer that is being written there, with what it has already.
    pub fn again(message_id: Uuid) -> Self {
        Self { leaf: Some(message_id), ..Self::default() }
    }

    /// Before a question that follows this message.
    pub fn before(leaf: Option<Uuid>) -> Self {
        Self { leaf, peek: true, ..Self::default() }
    }

    /// The same after it was stored: everything is read.
    pub fn stored(&self, started: &Started) -> Self {
        match self.question {
            Some(_) => Self { question: None, files: Vec::new(), leaf: started.question_id, ..self.clone() },
            None => self.clone(),
        }
    }

    /// The newest message that is stored.
    pub fn leaf(&self) -> Option<Uuid> {
        self.leaf
    }

    /// The same in at most so many tokens.
    pub fn within(&self, most: usize) -> Self {
        Self { most: Some(most), ..self.clone() }
    }
}

/// What is said where the oldest turns were left out.
pub fn trimmed() -> Notice {
    let message = "The oldest messages no longer fit into the model's context window and were left out.".to_owned();
    Notice { code: NoticeCode::ContextTrimmed, message }
}

/// What is said where not all of a file fits.
pub fn cut(name: String) -> Notice {
    Notice { code: NoticeCode::FileCut, message: name }
}

/// What a model is told that does not go on by itself with an answer whose beginning it is sent.
const GO_ON: &str = "Go on exactly where you stopped: repeat nothing, add no introduction.";

/// The request, and how it came about.
pub struct Prompt {
    pub request: ChatRequest,
    /// The oldest turns were left out.
    pub trimmed: bool,
    /// The names of files that do not fit whole.
    pub cut: Vec<String>,
    /// The passages of them that are shown.
    pub sources: Vec<Source>,
    /// Tokens of it all: the provider's own counts where it told them, else by its tokenizer or an estimate.
    pub tokens: u64,
    pub parts: Parts,
    pub reads: Reads,
}

/// The tokens of a prompt, by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub system: usize,
    pub pinned: usize,
    pub summary: usize,
    pub messages: usize,
}

impl Parts {
    fn sum(self) -> usize {
        self.system + self.pinned + self.summary + self.messages
    }
}

/// What building took of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    pub queries: u32,
    pub rows: usize,
}

impl Reads {
    fn add(&mut self, rows: usize) {
        self.queries += 1;
        self.rows += rows;
    }
}

/// Builds the request for an answer to what was asked. Reads only as many messages as fit, however long the conversation.
/// `own` is the server's system prompt, which comes before the model's, and that before the conversation's. What cannot fit is an error about its field: the
/// question, the pins or the system prompt.
pub async fn build(shelf: impl Into<Shelf<'_>>, resolved: &Resolved, own: Option<&str>, told: Given, asked: Asked) -> Result<Prompt> {
    let (shelf, mut files) = (shelf.into(), Files::new(resolved, &asked));
    let all = [own, resolved.setup.system_prompt.as_deref(), told.setup.system_prompt.as_deref()];
    let system = all.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let mut reads = Reads::default();
    let kept = kept(shelf.db, asked.leaf, &told, &mut reads).await?;
    let upto = kept.summary.as_ref().map(|summary| summary.upto_id);
    let mut window = Window::new(resolved, &system, kept, &asked);
    if let Some(question) = asked.question {
        let question = Turn::new(Author::User, question);
        files.take(shelf, resolved, (question, &asked.files), |turn| window.take(None, turn, None)).await?;
    }
    for said in asked.said.iter().rev() {
        window.take(None, Turn::new(said.role, said.content.clone()), None);
    }
    let mut seals = resolved.provider.unseals();
    let mut from = asked.leaf.filter(|leaf| Some(*leaf) != upto);
    while let Some(id) = from.filter(|_| !window.is_full()) {
        let page = shelf.db.messages().branch(id, PAGE).await?;
        reads.add(page.len());
        from = page.last().and_then(|oldest| oldest.parent_id);
        let mut sealed = sealed(shelf.db, resolved, (page.as_slice(), &mut seals), &mut reads).await?;
        for message in page {
            if Some(message.id) == upto {
                from = None;
                break;
            }
            let own = counted(&message, resolved);
            if window.is_full() {
                break;
            }
            let mut turn = Turn::new(message.role, message.content);
            turn.sealed = sealed.remove(&message.id);
            files.take(shelf, resolved, (turn, &message.attachments), |turn| window.take(Some(message.id), turn, own)).await?;
        }
    }
    window.check()?;
    let Files { cut, sources, .. } = files;
    let prompt = Prompt { cut, sources, ..finish(resolved, told.setup.over(&resolved.setup), window, reads, system) };
    tracing::debug!(queries = prompt.reads.queries, rows = prompt.reads.rows, tokens = prompt.tokens, "a prompt was put together");
    Ok(prompt)
}

/// What was sealed of answers on a page of the branch: a vendor's own thoughts go back to it, and to the model that had them.
async fn sealed(
    db: &Db,
    resolved: &Resolved,
    (page, seals): (&[Message], &mut Unseals),
    reads: &mut Reads,
) -> Result<HashMap<Uuid, String>> {
    let answers = || page.iter().filter(|message| message.role == Author::Assistant);
    let own = |message: &Message| message.model.as_deref() == Some(&resolved.id);
    let first = match *seals {
        Unseals::Nothing => None,
        Unseals::Newest => answers().next().inspect(|_| *seals = Unseals::Nothing).filter(|newest| own(newest)).map(|newest| (newest, 1)),
        Unseals::Every => answers().find(|answer| own(answer)).and(page.first()).map(|first| (first, PAGE)),
    };
    let Some((first, depth)) = first else { return Ok(HashMap::new()) };
    let found = db.messages().sealed(first.id, depth, &resolved.id).await?;
    reads.add(found.len());
    Ok(found.into_iter().collect())
}

/// What stays whatever else is left out.
async fn kept(db: &Db, leaf: Option<Uuid>, told: &Given, reads: &mut Reads) -> Result<Kept> {
    let Some(leaf) = leaf else { return Ok(Kept::default()) };
    let mut pins = Vec::new();
    if told.pinned {
        pins = db.contexts().pinned(leaf).await?;
        reads.add(pins.len());
    }
    let summary = match told.strategy {
        Strategy::Newest => None,
        Strategy::Summary => {
            let summary = db.contexts().summary(leaf).await?;
            reads.add(usize::from(summary.is_some()));
            summary
        }
    };
    Ok(Kept { pins, summary })
}

/// Tokens of an answer as the model that is asked counted them itself.
pub fn counted(message: &Message, resolved: &Resolved) -> Option<usize> {
    let used = message.usage.filter(|used| !used.estimated && message.model.as_deref() == Some(&resolved.id))?;
    usize::try_from(used.output_tokens.checked_sub(used.reasoning_tokens)?).ok().filter(|tokens| *tokens > 0)
}

fn finish(resolved: &Resolved, setup: Setup, window: Window, reads: Reads, system: String) -> Prompt {
    let takes = |parameter| !resolved.ignores.contains(&parameter);
    let (trimmed, parts, left) = (window.is_full(), window.parts(), window.left());
    let (quoted, mut turns) = window.into_turns();
    if resolved.facts.prefill == Some(false) && turns.last().is_some_and(|turn| turn.author == Author::Assistant) {
        turns.push(Turn::new(Author::User, GO_ON));
    }
    // Where the window is only assumed, the provider knows better how long an answer may be.
    let max_tokens = match (resolved.context, resolved.facts.output) {
        (Some(_), Some(most)) => Some(left.min(most)),
        (Some(_), None) => Some(left),
        (None, most) => most,
    };
    // Of two limits the lower one holds.
    let max_tokens = [max_tokens, setup.max_tokens].into_iter().flatten().min();
    let system: Vec<String> = std::iter::once(system).chain(quoted).filter(|text| !text.is_empty()).collect();
    let request = ChatRequest {
        model: resolved.model.clone(),
        system: Some(system.join("\n\n")).filter(|text| !text.is_empty()),
        turns,
        max_tokens,
        temperature: setup.temperature.filter(|_| takes(Parameter::Temperature)),
        top_p: setup.top_p.filter(|_| takes(Parameter::TopP)),
        effort: setup.reasoning_effort.filter(|_| takes(Parameter::ReasoningEffort)),
        stop: if takes(Parameter::Stop) { setup.stop } else { Vec::new() },
    };
    Prompt { request, trimmed, cut: Vec::new(), sources: Vec::new(), tokens: parts.sum() as u64, parts, reads }
}
