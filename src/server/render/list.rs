//! Lists at the top level: each item is rendered as a document of its own, so that a finished item is never parsed again.
//!
//! An item is loose (its paragraphs get `<p>`) when it holds two paragraphs or more; blank lines between items do not count.

use super::inline::{Place, Setting, push};
use super::line::{Fence, Line, Marker, classify, closes_fence, dedent, indent, interrupts};
use super::tag::task_mark;

/// A list goes on in the next block after this many items …
const MOST_ITEMS: u64 = 16;
/// … or after this much markdown (bytes): an open block stays small.
const LARGEST: usize = 4096;

/// A list that is being written.
pub(super) struct List {
    marker: Marker,
    /// The number of the first item of this block; items so far; bytes so far.
    start: u64,
    items: u64,
    bytes: usize,
    /// Blank lines since the last line of the item.
    blanks: usize,
    /// Whether the item has begun with a blank line, and the blank line after it: nothing can belong to it any more.
    dead: bool,
    /// The fence that is open inside the item.
    fence: Option<(u8, usize)>,
}

/// What a line is to the open list.
pub(super) enum Step {
    /// It belongs to the item: line feeds and spaces to put in front of it, and bytes to skip.
    Content { feeds: usize, pad: usize, skip: usize },
    /// It begins the next item.
    Item(Marker),
    /// Nothing yet.
    Blank,
    /// It ends the list.
    End,
}

impl List {
    pub(super) fn new(marker: Marker) -> Self {
        Self { marker, start: marker.number.unwrap_or(1), items: 1, bytes: 0, blanks: 0, dead: false, fence: None }
    }

    /// What opens the list. `class="goes-on"` tells the style sheet that it continues the block before.
    pub(super) fn opening(&self, goes_on: bool) -> String {
        let class = if goes_on { " class=\"goes-on\"" } else { "" };
        match self.marker.number {
            None => format!("<ul{class}>"),
            Some(_) if self.start == 1 => format!("<ol{class}>"),
            Some(_) => format!("<ol start=\"{}\"{class}>", self.start),
        }
    }

    pub(super) fn end(&self) -> &'static str {
        if self.marker.number.is_some() { "</ol>" } else { "</ul>" }
    }

    /// Says what a line is to the list; `text` is the markdown of the item so far.
    pub(super) fn take(&mut self, line: &str, class: &Line, text: &str) -> Step {
        if *class == Line::Blank {
            self.blanks += 1;
            self.dead |= text.is_empty();
            return Step::Blank;
        }
        if indent(line).0 >= self.marker.width && !self.dead {
            let (pad, skip) = dedent(line, self.marker.width);
            return self.content(pad, skip, &line[skip..]);
        }
        match class {
            Line::Item(marker) if marker.kind == self.marker.kind => Step::Item(*marker),
            Line::Item(_) => Step::End,
            class if interrupts(class) || self.blanks > 0 || self.fence.is_some() || self.dead => Step::End,
            _ => self.content(0, indent(line).1, ""),
        }
    }

    fn content(&mut self, pad: usize, skip: usize, line: &str) -> Step {
        self.track_fence(line);
        Step::Content { feeds: 1 + std::mem::take(&mut self.blanks), pad, skip }
    }

    /// Follows the fences inside the item. No unfinished line gets here that could still become one, or cease to be one.
    pub(super) fn track_fence(&mut self, line: &str) {
        match (self.fence, classify(line)) {
            (Some((mark, len)), _) if closes_fence(line, mark, len) => self.fence = None,
            (None, Line::Fence(Fence { mark, len, .. })) => self.fence = Some((mark, len)),
            _ => {}
        }
    }

    /// Goes on to the next item, after `bytes` of the last one. True if it is the first one of the next block.
    pub(super) fn next_item(&mut self, marker: Marker, bytes: usize) -> bool {
        self.bytes += bytes;
        let full = self.items >= MOST_ITEMS || self.bytes >= LARGEST;
        if full {
            (self.start, self.items, self.bytes) = (self.start.saturating_add(self.items), 0, 0);
        }
        self.items += 1;
        (self.marker.width, self.blanks, self.dead, self.fence) = (marker.width, 0, false, None);
        full
    }
}

/// Appends an item; the answer is that of [`push`].
pub(super) fn push_item(out: &mut String, text: &str, setting: Setting) -> Option<usize> {
    out.push_str("<li>");
    let (text, done) = match text.get(..4) {
        Some("[ ] ") => (&text[4..], Some(false)),
        Some("[x] " | "[X] ") => (&text[4..], Some(true)),
        _ => (text, None),
    };
    out.push_str(done.map_or("", task_mark));
    let tail = push(out, text, &Setting { place: Place::Item, ..setting });
    out.push_str("</li>");
    tail
}
