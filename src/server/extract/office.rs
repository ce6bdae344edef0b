//! The text of Word documents and PowerPoint slides: XML in a ZIP file, read as a stream of bounded length and depth.

use std::io::{BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;
use zip::result::ZipError;

use super::TEXT_MAX;
use crate::model::file::Fault;

/// Most bytes that one part of the archive may have when it is unpacked.
const PART_MAX: u64 = 64 * 1024 * 1024;
/// Most bytes of all parts together.
const ALL_MAX: u64 = 256 * 1024 * 1024;
/// Deepest nesting of elements.
const DEPTH_MAX: usize = 256;
/// Most slides.
const SLIDES_MAX: usize = 2_000;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The text of a Word document: paragraphs, headings as Markdown has them, and tables with bars between the cells.
pub fn document(file: &[u8]) -> Result<String, Fault> {
    let mut archive = open(file)?;
    let mut left = ALL_MAX;
    part(&mut archive, "word/document.xml", &mut left)
}

/// The text of PowerPoint slides, each below its number.
pub fn slides(file: &[u8]) -> Result<String, Fault> {
    let mut archive = open(file)?;
    let number = |name: &str| name.strip_prefix("ppt/slides/slide")?.strip_suffix(".xml")?.parse::<u32>().ok();
    let mut numbers: Vec<u32> = archive.file_names().flatten().filter_map(|name| number(&name)).collect();
    numbers.sort_unstable();
    let (mut text, mut left) = (String::new(), ALL_MAX);
    for (n, number) in numbers.into_iter().take(SLIDES_MAX).enumerate() {
        let slide = part(&mut archive, &format!("ppt/slides/slide{number}.xml"), &mut left)?;
        text.push_str(&format!("[Slide {}]\n\n{}\n\n", n + 1, slide.trim()));
        if text.len() > TEXT_MAX {
            break;
        }
    }
    Ok(text)
}

fn open(file: &[u8]) -> Result<Archive<'_>, Fault> {
    ZipArchive::new(Cursor::new(file)).map_err(|_| Fault::Damaged)
}

fn part(archive: &mut Archive<'_>, name: &str, left: &mut u64) -> Result<String, Fault> {
    let part = archive.by_name(name).map_err(|error| match error {
        ZipError::UnsupportedArchive(said) if said.contains("Password") => Fault::Locked,
        _ => Fault::Damaged,
    })?;
    let most = PART_MAX.min(*left);
    let mut part = Counted { inner: part, read: 0, most };
    let text = read(BufReader::new(&mut part));
    *left -= part.read.min(*left);
    // What was cut off looks damaged.
    if part.read >= most { Err(Fault::TooLarge) } else { text }
}

/// Ends after so many bytes.
struct Counted<R> {
    inner: R,
    read: u64,
    most: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let room = usize::try_from(self.most - self.read).unwrap_or(usize::MAX).min(buffer.len());
        let n = self.inner.read(&mut buffer[..room])?;
        self.read += n as u64;
        Ok(n)
    }
}

/// The text of one part. Both kinds of documents call a run of text `t`, a paragraph `p`, a row `tr` and a cell `tc`.
fn read(input: impl std::io::BufRead) -> Result<String, Fault> {
    let mut reader = Reader::from_reader(input);
    let (mut text, mut buffer) = (String::new(), Vec::new());
    let (mut depth, mut written) = (0usize, false);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| Fault::Damaged)? {
            Event::Eof if depth == 0 => return Ok(text),
            Event::Eof => return Err(Fault::Damaged),
            Event::Start(element) => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(Fault::Damaged);
                }
                written = element.local_name().as_ref() == "t";
                begin(&element, &mut text);
            }
            Event::Empty(element) => begin(&element, &mut text),
            Event::End(element) => {
                depth = depth.checked_sub(1).ok_or(Fault::Damaged)?;
                written = false;
                match element.local_name().as_ref() {
                    "p" | "tr" => text.push('\n'),
                    "tc" => end_cell(&mut text),
                    _ => {}
                }
            }
            Event::Text(piece) if written => text.push_str(&piece),
            Event::CData(piece) if written => text.push_str(&piece),
            Event::GeneralRef(name) if written => text.push_str(entity(&name)?.as_str()),
            // What an entity stands for is never looked up: no document of these kinds declares one.
            Event::DocType(_) => return Err(Fault::Damaged),
            _ => {}
        }
        if text.len() > 2 * TEXT_MAX {
            return Ok(text);
        }
    }
}

fn begin(element: &BytesStart<'_>, text: &mut String) {
    match element.local_name().as_ref() {
        "tab" => text.push('\t'),
        "br" | "cr" => text.push('\n'),
        "pStyle" => {
            let style = element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == "val");
            let style = style.map(|style| style.value.to_lowercase()).unwrap_or_default();
            let level = style.strip_prefix("heading").and_then(|level| level.trim().parse::<usize>().ok());
            if let Some(level) = level.filter(|level| (1..=6).contains(level)) {
                text.push_str(&"#".repeat(level));
                text.push(' ');
            }
        }
        _ => {}
    }
}

/// The paragraphs of a cell end with lines of their own, which would tear the row apart.
fn end_cell(text: &mut String) {
    while text.ends_with('\n') {
        text.pop();
    }
    text.push_str(" | ");
}

/// The five entities that XML has, and characters by their number.
fn entity(name: &quick_xml::events::BytesRef<'_>) -> Result<String, Fault> {
    if let Some(c) = name.resolve_char_ref().map_err(|_| Fault::Damaged)? {
        return Ok(c.to_string());
    }
    let known = match name.as_ref() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(Fault::Damaged),
    };
    Ok(known.to_owned())
}
