//! What is done to a piece of markdown before the parser sees it.
//!
//! - `\(…\)` and `\[…\]`, which many models write, are lifted out as formulas: the parser sees an opaque mark.
//! - CommonMark does not let `**` close between a full-width mark and a letter (`**注意：**后面`), nor open between a letter and
//!   a mark (`前面**「中文」**`), which is how Chinese and Japanese are written. A separator that counts as white space and is
//!   removed again from what is shown makes them work.

use std::borrow::Cow;

use super::escape::push_escaped;
use super::math;

/// Put beside a `**` that CommonMark would not see; the stream replaces it in what it is given, so that it is ours alone.
pub(super) const SEPARATOR: char = '\u{2028}';
/// Around the number of a lifted formula. Both are noncharacters, and replaced in what the stream is given.
pub(super) const OPEN: char = '\u{FDD0}';
pub(super) const CLOSE: char = '\u{FDD1}';

/// A formula lifted out of the text; `source` is how it was written, delimiters and all.
pub(super) struct Formula {
    pub source: String,
    pub tex: String,
    pub display: bool,
}

/// Replaces the characters that this module uses as its own, and those that HTML cannot hold.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let foreign = |c: char| matches!(c, '\0' | '\r' | SEPARATOR | OPEN | CLOSE);
    if !text.contains(foreign) {
        return Cow::Borrowed(text);
    }
    let replaced = text.chars().filter(|&c| c != '\r').map(|c| match c {
        SEPARATOR => ' ',
        '\0' | OPEN | CLOSE => char::REPLACEMENT_CHARACTER,
        c => c,
    });
    Cow::Owned(replaced.collect())
}

/// The text for the parser, and the formulas lifted out of it.
pub(super) fn prepare(source: &str) -> (Cow<'_, str>, Vec<Formula>) {
    if !source.contains("**") && !source.contains(r"\(") && !source.contains(r"\[") {
        return (Cow::Borrowed(source), Vec::new());
    }
    let mut pass = Pass { source, at: 0, out: String::with_capacity(source.len() + 16), formulas: Vec::new(), bold: false };
    while let Some(next) = source[pass.at..].find(['`', '\\', '*', '\n']) {
        pass.copy(next);
        match source.as_bytes()[pass.at] {
            b'`' => pass.code(),
            b'\\' => pass.backslash(),
            b'*' => pass.stars(),
            _ => {
                pass.bold = false;
                pass.copy(1);
            }
        }
    }
    pass.copy(source.len() - pass.at);
    (Cow::Owned(pass.out), pass.formulas)
}

/// Appends text without the separators, escaped.
pub(super) fn push_visible(out: &mut String, text: &str) {
    for piece in text.split(SEPARATOR) {
        push_escaped(out, piece);
    }
}

/// Text as it was before the formulas were lifted out of it.
pub(super) fn restored(text: &str, formulas: &[Formula]) -> String {
    let mut out = String::with_capacity(text.len());
    push_restored(&mut out, text, formulas);
    out
}

/// Appends what [`restored`] gives.
pub(super) fn push_restored(out: &mut String, mut text: &str, formulas: &[Formula]) {
    while let Some((before, rest)) = text.split_once(OPEN) {
        out.extend(before.split(SEPARATOR));
        let Some((number, after)) = rest.split_once(CLOSE) else { break };
        out.push_str(number.parse().ok().and_then(|number: usize| formulas.get(number)).map_or("", |formula| &formula.source));
        text = after;
    }
    out.extend(text.split(SEPARATOR));
}

struct Pass<'a> {
    source: &'a str,
    at: usize,
    out: String,
    formulas: Vec<Formula>,
    /// Whether a `**` is open on this line.
    bold: bool,
}

impl Pass<'_> {
    fn copy(&mut self, len: usize) {
        self.out.push_str(&self.source[self.at..self.at + len]);
        self.at += len;
    }

    fn run(&self, at: usize, mark: u8) -> usize {
        self.source.as_bytes()[at..].iter().take_while(|&&byte| byte == mark).count()
    }

    /// Copies a code span, or a fenced block, which pairs its backticks in the same way.
    fn code(&mut self) {
        let len = self.run(self.at, b'`');
        let mut close = self.at + len;
        while let Some(next) = self.source[close..].find('`') {
            close += next;
            let found = self.run(close, b'`');
            close += found;
            if found == len {
                return self.copy(close - self.at);
            }
        }
        let line = self.source[..self.at].rsplit('\n').next().unwrap_or_default();
        let open_fence = len >= 3 && line.trim_start_matches([' ', '\t', '>']).is_empty();
        self.copy(if open_fence { self.source.len() - self.at } else { len });
    }

    fn backslash(&mut self) {
        let rest = &self.source[self.at + 1..];
        let close = match rest.as_bytes().first() {
            Some(b'(') => r"\)",
            Some(b'[') => r"\]",
            Some(byte) if byte.is_ascii() && *byte != b'\n' => return self.copy(2),
            _ => return self.copy(1),
        };
        let window = &rest[1..rest.floor_char_boundary(rest.len().min(math::LONGEST))];
        match window.split_once(close) {
            Some((tex, _)) if !tex.trim().is_empty() && !tex.contains("\n\n") => self.lift(tex.len(), close == r"\]"),
            _ => self.copy(2),
        }
    }

    fn lift(&mut self, len: usize, display: bool) {
        let source = &self.source[self.at..self.at + len + 4];
        let inner = &source[2..len + 2];
        let tex = if self.source.starts_with('>') { inner.replace("\n> ", "\n") } else { inner.to_owned() };
        self.out.push_str(&format!("{OPEN}{}{CLOSE}", self.formulas.len()));
        self.formulas.push(Formula { source: source.to_owned(), tex, display });
        self.at += len + 4;
    }

    /// Copies a run of stars, with a separator where CommonMark's flanking rule fails next to CJK text.
    fn stars(&mut self) {
        let len = self.run(self.at, b'*');
        let before = self.source[..self.at].chars().next_back().unwrap_or(' ');
        let after = self.source[self.at + len..].chars().next().unwrap_or(' ');
        let cjk = is_cjk(before) || is_cjk(after);
        if len != 2 || (self.bold && before.is_whitespace()) || (!self.bold && after.is_whitespace()) {
            return self.copy(len);
        }
        if !self.bold && cjk && is_mark(after) && is_letter(before) {
            self.out.push(SEPARATOR);
        }
        self.copy(len);
        if self.bold && cjk && is_mark(before) && is_letter(after) {
            self.out.push(SEPARATOR);
        }
        self.bold = !self.bold;
    }
}

fn is_letter(c: char) -> bool {
    !c.is_whitespace() && !is_mark(c)
}

pub(super) fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '·' | '«' | '»' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3020}' | '\u{FF01}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}' | '\u{FF3B}'..='\u{FF40}' | '\u{FF5B}'..='\u{FF65}')
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
        || matches!(c, '“' | '”' | '‘' | '’' | '…' | '—' | '·')
}
