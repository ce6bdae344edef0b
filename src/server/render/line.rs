//! What one line of markdown begins, seen from the top level of a document.
//!
//! The splitter decides by lines alone. A line that is still being written is acted upon as soon as it is [`settled`]: when
//! nothing that may follow on it can change what it begins. That is why the cuts between pushes never show in the blocks.

/// What a line begins.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    Blank,
    Fence(Fence<'a>),
    /// `$$` or `\[` at the start of the line, with no other text after the closing delimiter.
    Math(&'static str),
    Item(Marker),
    Heading,
    Rule,
    Quote,
    /// Four columns or more of indentation.
    Indented,
    Text,
}

/// The opening line of a fenced code block.
#[derive(Debug, PartialEq)]
pub(super) struct Fence<'a> {
    pub mark: u8,
    pub len: usize,
    pub indent: usize,
    pub info: &'a str,
}

/// The marker of a list item. `kind` is the bullet, or `.` or `)` after a number; `width` is the column where content starts,
/// `skip` the byte, `pad` the spaces to put in front of it (of a tab cut in two).
#[derive(Debug, PartialEq, Clone, Copy)]
pub(super) struct Marker {
    pub kind: u8,
    pub number: Option<u64>,
    pub width: usize,
    pub skip: usize,
    pub pad: usize,
    pub empty: bool,
}

/// The columns of white space before the text and the bytes they take; a tab goes to the next multiple of four.
pub(super) fn indent(line: &str) -> (usize, usize) {
    gap(line, 0)
}

/// The same for text that starts at `column`.
fn gap(text: &str, column: usize) -> (usize, usize) {
    let mut end = column;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b' ' => end += 1,
            b'\t' => end += 4 - end % 4,
            _ => return (end - column, at),
        }
    }
    (end - column, text.len())
}

/// Removes up to `width` columns of indentation: the spaces to put instead (of a tab cut in two), and the bytes to skip.
pub(super) fn dedent(line: &str, width: usize) -> (usize, usize) {
    let mut columns = 0;
    for (at, byte) in line.bytes().enumerate() {
        if columns >= width {
            return (columns - width, at);
        }
        match byte {
            b' ' => columns += 1,
            b'\t' => columns += 4 - columns % 4,
            _ => return (0, at),
        }
    }
    (columns.saturating_sub(width), line.len())
}

/// Whether this can decide what a line begins; the others are marks, from which anything may still come.
pub(super) fn decides(c: char) -> bool {
    !c.is_ascii_digit() && !" \t.)-+*_=~`#>|:\\$".contains(c)
}

/// Whether every continuation of this unfinished line begins the same thing.
pub(super) fn settled(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '\t']);
    if text.starts_with("$$") || text.starts_with(r"\[") {
        return false;
    }
    let marks = text.find(decides).map(|at| &text[..at]);
    marks.is_some_and(|marks| !marks.contains("```") && !marks.contains("~~~"))
}

/// What a complete or settled line begins.
pub(super) fn classify(line: &str) -> Line<'_> {
    let (columns, at) = indent(line);
    let text = &line[at..];
    let Some(&first) = text.as_bytes().first() else { return Line::Blank };
    if columns >= 4 {
        return Line::Indented;
    }
    match first {
        b'>' => Line::Quote,
        b'#' if is_heading(text) => Line::Heading,
        b'-' | b'*' | b'_' if is_rule(text) => Line::Rule,
        b'`' | b'~' => fence(text, columns).map_or(Line::Text, Line::Fence),
        b'$' | b'\\' => math(text).map_or(Line::Text, Line::Math),
        _ => marker(text, columns, at).map_or(Line::Text, Line::Item),
    }
}

fn is_heading(text: &str) -> bool {
    let rest = text.trim_start_matches('#');
    text.len() - rest.len() <= 6 && (rest.is_empty() || rest.starts_with([' ', '\t']))
}

fn is_rule(text: &str) -> bool {
    let mark = text.as_bytes()[0];
    let marks = text.bytes().filter(|&byte| byte == mark).count();
    marks >= 3 && text.bytes().all(|byte| byte == mark || byte == b' ' || byte == b'\t')
}

fn fence(text: &str, indent: usize) -> Option<Fence<'_>> {
    let mark = text.as_bytes()[0];
    let len = text.bytes().take_while(|&byte| byte == mark).count();
    let info = text[len..].trim();
    (len >= 3 && !(mark == b'`' && info.contains('`'))).then_some(Fence { mark, len, indent, info })
}

/// Whether a line ends a block opened by a fence of `len` marks.
pub(super) fn closes_fence(line: &str, mark: u8, len: usize) -> bool {
    let (columns, at) = indent(line);
    let text = line[at..].trim_end();
    columns < 4 && text.len() >= len && text.bytes().all(|byte| byte == mark)
}

fn math(text: &str) -> Option<&'static str> {
    let (open, close) = if text.starts_with("$$") { ("$$", "$$") } else { (r"\[", r"\]") };
    let rest = text.strip_prefix(open)?;
    match rest.split_once(close) {
        Some((formula, after)) => (!formula.trim().is_empty() && after.trim().is_empty()).then_some(close),
        None => Some(close),
    }
}

fn marker(text: &str, columns: usize, at: usize) -> Option<Marker> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (kind, number, len) = match (*text.as_bytes().get(digits)?, digits) {
        (kind @ (b'-' | b'+' | b'*'), 0) => (kind, None, 1),
        (kind @ (b'.' | b')'), 1..=9) => (kind, text[..digits].parse().ok(), digits + 1),
        _ => return None,
    };
    let (spaces, bytes) = gap(&text[len..], columns + len);
    let empty = len + bytes == text.len();
    if spaces == 0 && !empty {
        return None;
    }
    let marker = Marker { kind, number, width: columns + len + 1, skip: at + text.len(), pad: 0, empty };
    Some(match spaces {
        _ if empty => marker,
        1..=4 => Marker { width: columns + len + spaces, skip: at + len + bytes, ..marker },
        // The content is indented code, one column after the marker.
        _ => Marker { skip: at + len + 1, pad: gap(&text[len..=len], columns + len).0 - 1, ..marker },
    })
}

/// Whether a line, right after a paragraph's, makes it a heading.
pub(super) fn is_setext(line: &str) -> bool {
    let (columns, at) = indent(line);
    let text = line[at..].trim_end();
    columns < 4 && !text.is_empty() && (text.bytes().all(|byte| byte == b'=') || text.bytes().all(|byte| byte == b'-'))
}

/// Whether this line may end the paragraph above it.
pub(super) fn interrupts(line: &Line) -> bool {
    match line {
        Line::Item(marker) => !marker.empty && marker.number.is_none_or(|number| number == 1),
        Line::Fence(_) | Line::Math(_) | Line::Heading | Line::Rule | Line::Quote => true,
        Line::Blank | Line::Indented | Line::Text => false,
    }
}
