//! Which block each line of a growing text belongs to.

use super::block::{Block, Kind};
use super::code::Code;
use super::line::{Line, Marker, classify, decides, interrupts, is_setext, settled};
use super::list::{List, Step};
use super::stream::Stream;
use super::table::{Table, is_table};

impl Stream {
    pub(super) fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let begun = std::mem::take(&mut self.begun);
        let taken = std::mem::take(&mut self.taken);
        self.marks = 0;
        match &mut self.open {
            Some(Block { kind: Kind::Code(_), .. }) => self.end_code_line(&line),
            Some(Block { kind: Kind::Math(close), .. }) => {
                let close = *close;
                self.end_math_line(&line, close);
            }
            _ if begun => self.feed(&line, taken),
            Some(Block { kind: Kind::Paragraph, source, .. }) if is_setext(&line) => {
                source.push('\n');
                source.push_str(&line);
                self.close();
            }
            Some(Block { kind: Kind::Paragraph, source, .. }) if is_table(last_line(source), &line) => self.begin_table(&line),
            _ => {
                let taken = self.begin(&line);
                self.feed(&line, taken);
            }
        }
        if self.open.as_ref().is_some_and(Block::ends_with_its_line) {
            self.close();
        }
        // One buffer serves all lines.
        if self.line.capacity() == 0 {
            self.line = line;
            self.line.clear();
        }
    }

    fn end_code_line(&mut self, line: &str) {
        let Some(block) = &mut self.open else { return };
        self.parsed += line.len() as u64;
        self.version += 1;
        if !block.push_code_line(line) {
            self.close();
        }
    }

    /// Adds a line to an open formula. What follows the closing delimiter is a line of its own.
    fn end_math_line(&mut self, line: &str, close: &str) {
        let Some(block) = &mut self.open else { return };
        if classify(line) == Line::Blank {
            return self.close();
        }
        block.source.push('\n');
        let Some((formula, after)) = line.split_once(close) else { return block.source.push_str(line) };
        block.source.push_str(formula);
        block.source.push_str(close);
        self.close();
        let after = after.trim();
        if !after.is_empty() {
            after.clone_into(&mut self.line);
            self.end_line();
        }
    }

    /// Acts on the unfinished line as far as nothing that may follow can change it.
    pub(super) fn take_unfinished(&mut self, at_any_cost: bool) {
        if self.line.is_empty() {
            return;
        }
        if let Some(block @ Block { kind: Kind::Code(_), .. }) = &mut self.open {
            self.version += u64::from(block.show_code_tail(&self.line, at_any_cost));
            return;
        }
        if matches!(self.open, Some(Block { kind: Kind::Math(_), .. })) || !(self.begun || self.is_settled()) {
            return;
        }
        let line = std::mem::take(&mut self.line);
        if !self.begun {
            self.taken = self.begin(&line);
            self.begun = true;
        }
        self.feed(&line, self.taken);
        self.taken = line.len();
        self.line = line;
    }

    fn is_settled(&mut self) -> bool {
        let looked_at = std::mem::replace(&mut self.marks, self.line.len());
        if self.line[looked_at..].contains(decides) {
            self.marks = looked_at;
        }
        self.marks < self.line.len() && settled(&self.line)
    }

    fn feed(&mut self, line: &str, taken: usize) {
        if let Some(block) = &mut self.open {
            block.source.push_str(&line[taken..]);
        }
    }

    /// Lets a line begin what it begins. The answer is how much of it is not content.
    fn begin(&mut self, line: &str) -> usize {
        let class = classify(line);
        let Some(block) = &mut self.open else { return self.start(line, class) };
        let goes_on = match &mut block.kind {
            Kind::List(_) => return self.begin_in_list(line, class),
            Kind::Table(_) => return self.begin_in_table(line, class),
            Kind::Paragraph => class != Line::Blank && !interrupts(&class),
            Kind::Quote => class == Line::Quote || (class != Line::Blank && !interrupts(&class)),
            Kind::Indented(blanks) if class == Line::Blank => {
                *blanks += 1;
                return line.len();
            }
            Kind::Indented(blanks) if class == Line::Indented => {
                block.source.extend(std::iter::repeat_n('\n', std::mem::take(blanks)));
                true
            }
            Kind::Indented(_) | Kind::Line | Kind::Math(_) | Kind::Code(_) => false,
        };
        if goes_on {
            block.source.push('\n');
            return 0;
        }
        self.close();
        self.start(line, class)
    }

    fn begin_in_list(&mut self, line: &str, class: Line) -> usize {
        let Some(Block { kind: Kind::List(list), source, .. }) = &mut self.open else { return 0 };
        match list.take(line, &class, source) {
            Step::Blank => line.len(),
            Step::Content { feeds, pad, skip } => {
                source.extend(std::iter::repeat_n('\n', feeds));
                source.extend(std::iter::repeat_n(' ', pad));
                skip
            }
            Step::Item(marker) => {
                let full = list.next_item(marker, source.len());
                self.next_segment(full);
                self.begin_item(line, marker)
            }
            Step::End => {
                self.close();
                self.start(line, class)
            }
        }
    }

    fn begin_in_table(&mut self, line: &str, class: Line) -> usize {
        let Some(Block { kind: Kind::Table(table), .. }) = &self.open else { return 0 };
        if class == Line::Blank || interrupts(&class) {
            self.close();
            return self.start(line, class);
        }
        self.next_segment(table.is_full());
        if let Some(Block { kind: Kind::Table(table), .. }) = &mut self.open {
            table.next_row();
        }
        0
    }

    /// Settles the item or row that is complete; if the block is `full`, the next one begins the next block.
    fn next_segment(&mut self, full: bool) {
        let Some(mut block) = self.open.take() else { return };
        if full {
            self.seal(&mut block);
            block = block.next();
        } else {
            self.parsed += block.settle(&self.references) as u64;
        }
        self.open = Some(block);
    }

    /// Makes a table of the last line of the open paragraph; what stands before it remains a paragraph.
    fn begin_table(&mut self, delimiters: &str) {
        let Some(Block { source, .. }) = &mut self.open else { return };
        let head = last_line(source).to_owned();
        source.truncate(source.len() - head.len());
        source.truncate(source.trim_end_matches('\n').len());
        if source.is_empty() {
            self.open = None;
        } else {
            self.close();
        }
        let table = Table::new(&head, delimiters, &self.references);
        let html = table.head().to_owned();
        self.parsed += table.cost(&head) as u64;
        self.version += 1;
        self.open = Some(Block::new(Kind::Table(table), html));
    }

    /// Starts a block.
    fn start(&mut self, line: &str, class: Line) -> usize {
        let mut html = String::new();
        let kind = match class {
            Line::Blank => return line.len(),
            Line::Fence(fence) => Kind::Code(Code::open(&mut html, &fence)),
            Line::Item(marker) => {
                let list = List::new(marker);
                let html = list.opening(false);
                self.open = Some(Block::new(Kind::List(list), html));
                return self.begin_item(line, marker);
            }
            Line::Math(close) => Kind::Math(close),
            Line::Heading | Line::Rule => Kind::Line,
            Line::Quote => Kind::Quote,
            Line::Indented => Kind::Indented(0),
            Line::Text => Kind::Paragraph,
        };
        self.version += 1;
        let skip = if matches!(kind, Kind::Code(_)) { line.len() } else { 0 };
        self.open = Some(Block::new(kind, html));
        skip
    }

    fn begin_item(&mut self, line: &str, marker: Marker) -> usize {
        if let Some(Block { kind: Kind::List(list), source, .. }) = &mut self.open {
            source.extend(std::iter::repeat_n(' ', marker.pad));
            list.track_fence(&line[marker.skip..]);
        }
        marker.skip
    }
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or_default()
}
