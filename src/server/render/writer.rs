//! From the parser's events to HTML. Code, formulas and the allow-list of addresses have their own files.

use std::ops::Range;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, LinkType, Tag, TagEnd};

use super::autolink;
use super::escape::{Target, is_inline_image, link_target, push_escaped};
use super::inline::{Place, Setting};
use super::prepare::{CLOSE, Formula, OPEN, push_restored, push_visible, restored};
use super::reference::References;
use super::tag::{TABLE, closing, is_line_break, opening, task_mark};
use super::{code, math};

#[derive(Default)]
struct Run {
    text: String,
    /// Where in the source it ends.
    end: usize,
    /// Whether its last piece has a letter and ends with no formula.
    plain: bool,
}

pub(super) struct Writer<'a> {
    out: &'a mut String,
    formulas: &'a [Formula],
    place: Place,
    finished: bool,
    /// Whether the paragraph at depth 0 gets no tags.
    bare: bool,
    depth: usize,
    /// What closes the links that are open; empty for those that are shown as text.
    links: Vec<&'static str>,
    references: &'a References,
    /// The citations being read: which, where their own text begins, and whether that is a label, too.
    cited: Option<(Vec<u32>, usize, bool)>,
    /// The picture being read: its address and its alternative text.
    image: Option<(String, String)>,
    code: Option<(String, String)>,
    aligns: Vec<Alignment>,
    cell: usize,
    head: bool,
    /// Text that has come in pieces and is not in `out` yet: an address may be in several.
    run: Run,
    /// The end of the last plain text, in `out` and in the source.
    tail: Option<(usize, usize)>,
}

impl<'a> Writer<'a> {
    /// `bare`: the paragraph at depth 0 gets no tags.
    pub(super) fn new(out: &'a mut String, formulas: &'a [Formula], setting: &Setting<'a>, bare: bool) -> Self {
        let (place, finished) = (setting.place, setting.finished);
        let (links, aligns, run) = (Vec::new(), Vec::new(), Run::default());
        Self {
            out,
            formulas,
            place,
            finished,
            bare,
            depth: 0,
            links,
            references: setting.references,
            cited: None,
            image: None,
            code: None,
            aligns,
            cell: 0,
            head: false,
            run,
            tail: None,
        }
    }

    /// Where in the HTML, and where in the source, the last text ended, if it was plain.
    pub(super) fn finish(mut self) -> Option<(usize, usize)> {
        self.flush();
        self.tail
    }

