//! Reads what is kept, from its end: file by file, line by line, until a page is full or enough was read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::model::log::{LogLevel, LogLine};

/// Bytes that are read for one page, at most: then it has fewer lines, and the next one goes on there.
const READ_MAX: u64 = 24 << 20;

/// Which lines fit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub level: Option<LogLevel>,
    pub target: Option<String>,
    /// In small letters.
    pub text: Option<String>,
    pub user: Option<String>,
    pub request: Option<String>,
    pub generation: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

/// Lines that fit, the newest first.
#[derive(Debug, Default)]
pub struct Found {
    pub lines: Vec<LogLine>,
    /// Below which number to go on; none: there is nothing older.
    pub next: Option<u64>,
}

impl Filter {
    /// The line, if it fits. What can be seen without reading it is looked at first.
    pub fn fits(&self, line: &str) -> Option<LogLine> {
        let ids = [&self.user, &self.request, &self.generation];
        if ids.into_iter().flatten().any(|id| !line.contains(id.as_str())) {
            return None;
        }
        let read: LogLine = serde_json::from_str(line).ok()?;
        let is = |wanted: &Option<String>, found: Option<String>| wanted.is_none() || *wanted == found;
        let fits = self.level.is_none_or(|level| read.level <= level)
            && self.target.as_ref().is_none_or(|target| read.target.starts_with(target.as_str()))
            && self.from.is_none_or(|from| read.at >= from)
            && self.to.is_none_or(|to| read.at < to)
            && is(&self.request, read.request.clone())
            && is(&self.user, read.user.map(|id| id.to_string()))
            && is(&self.generation, read.generation.map(|id| id.to_string()))
            && self.text.as_ref().is_none_or(|text| {
                read.message.to_lowercase().contains(text.as_str())
                    || read.fields.iter().any(|(name, value)| format!("{name}={value}").to_lowercase().contains(text.as_str()))
            });
        fits.then_some(read)
    }
}

/// Every file, the oldest first, with the number of its first line.
pub fn files(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let named = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".jsonl")?.parse().ok());
        found.extend(named.map(|first| (first, path)));
    }
    found.sort_unstable();
    Ok(found)
}

/// The number of the last line of a file.
pub fn last_number(path: &Path) -> Option<u64> {
    let text = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
    text.lines().rev().find_map(number)
}

fn number(line: &str) -> Option<u64> {
    line.strip_prefix("{\"n\":")?.split(',').next()?.parse().ok()
}

/// So many lines that fit, below this number.
pub fn page(folder: &Path, filter: &Filter, before: Option<u64>, limit: usize) -> io::Result<Found> {
    let (mut found, mut read) = (Found::default(), 0);
    let before = before.unwrap_or(u64::MAX);
    for (first, path) in files(folder)?.into_iter().rev().filter(|(first, _)| *first < before) {
        // A file may be removed while it is looked for.
        let Ok(bytes) = fs::read(&path) else { continue };
        read += bytes.len() as u64;
        let text = String::from_utf8_lossy(&bytes);
        for line in text.lines().rev() {
            let Some(number) = number(line).filter(|number| *number < before) else { continue };
            if let Some(line) = filter.fits(line) {
                found.lines.push(line);
                if found.lines.len() == limit {
                    found.next = Some(number).filter(|number| *number > 1);
                    return Ok(found);
                }
            }
        }
        let oldest = text.lines().find_map(|line| serde_json::from_str::<LogLine>(line).ok()).map(|line| line.at);
        if filter.from.zip(oldest).is_some_and(|(from, oldest)| oldest < from) {
            return Ok(found);
        }
        if read > READ_MAX {
            found.next = Some(first).filter(|first| *first > 1);
            return Ok(found);
        }
    }
    Ok(found)
}
