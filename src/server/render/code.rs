//! Code blocks: a figure with the language, a copy button, and lines that are highlighted once.

use super::escape::push_escaped;
use super::highlight::Highlighter;
use super::line::{Fence, closes_fence, dedent};

/// What ends every code block's HTML.
pub(super) const END: &str = "</code></pre></figure>";
/// Longer lines are not highlighted (bytes): minified code would cost more than it shows.
const LONGEST_LINE: usize = 2_000;
/// Highlighting stops after this much of a block (bytes).
const LARGEST: usize = 200_000;
/// Longer ones are no name (bytes).
const LONGEST_NAME: usize = 200;
/// An unfinished line is sent again with every token while it is this short, then each time it has grown by 1/16.
const SHORT_TAIL: usize = 128;

/// A fenced block that is being written.
pub(super) struct Code {
    mark: u8,
    len: usize,
    indent: usize,
    lines: Lines,
    /// Bytes of the unfinished line that stand in the HTML already, because it is too long to be highlighted.
    flushed: usize,
    /// Bytes of the unfinished line that the tail shows.
    pub shown: usize,
}

/// The colours of a block so far.
struct Lines {
    highlighter: Option<Highlighter>,
    bytes: usize,
}

impl Code {
    /// Opens a block and appends its head.
    pub(super) fn open(out: &mut String, fence: &Fence) -> Self {
        let lines = Lines::open(out, fence.info, true);
        Self { mark: fence.mark, len: fence.len, indent: fence.indent, lines, flushed: 0, shown: 0 }
    }

    /// Appends a finished line; false if it is the closing fence instead.
    pub(super) fn push_line(&mut self, out: &mut String, line: &str) -> bool {
        let flushed = std::mem::take(&mut self.flushed);
        self.shown = 0;
        if line.len() <= LONGEST_LINE && closes_fence(line, self.mark, self.len) {
            return false;
        }
        let (pad, at) = dedent(line, self.indent);
        if flushed > 0 {
            self.lines.bytes += pad + line.len() - at + 1;
            push_escaped(out, &line[flushed..]);
            out.push('\n');
        } else {
            self.lines.push(out, &format!("{:pad$}{}\n", "", &line[at..]));
        }
        true
    }

    /// Takes what is known of the line being written. A line too long to be highlighted is appended as it grows; of any other
    /// the tail that should be shown is returned, unless it should stay as it is.
    pub(super) fn unfinished<'a>(&mut self, out: &mut String, line: &'a str, at_any_cost: bool) -> Option<&'a str> {
        let (pad, at) = dedent(line, self.indent);
        if line.len() - at + pad + 1 > LONGEST_LINE && line.len() > LONGEST_LINE {
            if self.flushed == 0 {
                out.extend(std::iter::repeat_n(' ', pad));
            }
            push_escaped(out, &line[self.flushed.max(at)..]);
            self.flushed = line.len();
            return Some("");
        }
        let may_close = line.trim().bytes().all(|byte| byte == self.mark);
        let tail = if may_close { "" } else { &line[at..] };
        let stays = !at_any_cost && tail.len() > SHORT_TAIL && tail.len() - self.shown < tail.len() / 16;
        (!stays).then_some(tail)
    }
}

impl Lines {
    fn open(out: &mut String, info: &str, coloured: bool) -> Self {
        let name = info.split([' ', '\t', ',', '{', ':']).next().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'#' | b'.' | b'_');
        let language = if name.len() <= 32 && name.bytes().all(plain) { name } else { "" };
        out.push_str("<figure class=\"code\"");
        if let Some(name) = name_of(&info[name.len()..]) {
            out.push_str(" data-name=\"");
            push_escaped(out, name);
            out.push('"');
        }
        out.push_str("><figcaption><span class=\"lang\">");
        out.push_str(language);
        out.push_str("</span><button type=\"button\" class=\"copy\" data-copy aria-labelledby=\"copy-label\"></button>");
        out.push_str("</figcaption><pre tabindex=\"0\"><code");
        if !language.is_empty() {
            out.push_str(" class=\"language-");
            out.push_str(language);
            out.push('"');
        }
        out.push('>');
        Self { highlighter: if coloured { Highlighter::of(language) } else { None }, bytes: 0 }
    }

    fn push(&mut self, out: &mut String, line: &str) {
        self.bytes += line.len();
        match &mut self.highlighter {
            Some(highlighter) if line.len() <= LONGEST_LINE && self.bytes <= LARGEST => highlighter.push_line(out, line),
            _ => push_escaped(out, line),
        }
    }
}

/// The title or the file name that a fence gives behind its language: `title="A clock"`, `{file=clock.html}`, `:clock.html`, `clock.html`. What
/// has the same one is a version of the same thing to the page.
fn name_of(rest: &str) -> Option<&str> {
    let fields = ["title=", "filename=", "file=", "name="];
    let field = fields.iter().find_map(|field| rest.split_once(field)).map(|(_, value)| value);
    let ends = [' ', '\t', ',', '}'];
    let name = match field {
        Some(value) => match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => value[1..].split(quote).next(),
            None => value.split(ends).next(),
        },
        None => {
            let word = rest.trim_start_matches([':', ' ', '\t']).split(ends).next();
            word.filter(|word| {
                word.trim_matches('.').contains('.') && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
            })
        }
    };
    name.map(str::trim).filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME)
}

/// Appends a whole block, one inside a list or a quotation. While that is being written it stays without colours (`coloured`),
/// because it is rendered again and again.
pub(super) fn push_figure(out: &mut String, info: &str, text: &str, coloured: bool) {
    let mut lines = Lines::open(out, info, coloured);
    for line in text.split_inclusive('\n') {
        lines.push(out, line);
    }
    out.push_str(END);
}
