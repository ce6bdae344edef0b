//! One block that is being written: its HTML so far, and the markdown that is not yet settled in it.

use std::sync::{Arc, OnceLock};

use super::autolink;
use super::code::{self, Code};
use super::escape::push_escaped;
use super::inline::{Place, Setting, is_inert, push};
use super::list::{List, push_item};
use super::math;
use super::reference::References;
use super::table::Table;

/// A longer piece is rendered again only when it has grown by 1/32.
const LONG: usize = 4096;

pub(super) enum Kind {
    /// A paragraph, or what else one line or paragraph may turn out to be.
    Paragraph,
    Quote,
    /// Indented code: blank lines do not end it, the first line without indentation does. Holds the blank lines that wait.
    Indented(usize),
    /// A heading or a rule: ends with its line.
    Line,
    /// A display formula that waits for its closing delimiter.
    Math(&'static str),
    List(List),
    Table(Table),
    Code(Code),
}

pub(super) struct Block {
    pub kind: Kind,
    /// Complete HTML of the block as it stands.
    html: String,
    /// So much of `html` will not change any more.
    fixed: usize,
    /// The markdown of what comes after `fixed`.
    pub source: String,
    /// So much of `source` is in `html`; None: not even its emptiness.
    rendered: Option<usize>,
    /// Where in `html` plain text goes that follows.
    insert: Option<usize>,
    /// `html`, to be shared by all who hold it.
    shared: OnceLock<Arc<str>>,
}

impl Block {
    pub(super) fn new(kind: Kind, html: String) -> Self {
        let fixed = html.len();
        let mut block = Self { kind, html, fixed, source: String::new(), rendered: None, insert: None, shared: OnceLock::new() };
        block.html.push_str(block.end());
        block
    }

    fn end(&self) -> &'static str {
        match &self.kind {
            Kind::List(list) => list.end(),
            Kind::Table(table) => table.end(),
            Kind::Code(_) => code::END,
            _ => "",
        }
    }

    pub(super) fn html(&self) -> &str {
        &self.html
    }

    pub(super) fn shared(&self) -> &Arc<str> {
        self.shared.get_or_init(|| self.html.as_str().into())
    }

    /// For a code block, the bytes of `html` that end with its last finished line, and those of the tail after it.
    pub(super) fn code_extent(&self) -> Option<(usize, usize)> {
        matches!(self.kind, Kind::Code(_)).then_some((self.fixed, self.html.len() - code::END.len()))
    }

    /// Goes on to the next item or row: what `source` holds is rendered for the last time. The answer is the bytes parsed.
    pub(super) fn settle(&mut self, references: &References) -> usize {
        self.html.truncate(self.fixed);
        let cost = self.cost();
        self.push_source(references, true);
        self.fixed = self.html.len();
        self.source.clear();
        self.rendered = None;
        cost
    }

    /// Renders what is left for the last time: the finished block's HTML, and the bytes parsed.
    pub(super) fn finish(&mut self, references: &References) -> (Arc<str>, usize) {
        let cost = self.settle(references);
        let end = self.end();
        self.html.push_str(end);
        (self.html.as_str().into(), cost)
    }

    /// The block in which a list or a table goes on that is too long for one.
    pub(super) fn next(self) -> Self {
        let html = match &self.kind {
            Kind::List(list) => list.opening(true),
            Kind::Table(table) => table.head().to_owned(),
            _ => String::new(),
        };
        Self::new(self.kind, html)
    }

    /// The bytes that rendering `source` parses.
    pub(super) fn cost(&self) -> usize {
        if let Kind::Table(table) = &self.kind { table.cost(&self.source) } else { self.source.len() }
    }

    fn push_source(&mut self, references: &References, finished: bool) -> Option<usize> {
        let setting = Setting { place: Place::Flow, finished, references };
        let (out, source) = (&mut self.html, self.source.as_str());
        match &self.kind {
            Kind::Code(_) => None,
            Kind::List(_) => push_item(out, source, setting),
            Kind::Table(table) if table.has_row() => table.push_row(out, source, setting),
            Kind::Table(_) => None,
            Kind::Math(_) if !finished => {
                out.push_str("<p>");
                push_escaped(out, source);
                out.push_str("</p>");
                None
            }
            Kind::Math(close) => {
                push_formula(out, source, close, &setting);
                None
            }
            _ => push(out, source, &setting),
        }
    }

