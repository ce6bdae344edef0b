//! Documents on paper: PDF 1.7 whose text can be selected, and whose structure (headings, paragraphs, tables, pictures with their words) is
//! told to who has it read aloud. Written from top to bottom; a page follows where one is full.

mod file;
mod text;

use std::collections::BTreeSet;
use std::fmt::Write;

use text::{Style, lines, show, width};

/// A4, in points.
const WIDE: f32 = 595.28;
const HIGH: f32 = 841.89;
const MARGIN: f32 = 54.0;
const ROOM: f32 = WIDE - 2.0 * MARGIN;
/// Where the words below every page stand.
const FOOT: f32 = 30.0;
const PLAIN: Style = Style { size: 10.0, bold: false, quiet: false };
const QUIET: Style = Style { size: 9.0, bold: false, quiet: true };
/// Between columns.
const GAP: f32 = 12.0;
/// How high the bars of a picture are.
const BARS: f32 = 90.0;

/// A document that is being written.
pub struct Paper {
    language: &'static str,
    title: String,
    pages: Vec<Page>,
    /// What it is made of; the first one is the whole.
    nodes: Vec<Node>,
    /// How far it is written, from below.
    at: f32,
    /// Characters of the font that says nothing of itself.
    used: BTreeSet<u16>,
}

#[derive(Default)]
struct Page {
    content: String,
    /// Which node each marked piece belongs to.
    marks: Vec<usize>,
}

/// A part of the structure.
struct Node {
    tag: &'static str,
    kids: Vec<Kid>,
    /// What a picture shows.
    said: String,
    /// What the cell of a heading is about: `Row`, `Column`; empty: it is none.
    heads: &'static str,
}

#[derive(Clone, Copy)]
enum Kid {
    Node(usize),
    /// A marked piece of a page.
    Mark(usize, usize),
}

/// A bar of a picture: its name, its value, and how long it is in percent.
pub struct Bar<'a> {
    pub name: &'a str,
    pub value: &'a str,
    pub percent: u8,
}

impl Paper {
    /// An empty one, in this language (BCP 47).
    pub fn new(title: &str, language: &'static str) -> Self {
        let whole = Node { tag: "Document", kids: Vec::new(), said: String::new(), heads: "" };
        Self {
            language,
            title: title.to_owned(),
            pages: vec![Page::default()],
            nodes: vec![whole],
            at: HIGH - MARGIN,
            used: BTreeSet::new(),
        }
    }

    fn node(&mut self, parent: usize, tag: &'static str) -> usize {
        let node = self.nodes.len();
        self.nodes.push(Node { tag, kids: Vec::new(), said: String::new(), heads: "" });
        self.nodes[parent].kids.push(Kid::Node(node));
        node
    }

    /// Begins a page where there is not so much room left on this one.
    fn need(&mut self, high: f32) {
        if self.at - high < MARGIN {
            self.pages.push(Page::default());
            self.at = HIGH - MARGIN;
        }
    }

    /// Writes a piece of this page that belongs to a node.
    fn mark(&mut self, node: usize, content: &str) {
        let at = self.pages.len() - 1;
        let page = &mut self.pages[at];
        let (tag, mark) = (self.nodes[node].tag, page.marks.len());
        let _ = write!(page.content, "/{tag} <</MCID {mark}>> BDC\n{content}EMC\n");
        page.marks.push(node);
        self.nodes[node].kids.push(Kid::Mark(at, mark));
    }

    /// Draws what nobody has to be told of.
    fn draw(&mut self, content: &str) {
        if let Some(page) = self.pages.last_mut() {
            let _ = write!(page.content, "/Artifact BMC\n{content}EMC\n");
        }
    }

    fn block(&mut self, tag: &'static str, said: &str, style: Style) {
        let rows = lines(said, style, ROOM);
        let step = style.size * 1.4;
        self.need(step * rows.len() as f32);
        let node = self.node(0, tag);
        let content: String = rows
            .iter()
            .map(|row| {
                self.at -= step;
                show(row, (MARGIN, self.at + style.size * 0.3), style, &mut self.used)
            })
            .collect();
        self.mark(node, &content);
    }

    /// The heading of the whole.
    pub fn title(&mut self) {
        let title = self.title.clone();
        self.block("H1", &title, Style { size: 18.0, bold: true, quiet: false });
        self.at -= 6.0;
    }

    /// The heading of a part, which does not stand alone at the end of a page.
    pub fn heading(&mut self, said: &str) {
        self.need(90.0);
        self.at -= 14.0;
        self.block("H2", said, Style { size: 12.0, bold: true, quiet: false });
        self.at -= 2.0;
    }

    /// A few lines of small letters.
    pub fn note(&mut self, said: &str) {
        self.block("P", said, QUIET);
    }