    /// Takes the next event, which comes from this range of the source.
    pub(super) fn event(&mut self, event: Event, range: &Range<usize>) {
        if !matches!(event, Event::Text(_)) {
            self.flush();
        }
        let hidden = matches!(self.place, Place::Cells(_)) && (self.head || self.aligns.is_empty());
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            _ if hidden => {}
            Event::Text(text) => self.text(&text, range.end),
            other => self.leaf(other),
        }
    }

    fn text(&mut self, text: &str, end: usize) {
        self.tail = None;
        if let Some((_, code)) = &mut self.code {
            return code.push_str(text);
        }
        if let Some((_, alt)) = &mut self.image {
            return push_restored(alt, text, self.formulas);
        }
        self.run.text.push_str(text);
        self.run.end = end;
        self.run.plain = text.chars().any(char::is_alphabetic) && !text.ends_with(CLOSE);
    }

    /// Appends the text that has come.
    fn flush(&mut self) {
        let Run { text, end, plain } = std::mem::take(&mut self.run);
        if text.is_empty() {
            return;
        }
        let linked = self.links.is_empty();
        self.push_text(&text, linked);
        if linked && plain && !autolink::is_unfinished(&text) {
            self.tail = Some((self.out.len(), end));
        }
    }

    /// Appends text with the lifted formulas set and, if `linked`, with links where addresses are.
    fn push_text(&mut self, mut text: &str, linked: bool) {
        let push = if linked { Self::push_linked } else { |writer: &mut Self, text: &str| push_visible(writer.out, text) };
        while let Some((before, rest)) = text.split_once(OPEN) {
            push(self, before);
            let Some((number, after)) = rest.split_once(CLOSE) else { break };
            if let Some(formula) = number.parse().ok().and_then(|number: usize| self.formulas.get(number)) {
                math::push(self.out, &formula.tex, formula.display);
            }
            text = after;
        }
        push(self, text);
    }

    fn push_linked(&mut self, mut text: &str) {
        while let Some(found) = autolink::find(text) {
            push_visible(self.out, &text[..found.start]);
            let address = &text[found.start..found.end];
            let scheme = if address.contains("://") && !address[..4].eq_ignore_ascii_case("www.") { "" } else { "http://" };
            self.start_link(&format!("{scheme}{address}"), "");
            push_visible(self.out, address);
            self.out.push_str(self.links.pop().unwrap_or_default());
            text = &text[found.end..];
        }
        push_visible(self.out, text);
    }

    fn leaf(&mut self, event: Event) {
        match (&mut self.image, event) {
            (Some((_, alt)), Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) | Event::InlineHtml(text)) => {
                push_restored(alt, &text, self.formulas);
            }
            (Some((_, alt)), _) => alt.push(' '),
            (None, Event::Code(text)) => {
                self.out.push_str("<code>");
                push_escaped(self.out, &restored(&text, self.formulas));
                self.out.push_str("</code>");
            }
            (None, Event::InlineMath(tex)) => math::push(self.out, &restored(&tex, self.formulas), false),
            (None, Event::DisplayMath(tex)) => math::push(self.out, &restored(&tex, self.formulas), true),
            // A line break is the one tag that models need (in table cells) and that can do no harm.
            (None, Event::InlineHtml(tag)) if is_line_break(&tag) => self.out.push_str("<br>"),
            (None, Event::Html(html) | Event::InlineHtml(html)) => self.push_text(&html, false),
            (None, Event::SoftBreak) => self.out.push('\n'),
            (None, Event::HardBreak) => self.out.push_str("<br>\n"),
            (None, Event::Rule) => self.out.push_str("<hr>"),
            (None, Event::TaskListMarker(done)) => self.out.push_str(task_mark(done)),
            (None, Event::FootnoteReference(label)) => {
                self.out.push_str("<sup class=\"footnote-ref\">");
                push_escaped(self.out, &restored(&label, self.formulas));
                self.out.push_str("</sup>");
            }
            (None, Event::Text(_) | Event::Start(_) | Event::End(_)) => {}
        }
    }

    fn start(&mut self, tag: Tag) {
        self.depth += 1;
        if self.image.is_some() && !matches!(tag, Tag::Link { .. }) {
            return;
        }
        if matches!(self.place, Place::Cells(_)) && self.start_cell(&tag) {
            return;
        }
        match tag {
            Tag::Paragraph if self.depth == 1 && self.bare => {}
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => self.code = Some((restored(&info, self.formulas), String::new())),
            Tag::CodeBlock(CodeBlockKind::Indented) => self.code = Some(Default::default()),
            Tag::Link { dest_url, link_type, .. } if self.start_citation(&dest_url, link_type) => {}
            Tag::Link { dest_url, title, link_type, .. } => {
                let mail = if link_type == LinkType::Email { "mailto:" } else { "" };
                let url = format!("{mail}{}", restored(&dest_url, self.formulas));
                self.start_link(&url, &restored(&title, self.formulas));
            }
            Tag::Image { dest_url, .. } => self.image = Some((restored(&dest_url, self.formulas), String::new())),
            Tag::Table(aligns) => {
                self.aligns = aligns;
                self.out.push_str(TABLE);
            }
            Tag::FootnoteDefinition(label) => {
                self.out.push_str("<div class=\"footnote\"><sup>");
                push_escaped(self.out, &restored(&label, self.formulas));
                self.out.push_str("</sup> ");
            }
            Tag::List(Some(number)) if number != 1 => self.out.push_str(&format!("<ol start=\"{number}\">")),
            other => self.start_simple(&other),
        }
    }

    fn start_simple(&mut self, tag: &Tag) {
        self.head |= *tag == Tag::TableHead;
        match tag {
            Tag::TableHead | Tag::TableRow => {
                self.cell = 0;
                self.out.push_str(opening(tag));
            }
            Tag::TableCell => self.push_cell(if self.head { "th" } else { "td" }),
            tag => self.out.push_str(opening(tag)),
        }
    }

    /// Takes a tag of a table whose head is a stand-in; false if it is one that stands inside a cell.
    fn start_cell(&mut self, tag: &Tag) -> bool {
        match tag {
            Tag::Table(aligns) => self.aligns.clone_from(aligns),
            Tag::TableHead => self.head = true,
            Tag::TableRow => self.cell = 0,
            Tag::TableCell if !self.head => {
                if let Place::Cells(name) = self.place {
                    self.push_cell(name);
                }
            }
            _ => return self.head || self.aligns.is_empty(),
        }
        true
    }

    fn push_cell(&mut self, name: &str) {
        let class = match self.aligns.get(self.cell) {
            Some(Alignment::Left) => " class=\"al-left\"",
            Some(Alignment::Center) => " class=\"al-center\"",
            Some(Alignment::Right) => " class=\"al-right\"",
            _ => "",
        };
        self.cell += 1;
        self.out.extend(["<", name, class, ">"]);
    }

    fn start_link(&mut self, url: &str, title: &str) {
        let target = if self.image.is_some() || self.links.iter().any(|close| !close.is_empty()) { None } else { link_target(url) };
        self.links.push(if target.is_some() { "</a>" } else { "" });
        let Some(target) = target else { return };
        self.out.push_str("<a href=\"");
        push_escaped(self.out, url);
        if !title.is_empty() {
            self.out.push_str("\" title=\"");
            push_escaped(self.out, title);
        }
        self.out.push_str(if target == Target::Outside { "\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">" } else { "\">" });
    }

    /// Begins a link to passages; false if it is none. Of `[1][2]` the text is a label as well.
    fn start_citation(&mut self, url: &str, kind: LinkType) -> bool {
        use LinkType::{CollapsedUnknown, ReferenceUnknown, ShortcutUnknown};
        let here = self.image.is_none() && self.links.is_empty() && matches!(kind, CollapsedUnknown | ReferenceUnknown | ShortcutUnknown);
        let Some(numbers) = self.references.sources.at(url).filter(|_| here) else { return false };
        self.cited = Some((numbers, self.out.len(), kind == ReferenceUnknown));
        self.links.push("");
        true
    }

    fn end_citation(&mut self) {
        let Some((numbers, from, two)) = self.cited.take() else { return };
        let label = self.out.split_off(from);
        if two && !self.references.sources.push_label(self.out, &label) {
            self.out.push_str(&label);
        }
        numbers.into_iter().for_each(|n| self.references.sources.push(self.out, n));
    }

    fn end(&mut self, tag: TagEnd) {
        self.depth = self.depth.saturating_sub(1);
        match (self.place, tag) {
            (_, other) if self.image.is_some() && !matches!(other, TagEnd::Link | TagEnd::Image) => {}
            (Place::Cells(_), TagEnd::TableHead) => self.head = false,
            (Place::Cells(_), TagEnd::Table) => self.aligns.clear(),
            (Place::Cells(_), TagEnd::TableRow) => {}
            (Place::Cells(name), TagEnd::TableCell) if !self.head => self.out.extend(["</", name, ">"]),
            (Place::Cells(_), _) if self.head || self.aligns.is_empty() => {}
            (_, TagEnd::Paragraph) if self.depth == 0 && self.bare => {}
            (_, TagEnd::CodeBlock) => {
                if let Some((info, text)) = self.code.take() {
                    code::push_figure(self.out, &info, &restored(&text, self.formulas), self.finished);
                }
            }
            (_, TagEnd::Link) => {
                self.out.push_str(self.links.pop().unwrap_or_default());
                self.end_citation();
            }
            (_, TagEnd::Image) => self.end_image(),
            (_, TagEnd::TableCell) => self.out.push_str(if self.head { "</th>" } else { "</td>" }),
            (_, other) => {
                self.head &= other != TagEnd::TableHead;
                self.out.push_str(closing(other));
            }
        }
    }

    /// A picture that is part of the text is shown. One that is elsewhere is a link: fetching it would tell its server who reads.
    fn end_image(&mut self) {
        let Some((url, alt)) = self.image.take() else { return };
        if is_inline_image(&url) {
            self.out.push_str("<img loading=\"lazy\" referrerpolicy=\"no-referrer\" alt=\"");
            push_escaped(self.out, &alt);
            self.out.push_str("\" src=\"");
            push_escaped(self.out, &url);
            self.out.push_str("\">");
            return;
        }
        self.start_link(&url, "");
        push_escaped(self.out, if alt.is_empty() { &url } else { &alt });
        self.out.push_str(self.links.pop().unwrap_or_default());
    }
}
