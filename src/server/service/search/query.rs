//! What is typed into the search: words, "words that stand together", and filters (`tag:`, `folder:`, `model:`, `from:`, `before:`,
//! `after:`, `has:file`). What looks like a filter and is none is text.

use chrono::{DateTime, NaiveDate, Utc};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::model::error::{Fields, Rule};
use crate::model::message::Author;
use crate::model::search::QUERY_MAX;
use crate::server::db::Term;
use crate::server::error::{Error, Result};
use crate::server::terms::{self, Part};

/// Most terms that the index is asked for.
const TERMS: usize = 40;

/// What is asked.
#[derive(Debug, Default)]
pub struct Asked {
    pub pieces: Vec<Wanted>,
    pub tags: Vec<String>,
    pub folder: Option<Folder>,
    /// In small letters.
    pub model: Option<String>,
    pub role: Option<Author>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub file: bool,
}

impl Asked {
    /// Nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
            && self.tags.is_empty()
            && self.folder.is_none()
            && self.model.is_none()
            && self.role.is_none()
            && self.since.is_none()
            && self.until.is_none()
            && !self.file
    }
}

/// A folder, as it is named.
#[derive(Debug, PartialEq, Eq)]
pub enum Folder {
    Id(Uuid),
    /// In small letters.
    Name(String),
}

/// Something that a message has to hold.
#[derive(Debug)]
pub struct Wanted {
    /// Folded.
    pub text: Vec<char>,
    /// The last word may go on.
    pub open: bool,
    pub terms: Vec<Term>,
}

/// Reads what was typed.
pub fn parse(q: &str) -> Result<Asked> {
    let mut fields = Fields::default();
    fields.length("q", q, 0, QUERY_MAX);
    fields.check()?;
    let mut asked = Asked::default();
    for (name, value, quoted) in words(q) {
        let known = match name.as_deref() {
            Some(name) => filter(&mut asked, name, &value)?,
            None => false,
        };
        if !known {
            let text = name.map_or_else(|| value.clone(), |name| format!("{name}:{value}"));
            asked.pieces.extend(wanted(&text, quoted));
        }
    }
    let mut left = TERMS;
    for piece in &mut asked.pieces {
        piece.terms.truncate(left);
        left -= piece.terms.len();
    }
    Ok(asked)
}

/// A word, the name of the filter before it, and whether it was quoted.
type Word = (Option<String>, String, bool);

/// The words of a question: what is quoted is one, also behind a filter's colon.
fn words(q: &str) -> Vec<Word> {
    let mut all = Vec::new();
    let (mut word, mut name, mut quoted, mut within): (String, Option<String>, bool, bool) = Default::default();
    for c in q.chars().chain([' ']) {
        match c {
            '"' | '“' | '”' | '「' | '」' => (within, quoted) = (!within, true),
            ':' | '：' if !within && !quoted && name.is_none() && word.chars().all(|c| c.is_ascii_alphabetic()) && !word.is_empty() => {
                name = Some(std::mem::take(&mut word).to_ascii_lowercase());
            }
            c if c.is_whitespace() && !within => {
                if !word.is_empty() || name.is_some() {
                    all.push((name.take(), std::mem::take(&mut word), quoted));
                }
                (quoted, name) = (false, None);
            }
            c => word.push(c),
        }
    }
    // A quotation that was not closed goes to the end.
    if !word.trim().is_empty() {
        all.push((name, word.trim().to_owned(), true));
    }
    all
}

/// Takes a filter; false: it is none.
fn filter(asked: &mut Asked, name: &str, value: &str) -> Result<bool> {
    if value.is_empty() {
        // It is being typed.
        return Ok(matches!(name, "tag" | "folder" | "model" | "from" | "before" | "after" | "has"));
    }
    let small = value.to_lowercase();
    match name {
        "tag" => asked.tags.push(small.trim_start_matches('#').to_owned()),
        "folder" => asked.folder = Some(Uuid::parse_str(value).map_or(Folder::Name(small), Folder::Id)),
        "model" => asked.model = Some(small),
        "from" => match small.as_str() {
            "me" | "user" | "you" | "我" => asked.role = Some(Author::User),
            "model" | "assistant" | "ai" | "模型" => asked.role = Some(Author::Assistant),
            _ => return Ok(false),
        },
        "before" => asked.until = Some(day(name, value)?),
        "after" => asked.since = Some(day(name, value)?),
        "has" if matches!(small.as_str(), "file" | "files" | "attachment") => asked.file = true,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The beginning of a day, in UTC.
fn day(name: &str, value: &str) -> Result<DateTime<Utc>> {
    let date = NaiveDate::parse_from_str(value, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0));
    let sentence = format!("{name}: takes a date like 2026-11-23.");
    date.map(|at| at.and_utc()).ok_or_else(|| Error::invalid("q", Rule::Format, sentence))
}

/// What a message has to hold for this text; nothing where it says nothing that could be found.
fn wanted(text: &str, quoted: bool) -> Option<Wanted> {
    let text: String = text.trim().nfc().collect();
    let folded = terms::folded(&text);
    let parts = terms::parts(&folded);
    let last = parts.len().checked_sub(1)?;
    let mut terms: Vec<Term> = Vec::new();
    let mut open = false;
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Word(word) => {
                let long = word.chars().count();
                open = index == last && !quoted && long >= terms::PREFIX;
                // Of a word longer than what is kept, the beginning is exact.
                terms.push(Term { text: terms::cut(word), prefix: open });
            }
            Part::Sign(sign) => terms.push(Term { text: sign.to_string(), prefix: false }),
            Part::Run(run) if run.len() == 1 => terms.push(Term { text: run[0].to_string(), prefix: false }),
            Part::Run(run) => terms.extend(run.windows(2).map(|pair| Term { text: pair.iter().collect(), prefix: false })),
        }
    }
    Some(Wanted { text: folded.into_iter().map(|folded| folded.c).collect(), open, terms })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(q: &str) -> Vec<String> {
        let asked = parse(q).unwrap();
        asked
            .pieces
            .iter()
            .flat_map(|piece| &piece.terms)
            .map(|term| format!("{}{}", term.text, if term.prefix { "*" } else { "" }))
            .collect()
    }

    #[test]
    fn words_and_quotations_become_terms() {
        assert_eq!(terms("Moving avg"), ["moving*", "avg*"]);
        assert_eq!(terms("\"moving average\" of"), ["moving", "average", "of"]);
        assert_eq!(terms("机器学习"), ["机器", "器学", "学习"]);
        assert_eq!(terms("水 rust语言"), ["水", "rust", "语言"]);
        assert_eq!(terms("“moving av"), ["moving", "av"], "a quotation that is being typed");
        assert!(terms("… ?! ").is_empty());
    }

    #[test]
    fn filters_are_read_and_what_is_none_is_text() {
        let asked = parse("tag:Garden folder:\"My notes\" model:GPT from:me after:2026-01-02 before:2026-02-03 has:file peas").unwrap();
        assert_eq!((asked.tags, asked.folder), (vec!["garden".to_owned()], Some(Folder::Name("my notes".into()))));
        assert_eq!((asked.model.as_deref(), asked.role, asked.file, asked.pieces.len()), (Some("gpt"), Some(Author::User), true, 1));
        assert!(asked.since < asked.until);
        assert_eq!(terms("https://example.org"), ["https", "example", "org*"]);
        assert_eq!(terms("from:nobody"), ["from", "nobody*"]);
        assert!(parse("tag:").unwrap().is_empty());
        assert!(parse("before:yesterday").is_err());
        assert!(parse(&"x".repeat(401)).is_err());
    }
}
