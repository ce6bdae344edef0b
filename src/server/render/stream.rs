//! A markdown text that grows, rendered in blocks: [`Stream`].

use std::sync::Arc;

use super::block::{Block, Kind};
use super::prepare::clean;
use super::reference::References;
use crate::model::passage::Source;

/// Bytes that may be parsed for each byte pushed, over the whole text, while its last block is open …
const WORK: u64 = 6;
/// … and those that may be parsed in advance.
const ADVANCE: u64 = 4096;

/// A markdown text that grows at its end, rendered in blocks.
///
/// Finished blocks never change. The open one is complete HTML at any time; it may be a few words behind the text when showing
/// them would mean parsing it again too often (see [`Stream::work`]); [`Stream::refresh`] and [`Stream::finish`] catch up.
#[derive(Default)]
pub struct Stream {
    closed: Vec<Arc<str>>,
    pub(super) open: Option<Block>,
    pub(super) references: References,
    /// The line being written.
    pub(super) line: String,
    /// Whether it has been told to the open block, and how much of it the block has taken.
    pub(super) begun: bool,
    pub(super) taken: usize,
    /// So much of the line, from its start, is known to decide nothing.
    pub(super) marks: usize,
    pub(super) version: u64,
    pushed: u64,
    pub(super) parsed: u64,
}

impl Stream {
    /// An empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty text that can cite these. When it ends, those that it has cited are a block of their own.
    pub fn citing(sources: Arc<[Source]>) -> Self {
        Self { references: References::to(sources), ..Self::default() }
    }

    /// Appends to the text, at a cost proportional to the length of `text` and not to that of the document.
    pub fn push(&mut self, text: &str) {
        self.pushed += text.len() as u64;
        for piece in clean(text).split_inclusive('\n') {
            match piece.strip_suffix('\n') {
                Some(end) => {
                    self.line.push_str(end);
                    self.end_line();
                }
                None => self.line.push_str(piece),
            }
        }
        self.take_unfinished(false);
        self.show(false);
    }

    /// Brings the open block up to date whatever that costs: for when the text pauses.
    pub fn refresh(&mut self) {
        self.take_unfinished(true);
        self.show(true);
    }

    /// Ends the text: closes the open block. What is pushed afterwards begins a new one.
    pub fn finish(&mut self) {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.close();
        // Below an answer that says nothing there is nothing to list.
        if let Some(html) = self.references.list().filter(|_| self.pushed > 0) {
            self.closed.push(html.into());
            self.version += 1;
        }
    }

    /// The finished blocks. They never change again.
    pub fn closed(&self) -> &[Arc<str>] {
        &self.closed
    }

    /// The HTML of the block that is being written, complete and well-formed by itself.
    pub fn open(&self) -> Option<&str> {
        self.open.as_ref().map(Block::html)
    }

    /// Changes whenever [`closed`](Self::closed) or [`open`](Self::open) do.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Bytes of markdown parsed so far, at most 8 for each byte pushed (and a constant).
    pub fn work(&self) -> u64 {
        self.parsed
    }

    /// The finished blocks of a finished text.
    pub(super) fn into_blocks(self) -> Vec<Arc<str>> {
        self.closed
    }

    /// Closes the open block.
    pub(super) fn close(&mut self) {
        let Some(mut block) = self.open.take() else { return };
        if matches!(block.kind, Kind::Paragraph) {
            self.references.learn(&block.source);
        }
        self.seal(&mut block);
    }

    /// Puts a block among the closed ones.
    pub(super) fn seal(&mut self, block: &mut Block) {
        let (html, cost) = block.finish(&self.references);
        self.closed.push(html);
        self.parsed += cost as u64;
        self.version += 1;
    }

    /// Brings the open block's HTML up to date, if that is due and within the bounds of [`Stream::work`].
    fn show(&mut self, at_any_cost: bool) {
        let Some(block) = &mut self.open else { return };
        if !block.is_behind() || !(at_any_cost || block.is_due()) {
            return;
        }
        let cost = block.cost() as u64;
        if !block.extend() {
            if !at_any_cost && self.parsed + cost > WORK * self.pushed + ADVANCE {
                return;
            }
            block.render(&self.references);
            self.parsed += cost;
        }
        self.version += 1;
    }
}
