//! The server's own log, for administrators: read from the files of this node, page by page, and as it is written.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::activity::moment;
use super::viewer::Viewer;
use crate::model::error::{Fields, Rule};
use crate::model::log::{LogLine, LogPage, LogQuery};
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::log::{Filter, Found};

/// Lines of a page, by default and at most; and of a file.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 200;
const FILE_MAX: usize = 20_000;
/// Longest words of a filter, in characters.
const WORDS_MAX: usize = 200;

/// A page of the lines that fit, the newest first; `before` is the `next` of the page before. Administrators only. Errors: `Invalid`.
pub async fn page(server: &Server, viewer: &Viewer, query: LogQuery, before: Option<u64>, limit: Option<u32>) -> Result<LogPage> {
    viewer.require_admin()?;
    let limit = limit.unwrap_or(PAGE).clamp(1, PAGE_MAX) as usize;
    let Found { lines, next } = find(server, checked(query)?, before, limit).await?;
    let (bytes, dropped) = server.logs.standing();
    Ok(LogPage { lines, next, settings: server.settings.get().logs.clone(), bytes, dropped })
}

/// All that fits, the newest first, up to 20,000 lines. Administrators only. Errors: `Invalid`.
pub async fn all(server: &Server, viewer: &Viewer, query: LogQuery) -> Result<Vec<LogLine>> {
    viewer.require_admin()?;
    let (filter, mut lines, mut before) = (checked(query)?, Vec::new(), None);
    loop {
        let found = find(server, filter.clone(), before, FILE_MAX - lines.len()).await?;
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
pub fn follow(server: &Server, viewer: &Viewer, query: LogQuery, after: Option<u64>) -> Result<Tail> {
    viewer.require_admin()?;
    let mut news = server.logs.news();
    let newest = *news.borrow_and_update();
    Ok(Tail { server: server.clone(), filter: checked(query)?, news, after: after.unwrap_or(newest).min(newest) })
}

/// New lines as they come.
pub struct Tail {
    server: Server,
    filter: Filter,
    news: tokio::sync::watch::Receiver<u64>,
    after: u64,
}

impl Tail {
    /// The next lines that fit, the oldest first, and the number up to which was looked. `None`: nothing is kept here.
    pub async fn next(&mut self) -> Option<(Vec<LogLine>, u64)> {
        loop {
            let lines: Vec<Arc<str>> = self.server.logs.after(self.after);
            if let Some(last) = lines.last().and_then(|line| serde_json::from_str::<LogLine>(line).ok()) {
                self.after = last.number;
                let fit: Vec<_> = lines.iter().filter_map(|line| self.filter.fits(line)).collect();
                if !fit.is_empty() {
                    return Some((fit, self.after));
                }
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
    let LogQuery { level, target, text, user, request, generation, from, to } = query;
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
