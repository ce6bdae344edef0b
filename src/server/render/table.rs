//! Tables at the top level: each row is parsed once, alone.

use super::inline::{Place, Setting, push};
use super::reference::References;
use super::tag::{TABLE, TABLE_END};

/// A longer table goes on in the next block, under the same head: an open block stays small.
const MOST_ROWS: usize = 64;

/// A table that is being written.
pub(super) struct Table {
    /// A head of empty meaning and the delimiter row: with it in front, the parser takes a lone line for a row of this table.
    stand_in: String,
    head: String,
    /// With the one that is being written.
    rows: usize,
}

/// Whether `delimiters` makes the line above it, `head`, the head of a table.
pub(super) fn is_table(head: &str, delimiters: &str) -> bool {
    let cells = delimiter_cells(delimiters);
    cells.as_ref().is_some_and(|cells| !cells.is_empty() && cells.len() == cell_count(head))
}

/// The cells of a delimiter row, made short; None if the line is not one.
fn delimiter_cells(line: &str) -> Option<Vec<&'static str>> {
    let line = line.trim();
    if !line.contains('|') || !line.contains('-') {
        return None;
    }
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    let cell = |cell: &str| {
        let cell = cell.trim();
        let (left, right) = (cell.starts_with(':'), cell.len() > 1 && cell.ends_with(':'));
        let dashes = cell.trim_start_matches(':').trim_end_matches(':');
        let known = !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-') && cell.len() - dashes.len() <= 2;
        known.then_some(match (left, right) {
            (true, true) => ":-:|",
            (true, false) => ":-|",
            (false, true) => "-:|",
            (false, false) => "-|",
        })
    };
    line.split('|').map(cell).collect()
}

fn cell_count(line: &str) -> usize {
    let line = line.trim();
    let bars = line.bytes().enumerate().filter(|&(at, byte)| byte == b'|' && !line[..at].ends_with('\\')).count();
    let (first, last) = (line.starts_with('|'), line.len() > 1 && line.ends_with('|') && !line.ends_with("\\|"));
    bars + 1 - usize::from(first) - usize::from(last)
}

impl Table {
    /// A table whose first two lines are known.
    pub(super) fn new(head: &str, delimiters: &str, references: &References) -> Self {
        let cells = delimiter_cells(delimiters).unwrap_or_default();
        let stand_in = format!("|{}\n|{}\n", "a|".repeat(cells.len()), cells.concat());
        let mut table = Self { stand_in, head: String::new(), rows: 0 };
        let mut cells = String::new();
        table.push_cells(&mut cells, head, &Setting { place: Place::Cells("th"), finished: true, references });
        table.head = format!("{TABLE}<thead>{cells}</thead><tbody>");
        table
    }

    /// Bytes to parse for a row.
    pub(super) fn cost(&self, row: &str) -> usize {
        self.stand_in.len() + row.len()
    }

    /// Appends a row, finished or not; the answer is that of [`push`].
    pub(super) fn push_row(&self, out: &mut String, row: &str, setting: Setting) -> Option<usize> {
        self.push_cells(out, row, &Setting { place: Place::Cells("td"), ..setting })
    }

    fn push_cells(&self, out: &mut String, row: &str, setting: &Setting) -> Option<usize> {
        out.push_str("<tr>");
        let before = out.len();
        let tail = push(out, &format!("{}{row}", self.stand_in), setting);
        if out.len() == before {
            // The parser saw something else than a row (a comment, for instance): it is one cell of text.
            out.push_str("<td>");
            super::escape::push_escaped(out, row);
            out.push_str("</td>");
        }
        out.push_str("</tr>");
        tail
    }

    pub(super) fn has_row(&self) -> bool {
        self.rows > 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= MOST_ROWS
    }

    /// Goes on to the next row, which is the first one of the next block if this one is full.
    pub(super) fn next_row(&mut self) {
        self.rows = if self.is_full() { 1 } else { self.rows + 1 };
    }

    /// The HTML up to the first row.
    pub(super) fn head(&self) -> &str {
        &self.head
    }

    pub(super) fn end(&self) -> &'static str {
        TABLE_END
    }
}