    /// A table: the first cell of each row names it, the others are figures. No words: it has no head.
    pub fn table(&mut self, head: &[String], rows: &[Vec<String>]) {
        let columns = rows.iter().chain([&head.to_vec()]).map(Vec::len).max().unwrap_or_default();
        let widest = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell, PLAIN));
            cells.chain(head.get(column).map(|cell| width(cell, QUIET))).fold(0.0, f32::max)
        };
        let mut widths: Vec<f32> = (0..columns).map(widest).collect();
        let others: f32 = widths.iter().skip(1).map(|width| width + GAP).sum();
        if let Some(first) = widths.first_mut() {
            *first = (ROOM - others).max(ROOM / 4.0);
        }
        let table = self.node(0, "Table");
        if !head.is_empty() {
            self.row(table, head, &widths, true);
        }
        for row in rows {
            self.row(table, row, &widths, false);
        }
    }

    fn row(&mut self, table: usize, cells: &[String], widths: &[f32], head: bool) {
        let style = if head { QUIET } else { PLAIN };
        let step = style.size * 1.3;
        let first = lines(cells.first().map_or("", String::as_str), style, widths.first().copied().unwrap_or(ROOM));
        let high = step * first.len() as f32 + 5.0;
        self.need(high);
        let (top, node) = (self.at, self.node(table, "TR"));
        let mut left = MARGIN;
        for (at, (cell, wide)) in cells.iter().zip(widths).enumerate() {
            let of = self.node(node, if head || at == 0 { "TH" } else { "TD" });
            self.nodes[of].heads = match (head, at) {
                (true, _) => "Column",
                (false, 0) => "Row",
                (false, _) => "",
            };
            let rows = if at == 0 { first.clone() } else { vec![cell.clone()] };
            let content: String = (1..)
                .zip(&rows)
                .map(|(n, row)| {
                    let x = if at == 0 { left } else { left + wide - width(row, style) };
                    show(row, (x, top - step * n as f32), style, &mut self.used)
                })
                .collect();
            self.mark(of, &content);
            left += wide + GAP;
        }
        self.at -= high;
        let line = format!("0.89 0.87 0.84 RG 0.5 w {MARGIN:.2} {y:.2} m {:.2} {y:.2} l S\n", WIDE - MARGIN, y = self.at);
        self.draw(&line);
    }

    /// A picture of bars beside each other, with what it shows in words.
    pub fn bars(&mut self, said: &str, bars: &[Bar<'_>]) {
        let small = Style { size: 7.5, ..QUIET };
        self.need(BARS + 34.0);
        let node = self.node(0, "Figure");
        self.nodes[node].said = said.to_owned();
        let (wide, below) = (ROOM / bars.len().max(1) as f32, self.at - BARS - 14.0);
        let mut content =
            format!("0.70 0.20 0.12 rg 0.89 0.87 0.84 RG 0.5 w {MARGIN:.2} {below:.2} m {:.2} {below:.2} l S\n", WIDE - MARGIN);
        let mut names = String::new();
        // Every name where there is room, else one in five.
        let few = bars.iter().all(|bar| width(bar.name, small) < wide);
        for (at, bar) in bars.iter().enumerate() {
            let left = MARGIN + wide * at as f32;
            if bar.percent > 0 {
                let high = BARS * f32::from(bar.percent) / 100.0;
                let _ = writeln!(content, "0.70 0.20 0.12 rg {:.2} {below:.2} {:.2} {high:.2} re f", left + wide * 0.15, wide * 0.7);
                if few {
                    let x = left + (wide - width(bar.value, small)) / 2.0;
                    names.push_str(&show(bar.value, (x, below + high + 3.0), small, &mut self.used));
                }
            }
            if few || at % 5 == 0 {
                let x = if few { left + (wide - width(bar.name, small)) / 2.0 } else { left };
                names.push_str(&show(bar.name, (x, below - 10.0), small, &mut self.used));
            }
        }
        self.mark(node, &(content + &names));
        self.at = below - 18.0;
    }

    /// The file. Below every page stand these words and what `number` says of its number and how many there are.
    pub fn finish(mut self, foot: &str, number: impl Fn(usize, usize) -> String) -> std::io::Result<Vec<u8>> {
        let all = self.pages.len();
        for (at, page) in (1..).zip(&mut self.pages) {
            let right = number(at, all);
            let left = show(foot, (MARGIN, FOOT), QUIET, &mut self.used);
            let right = show(&right, (WIDE - MARGIN - width(&right, QUIET), FOOT), QUIET, &mut self.used);
            let _ = write!(page.content, "/Artifact BMC\n{left}{right}EMC\n");
        }
        file::write(&self)
    }
}
