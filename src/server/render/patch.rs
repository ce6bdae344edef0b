//! What a follower of a [`Stream`] must apply to bring its blocks up to date.

use std::sync::Arc;

use serde::Serialize;

use super::code;
use super::stream::Stream;

/// One change to one block. Blocks are numbered from 0; a block that the follower does not have is empty.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Patch {
    /// The block's HTML is what it was up to `at` (in UTF-16 code units, as the browser counts), and then `html`.
    Replace { b: usize, at: usize, html: String },
    /// For an open code block: finished lines go to the end of its `<code>` element, after the element of class `tail` in it, if
    /// there is one, has been removed; `tail` (the unfinished line, in such an element) goes after them.
    Append {
        b: usize,
        append: String,
        #[serde(skip_serializing_if = "String::is_empty")]
        tail: String,
    },
}

/// What one follower has: some finished blocks, and the one after them as it was when last sent.
#[derive(Debug, Default)]
pub struct Cursor {
    closed: usize,
    version: u64,
    held: Held,
}

#[derive(Debug, Default)]
enum Held {
    #[default]
    Nothing,
    Html(Arc<str>),
    /// A code block: bytes of its HTML up to the last finished line, and bytes of the tail.
    Code {
        fixed: usize,
        tail: usize,
    },
}

impl Cursor {
    /// A follower that has the first `closed` finished blocks, and will get the open one whole.
    pub fn at(closed: usize) -> Self {
        Self { closed, ..Self::default() }
    }
}

impl Stream {
    /// All that has changed since `cursor`, without the versions in between: a slow reader costs nothing.
    pub fn patches(&self, cursor: &mut Cursor) -> Vec<Patch> {
        let mut patches = Vec::new();
        if cursor.version == self.version() && cursor.version != 0 {
            return patches;
        }
        cursor.version = self.version();
        while let Some(html) = self.closed().get(cursor.closed) {
            let end = html.len().saturating_sub(code::END.len());
            patches.extend(match std::mem::take(&mut cursor.held) {
                Held::Code { fixed, tail } => append(cursor.closed, html, (fixed, tail), (end, end)),
                Held::Html(old) => replace(cursor.closed, Some(&old), html),
                Held::Nothing => replace(cursor.closed, None, html),
            });
            cursor.closed += 1;
        }
        patches.extend(self.open_patch(cursor));
        patches
    }

    fn open_patch(&self, cursor: &mut Cursor) -> Option<Patch> {
        let block = self.open.as_ref().filter(|_| cursor.closed == self.closed().len())?;
        if let Some((fixed, end)) = block.code_extent() {
            let held = std::mem::replace(&mut cursor.held, Held::Code { fixed, tail: end - fixed });
            return match held {
                Held::Code { fixed: from, tail } => append(cursor.closed, block.html(), (from, tail), (fixed, end)),
                Held::Html(old) => replace(cursor.closed, Some(&old), block.html()),
                Held::Nothing => replace(cursor.closed, None, block.html()),
            };
        }
        let html = block.shared();
        let old = std::mem::replace(&mut cursor.held, Held::Html(html.clone()));
        replace(cursor.closed, if let Held::Html(old) = &old { Some(old) } else { None }, html)
    }
}

fn append(b: usize, html: &str, (from, old_tail): (usize, usize), (fixed, end): (usize, usize)) -> Option<Patch> {
    let (append, tail) = (html.get(from..fixed)?, html.get(fixed..end)?);
    (!append.is_empty() || tail.len() != old_tail).then(|| Patch::Append { b, append: append.to_owned(), tail: tail.to_owned() })
}

fn replace(b: usize, old: Option<&str>, html: &str) -> Option<Patch> {
    let Some(old) = old else { return Some(Patch::Replace { b, at: 0, html: html.to_owned() }) };
    if old == html {
        return None;
    }
    let same = old.bytes().zip(html.bytes()).take_while(|(old, new)| old == new).count();
    let same = html.floor_char_boundary(same);
    let at = html[..same].chars().map(char::len_utf16).sum();
    Some(Patch::Replace { b, at, html: html[same..].to_owned() })
}