    /// Whether a line that has just ended is all of the block.
    pub(super) fn ends_with_its_line(&self) -> bool {
        match &self.kind {
            Kind::Line => true,
            Kind::Math(close) => !self.source.contains('\n') && self.source.trim().get(2..).is_some_and(|rest| rest.contains(close)),
            _ => false,
        }
    }

    /// Whether `source` has something that `html` has not.
    pub(super) fn is_behind(&self) -> bool {
        !matches!(self.kind, Kind::Code(_)) && self.rendered.is_none_or(|rendered| rendered < self.source.len())
    }

    /// Whether enough is missing to render it.
    pub(super) fn is_due(&self) -> bool {
        let missing = self.source.len() - self.rendered.unwrap_or_default();
        self.source.len() < LONG || missing >= self.source.len() / 32
    }

    /// Puts what was added into the HTML without parsing, where it is plain text after plain text. True if that is all.
    pub(super) fn extend(&mut self) -> bool {
        let (Some(rendered), Some(at)) = (self.rendered, self.insert) else { return false };
        let added = &self.source[rendered..];
        if !added.chars().all(is_inert) {
            return false;
        }
        // What begins an address may stand across the seam.
        let seam = self.source.floor_char_boundary(rendered.saturating_sub(3));
        if autolink::is_near(&self.source[seam..]) {
            return false;
        }
        // White space at the end of a line is shown when something follows it.
        let shown = added.trim_end();
        if !shown.is_empty() {
            let mut text = String::with_capacity(shown.len());
            push_escaped(&mut text, shown);
            self.html.insert_str(at, &text);
            self.insert = Some(at + text.len());
            self.rendered = Some(rendered + shown.len());
            self.shared.take();
        }
        true
    }

    /// Renders what is not fixed.
    pub(super) fn render(&mut self, references: &References) {
        self.html.truncate(self.fixed);
        self.insert = self.push_source(references, false);
        let end = self.end();
        self.html.push_str(end);
        self.rendered = Some(if self.insert.is_some() { self.source.trim_end().len() } else { self.source.len() });
        self.shared.take();
    }

    /// Appends a finished line to a code block; false if that was its closing fence.
    pub(super) fn push_code_line(&mut self, line: &str) -> bool {
        let Kind::Code(code) = &mut self.kind else { return false };
        self.html.truncate(self.fixed);
        let open = code.push_line(&mut self.html, line);
        self.fixed = self.html.len();
        self.html.push_str(code::END);
        open
    }

    /// Shows the unfinished line of a code block. True if the HTML changed.
    pub(super) fn show_code_tail(&mut self, line: &str, at_any_cost: bool) -> bool {
        let Kind::Code(code) = &mut self.kind else { return false };
        let (fixed, shown) = (self.fixed, code.shown);
        let mut lines = String::new();
        let Some(tail) = code.unfinished(&mut lines, line, at_any_cost) else { return false };
        code.shown = tail.len();
        self.html.truncate(fixed);
        self.html.push_str(&lines);
        self.fixed = self.html.len();
        if !tail.is_empty() {
            self.html.push_str("<span class=\"tail\">");
            push_escaped(&mut self.html, tail);
            self.html.push_str("</span>");
        }
        self.html.push_str(code::END);
        self.fixed != fixed || tail.len() != shown
    }
}

/// Appends a display formula, or, where it has no end, the markdown that it looks like.
fn push_formula(out: &mut String, source: &str, close: &str, setting: &Setting) {
    let formula = source.trim().get(2..).and_then(|rest| rest.strip_suffix(close));
    match formula {
        Some(tex) if !tex.trim().is_empty() => math::push(out, tex.trim(), true),
        _ => {
            push(out, source, setting);
        }
    }
}
