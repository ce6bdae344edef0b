//! Markdown → HTML, in blocks that never change once they are finished.
//!
//! A text is cut at its top level into blocks: paragraphs, headings, code blocks, tables, lists. While an answer is written only
//! its last block is open; all before it is final, on the server, on the wire and in the page. What is parsed, sent and put
//! into the page for a token does not depend on the length of the answer:
//!
//! - inside the open block, finished list items, table rows and lines of code are final too, and parsed once;
//! - plain text after plain text is put into the HTML without parsing;
//! - what must be parsed again, is, as long as no more than [`Stream::work`] allows.
//!
//! The walk of a line: `prepare::clean` → `split` (which block?) → `block` (what is settled in it) → `prepare` (formulas, CJK
//! emphasis) → `inline` (the parser) → `writer` (HTML), with `autolink`, `cite`, `list`, `table`, `code` and
//! `math` for what their names say. `patch` tells
//! followers what has changed.
//!
//! Known limits, all the price of blocks: a link reference resolves if its definition is in the same or an earlier block; HTML
//! and footnote definitions end at a blank line; an item is loose by its own paragraphs, not by the blank lines around it.

mod autolink;
mod block;
mod cite;
mod code;
mod escape;
mod highlight;
mod inline;
mod line;
mod list;
mod math;
mod patch;
mod prepare;
mod reference;
mod split;
mod stream;
mod table;
mod tag;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::model::passage::Source;

pub use patch::{Cursor, Patch};
pub use stream::Stream;

/// Renders a whole text as its blocks, in order: what a [`Stream`] of the same text ends with, byte for byte.
pub fn blocks(markdown: &str) -> Vec<Arc<str>> {
    let mut stream = Stream::new();
    stream.push(markdown);
    stream.finish();
    stream.into_blocks()
}

/// The same of an answer that can cite these, with those that it cites below it.
pub fn cited_blocks(markdown: &str, sources: Arc<[Source]>) -> Vec<Arc<str>> {
    let mut stream = Stream::citing(sources);
    stream.push(markdown);
    stream.finish();
    stream.into_blocks()
}

/// The text as HTML shows it, for an element or an attribute in quotes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape::push_escaped(&mut out, text);
    out
}

/// Renders a whole text, each block as `<div class="b">…</div>`: block n is the n-th child of what this is put into.
pub fn html(markdown: &str) -> String {
    let mut html = String::with_capacity(markdown.len() * 2);
    for block in blocks(markdown) {
        html.extend(["<div class=\"b\">", &block, "</div>"]);
    }
    html
}
