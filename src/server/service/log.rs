//! The server's own log, for administrators: read from the files of a node, page by page, and as it is written.

mod node;

use std::time::Duration;

use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::activity::moment;
use super::viewer::Viewer;
use crate::model::error::{Fields, Rule};
use crate::model::log::{LogLine, LogPage, LogQuery};
use crate::server::Server;
use crate::server::bus::Look;
use crate::server::error::{Error, Result};
use crate::server::log::{Filter, Found};
use node::{Answer, Whose};
pub use node::{answer, away};

/// Lines of a page, by default and at most; and of a file.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 200;
const FILE_MAX: usize = 20_000;
/// How often another node is asked for what is new.
const POLL: Duration = Duration::from_secs(2);
/// Longest words of a filter, in characters.
const WORDS_MAX: usize = 200;

/// A page of the lines that fit, the newest first; `before` is the `next` of the page before. Administrators only. Errors: `Invalid`.
pub async fn page(server: &Server, viewer: &Viewer, query: LogQuery, before: Option<u64>, limit: Option<u32>) -> Result<LogPage> {
    viewer.require_admin()?;
    checked(query.clone())?;
    let look = Look::Page { before, limit: limit.unwrap_or(PAGE).clamp(1, PAGE_MAX) };
    let nodes = node::all(server).await?;
    let whose = node::whose(server, &nodes, query.node.as_deref())?;
    let answer = node::look(server, &whose, &query, look).await?;
    let (away, settings) = (answer.is_none(), server.settings.get().logs.clone());
    let Answer { lines, next, bytes, dropped, .. } = answer.unwrap_or_default();
    Ok(LogPage { lines, next, settings, bytes, dropped, nodes, away })
}

/// All that fits, the newest first, up to 20,000 lines. Administrators only. Errors: `Invalid`, `Unavailable` where the node does not answer.
pub async fn all(server: &Server, viewer: &Viewer, query: LogQuery) -> Result<Vec<LogLine>> {
    viewer.require_admin()?;
    checked(query.clone())?;
    let whose = node::whose(server, &node::all(server).await?, query.node.as_deref())?;
    let (mut lines, mut before) = (Vec::new(), None);
    loop {
        let look = Look::Page { before, limit: (FILE_MAX - lines.len()) as u32 };
        let found = node::look(server, &whose, &query, look).await?.ok_or_else(away)?;
        lines.extend(found.lines);
        before = found.next;
        if before.is_none() || lines.len() >= FILE_MAX {
            return Ok(lines);
        }
    }
}

/// Files are read where nobody waits for anything else.
async fn find(server: &Server, filter: Filter, before: Option<u64>, limit: usize) -> Result<Found> {
    let logs = server.logs.clone();
    let found = spawn_blocking(move || logs.page(&filter, before, limit)).await;
    found.map_err(Error::internal)?.map_err(Error::internal)
}

/// Follows what is logged from now on, or from behind a line. Administrators only. Errors: `Invalid`.
pub async fn follow(server: &Server, viewer: &Viewer, query: LogQuery, after: Option<u64>) -> Result<Tail> {
    viewer.require_admin()?;
    checked(query.clone())?;
    let whose = node::whose(server, &node::all(server).await?, query.node.as_deref())?;
    let mut news = server.logs.news();
    let newest = *news.borrow_and_update();
    // Another node knows by itself which is its newest.
    let after = if matches!(whose, Whose::Ours) { Some(after.unwrap_or(newest).min(newest)) } else { after };
    Ok(Tail { server: server.clone(), query, whose, news, after })
}

/// New lines as they come.
pub struct Tail {
    server: Server,
    query: LogQuery,
    whose: Whose,
    news: tokio::sync::watch::Receiver<u64>,
    after: Option<u64>,
}

impl Tail {
    /// The next lines that fit, the oldest first, and the number up to which was looked. `None`: nothing is kept here.
    pub async fn next(&mut self) -> Option<(Vec<LogLine>, u64)> {
        loop {
            let look = Look::Newer { after: self.after };
            // Another node may be away for a while.
            if let Some(found) = node::look(&self.server, &self.whose, &self.query, look).await.ok()? {
                self.after = Some(found.last);
                if !found.lines.is_empty() {
                    return Some((found.lines, found.last));
                }
            }
            if !matches!(self.whose, Whose::Ours) {
                tokio::time::sleep(POLL).await;
                continue;
            }
            if !self.server.logs.is_open() {
                return None;
            }
            self.news.changed().await.ok()?;
        }
    }
}

fn checked(query: LogQuery) -> Result<Filter> {
    let mut fields = Fields::default();
    let LogQuery { level, target, text, user, request, generation, from, to, node: _ } = query;
    let given = |words: Option<String>| words.map(|words| words.trim().to_owned()).filter(|words| !words.is_empty());
    let [target, text, request] = [target, text, request].map(given);
    for (name, words) in [("target", &target), ("text", &text), ("request", &request)] {
        fields.length(name, words.as_deref().unwrap_or_default(), 0, WORDS_MAX);
    }
    let mut id = |name: &str, words: Option<String>| {
        let words = given(words)?;
        let id = Uuid::parse_str(&words).ok().map(|id| id.to_string());
        if id.is_none() {
            fields.add(name, Rule::Format, format!("{name} must be an id."));
        }
        id
    };
    let (user, generation) = (id("user", user), id("generation", generation));
    fields.check()?;
    let from = given(from).map(|text| moment("from", &text, 0)).transpose()?;
    let to = given(to).map(|text| moment("to", &text, 1)).transpose()?;
    Ok(Filter { level, target, text: text.map(|text| text.to_lowercase()), user, request, generation, from, to })
}

#[cfg(test)]
mod tests;
