//! Whose log is read: this node's, or another's, which is asked by a word and leaves its answer in Redis for a moment. No node listens to
//! another, so there is no door more to guard; what is asked is checked here, by who it is that asks, and again there.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use uuid::Uuid;

use super::{checked, find};
use crate::model::error::{ApiError, Code, Fields, Rule};
use crate::model::log::{LogLine, LogNode, LogQuery};
use crate::server::Server;
use crate::server::bus::{Look, Word};
use crate::server::error::{Error, Result};
use crate::server::log::Found;

/// How long another node may take to answer, and how often it is looked whether it has.
const PATIENCE: Duration = Duration::from_secs(4);
const STEP: Duration = Duration::from_millis(40);
/// Most lines of an answer, and how many bytes they have at most, roughly.
const LINES_MAX: usize = 500;
const BYTES_MAX: usize = 1 << 20;
/// What a line has besides what was said, roughly, in bytes.
const AROUND: usize = 400;

/// What a node has of its log.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Answer {
    pub lines: Vec<LogLine>,
    /// Below which number to go on; none: there is nothing older.
    pub next: Option<u64>,
    /// Up to which number was looked.
    pub last: u64,
    /// What is kept, and what was left out.
    pub bytes: u64,
    pub dropped: u64,
}

/// Whose log is asked for.
pub(super) enum Whose {
    Ours,
    Of(String),
    /// Somebody's who does not live.
    Gone,
}

/// The nodes whose logs can be read here; none where this is the only one.
pub(super) async fn all(server: &Server) -> Result<Vec<LogNode>> {
    if server.bus.line().is_none() {
        return Ok(Vec::new());
    }
    let here = &server.generations.node;
    let nodes = server.db.nodes().list().await?.into_iter();
    Ok(nodes.map(|node| LogNode { here: node.id == *here, id: node.id, role: node.role, alive: node.alive }).collect())
}

/// Finds who is meant. Errors: `Invalid` for nobody.
pub(super) fn whose(server: &Server, nodes: &[LogNode], asked: Option<&str>) -> Result<Whose> {
    let Some(asked) = asked.map(str::trim).filter(|asked| !asked.is_empty() && *asked != server.generations.node) else {
        return Ok(Whose::Ours);
    };
    match nodes.iter().find(|node| node.id == asked) {
        Some(node) if node.alive => Ok(Whose::Of(node.id.clone())),
        Some(_) => Ok(Whose::Gone),
        None => {
            let mut fields = Fields::default();
            fields.add("node", Rule::Format, "node must be the id of a node that is known.".to_owned());
            fields.check()?;
            Ok(Whose::Gone)
        }
    }
}

/// That somebody does not answer.
pub fn away() -> Error {
    let message = "This node does not answer: it has stopped, or the line to it is broken.";
    ApiError { retry_after: Some(5), ..ApiError::new(Code::Unavailable, message) }.into()
}

/// What they have. None: they do not answer.
pub(super) async fn look(server: &Server, whose: &Whose, query: &LogQuery, look: Look) -> Result<Option<Answer>> {
    match whose {
        Whose::Ours => here(server, query.clone(), look).await.map(Some),
        Whose::Of(node) => Ok(ask(server, node, query, look).await),
        Whose::Gone => Ok(None),
    }
}

async fn here(server: &Server, query: LogQuery, look: Look) -> Result<Answer> {
    let filter = checked(query)?;
    let (bytes, dropped) = server.logs.standing();
    let newest = *server.logs.news().borrow();
    let answer = Answer { last: newest, bytes, dropped, ..Answer::default() };
    match look {
        Look::Page { before, limit } => {
            let Found { lines, next } = find(server, filter, before, limit as usize).await?;
            Ok(Answer { lines, next, ..answer })
        }
        Look::Newer { after } => {
            let after = after.unwrap_or(newest).min(newest);
            let new = server.logs.after(after);
            let last = new.last().and_then(|line| serde_json::from_str::<LogLine>(line).ok()).map_or(newest, |line| line.number);
            Ok(Answer { lines: new.iter().filter_map(|line| filter.fits(line)).collect(), last, ..answer })
        }
    }
}

async fn ask(server: &Server, node: &str, query: &LogQuery, look: Look) -> Option<Answer> {
    let (line, ask, until) = (server.bus.line()?, Uuid::new_v4(), Instant::now() + PATIENCE);
    server.bus.tell(Word::Logs { node: node.to_owned(), ask, query: Box::new(query.clone()), look });
    while Instant::now() < until {
        tokio::time::sleep(STEP).await;
        if let Some(text) = line.answer_to(ask).await {
            return serde_json::from_str(&text).ok();
        }
    }
    None
}

/// Another node asks for lines of this one.
pub async fn answer(server: &Server, (ask, query): (Uuid, LogQuery), look: Look) {
    let Some(line) = server.bus.line() else { return };
    let newer = matches!(look, Look::Newer { .. });
    match here(server, query, look).await {
        Ok(answer) => match serde_json::to_string(&bounded(answer, newer)) {
            Ok(text) => line.answer(ask, &text).await,
            Err(cause) => tracing::error!(%cause, "lines of the log could not be written for another node"),
        },
        Err(cause) => tracing::error!(%cause, "lines of the log could not be read for another node"),
    }
}

/// As much of it as goes through Redis at once; it tells where to go on.
fn bounded(mut answer: Answer, newer: bool) -> Answer {
    let size = |fields: &BTreeMap<String, String>| fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    let mut room = BYTES_MAX;
    let fits = |line: &&LogLine| {
        let taken = AROUND + line.message.len() + size(&line.fields);
        room = room.saturating_sub(taken);
        room > 0
    };
    let count = answer.lines.iter().take(LINES_MAX).take_while(fits).count().max(1);
    if count < answer.lines.len() {
        answer.lines.truncate(count);
        let end = answer.lines.last().map(|line| line.number);
        if newer {
            answer.last = end.unwrap_or(answer.last);
        } else {
            answer.next = end;
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::LogLevel;

    fn line(number: u64, length: usize) -> LogLine {
        LogLine {
            number,
            at: Default::default(),
            level: LogLevel::Info,
            target: "t".into(),
            message: "m".repeat(length),
            request: None,
            user: None,
            generation: None,
            fields: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_too_much_for_redis_is_gone_on_with() {
        let of = |numbers: Vec<u64>, length, newer| {
            let lines = numbers.into_iter().map(|number| line(number, length)).collect();
            let answer = bounded(Answer { lines, last: 9_000, next: Some(7), ..Answer::default() }, newer);
            (answer.lines.len(), answer.last, answer.next)
        };
        assert_eq!(of((1..=200).collect(), 10, true), (200, 9_000, Some(7)));
        assert_eq!(of((1..=2000).collect(), 10, true), (500, 500, Some(7)));
        let (count, last, next) = of((1..=1000).rev().collect(), 10_000, false);
        assert!((90..110).contains(&count), "{count}");
        assert_eq!((last, next), (9_000, Some(1000 - count as u64 + 1)));
        assert_eq!(of(vec![8], BYTES_MAX * 2, true), (1, 9_000, Some(7)), "one that is too large by itself goes through");
    }
}
