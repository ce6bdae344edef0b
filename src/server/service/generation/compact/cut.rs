//! Where a branch is cut: what stays, and what goes into the summary.

use uuid::Uuid;

use super::super::prompt;
use crate::model::context::Summary;
use crate::model::message::{Author, Message};
use crate::server::db::Db;
use crate::server::llm::Resolved;

/// Messages that are read at a time.
const PAGE: i64 = 64;
/// Longest part of one message that is summarised, in characters: its beginning.
const CLIP: usize = 8_000;
/// What the words around the messages take, in tokens.
const AROUND: usize = 200;
/// The same around each.
const EACH: usize = 10;

/// What goes into a summary.
#[derive(Debug, PartialEq)]
pub struct Cut {
    /// The newest message of it.
    pub upto: Uuid,
    /// Oldest first.
    pub turns: Vec<(Author, String)>,
    /// Older ones are left out: they are more than the model can read at once.
    pub partial: bool,
}

/// A branch that is walked from its newest message upwards.
struct Walk<'a> {
    resolved: &'a Resolved,
    /// Tokens that may still stay, and that may still be summarised.
    stay: usize,
    read: usize,
    /// A question was met: nothing is cut below it.
    asked: bool,
    /// Messages that stay, newest first.
    stays: Vec<Message>,
    /// Messages to summarise, newest first.
    turns: Vec<(Author, String)>,
    upto: Option<Uuid>,
    partial: bool,
}

/// Finds it; none where there is nothing older than what has to stay. `most` is how long the summary may become, in tokens.
pub async fn find(db: &Db, resolved: &Resolved, leaf: Uuid, (before, most): (Option<&Summary>, u32)) -> sqlx::Result<Option<Cut>> {
    let context = resolved.context.unwrap_or(prompt::UNKNOWN_CONTEXT);
    let taken = before.map_or(0, |before| resolved.provider.tokens(&before.content)) + most as usize + AROUND;
    let mut walk = Walk {
        resolved,
        stay: ((context - prompt::reserve(context)) / 2) as usize,
        read: (context as usize).saturating_sub(taken),
        asked: false,
        stays: Vec::new(),
        turns: Vec::new(),
        upto: None,
        partial: before.is_some_and(|before| before.partial),
    };
    let mut from = Some(leaf);
    while let Some(id) = from {
        let page = db.messages().branch(id, PAGE).await?;
        from = page.last().and_then(|oldest| oldest.parent_id);
        for message in page {
            if before.is_some_and(|before| before.upto_id == message.id) || !walk.take(message) {
                from = None;
                break;
            }
        }
    }
    Ok(walk.done())
}

impl Walk<'_> {
    /// Takes the next older message; false: enough.
    fn take(&mut self, message: Message) -> bool {
        if self.upto.is_some() {
            return self.summarise(message);
        }
        let cost = prompt::counted(&message, self.resolved).unwrap_or_else(|| self.resolved.provider.tokens(&message.content)) + EACH;
        if self.asked && cost > self.stay {
            return self.cut(message);
        }
        self.stay = self.stay.saturating_sub(cost);
        self.asked |= message.role == Author::User;
        self.stays.push(message);
        true
    }

    /// What stays begins with a question, so an answer whose question does not stay goes along.
    fn cut(&mut self, message: Message) -> bool {
        let mut going = Vec::new();
        while self.stays.last().is_some_and(|last| last.role == Author::Assistant) {
            going.extend(self.stays.pop());
        }
        // Newest first again.
        going.reverse();
        going.push(message);
        self.upto = going.first().map(|newest| newest.id);
        going.into_iter().all(|message| self.summarise(message))
    }

    fn summarise(&mut self, message: Message) -> bool {
        if message.content.is_empty() {
            return true;
        }
        let text: String = message.content.chars().take(CLIP).collect();
        let cost = self.resolved.provider.tokens(&text) + EACH;
        // Of the newest at least something is read, however small the window.
        if cost > self.read && !self.turns.is_empty() {
            self.partial = true;
            return false;
        }
        self.read = self.read.saturating_sub(cost);
        self.turns.push((message.role, text));
        true
    }

    fn done(mut self) -> Option<Cut> {
        self.turns.reverse();
        let upto = self.upto.filter(|_| !self.turns.is_empty())?;
        Some(Cut { upto, turns: self.turns, partial: self.partial })
    }
}
