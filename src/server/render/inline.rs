//! A piece of markdown, parsed and rendered: a paragraph, a list item, a table row.

use std::ops::Range;

use pulldown_cmark::{BrokenLink, Event, Options, Parser, Tag};

use super::prepare::prepare;
use super::reference::References;
use super::writer::Writer;

/// Where a piece of markdown stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the top level.
    Flow,
    /// The content of a list item: its only paragraph gets no `<p>`.
    Item,
    /// A table whose head is a stand-in: only the cells of its last row are wanted, as `<td>` or `<th>`.
    Cells(&'static str),
}

/// How a piece is to be rendered.
pub(super) struct Setting<'a> {
    pub place: Place,
    /// Whether nested code blocks get colours: only in the last rendering.
    pub finished: bool,
    pub references: &'a References,
}

/// The extensions of markdown that are read.
pub(super) fn options() -> Options {
    // The old footnotes: the new ones want the definition in the same text, and it is usually in a later block.
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_OLD_FOOTNOTES
        | Options::ENABLE_MATH
}

/// Appends `source` as HTML. The answer is where in `out` the text goes that may follow on the last line, if this is plain text
/// in which plain characters mean nothing but themselves.
pub(super) fn push(out: &mut String, source: &str, setting: &Setting) -> Option<usize> {
    let (text, formulas) = prepare(source);
    let mut find = |link: BrokenLink| setting.references.find(&link);
    let parser = Parser::new_with_broken_link_callback(&text, options(), Some(&mut find));
    let events: Vec<_> = parser.into_offset_iter().collect();
    let mut writer = Writer::new(out, &formulas, setting, bare_paragraph(setting.place, &events));
    for (event, range) in events {
        writer.event(event, &range);
    }
    let (at, end) = writer.finish()?;
    // Link reference definitions and the names of HTML tags are made of plain characters too.
    let plain = !source.contains("]:") && !source.contains('<');
    (plain && end == text.trim_end().len() && source.trim_end().ends_with(is_inert)).then_some(at)
}

/// Characters that are only themselves wherever they follow plain text in a line that has a letter.
pub(super) fn is_inert(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || " ,.?'\"-/%:=+@(".contains(c) } else { !c.is_whitespace() }
}

fn bare_paragraph(place: Place, events: &[(Event, Range<usize>)]) -> bool {
    let mut depth = 0usize;
    let mut paragraphs = 0;
    for (event, _) in events {
        match event {
            Event::Start(tag) => {
                paragraphs += usize::from(depth == 0 && *tag == Tag::Paragraph);
                depth += 1;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    place == Place::Item && paragraphs == 1
}
