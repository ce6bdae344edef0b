//! A workbook (Office Open XML, ECMA-376 part 1) that leaves as it is written. The libraries that write one put it together in a file
//! first, so that whoever asks for a long table hears nothing for a minute, and a proxy gives up.

use std::io::{self, Write};

use serde_json::Value;
use tokio::sync::mpsc;
use zip::ZipWriter;
use zip::result::ZipResult;
use zip::write::{SimpleFileOptions, StreamWriter};

use crate::server::error::{Error, Result};
use crate::server::storage::Bytes;

/// Rows of one worksheet; a workbook takes 1,048,576.
const ROWS_MAX: u32 = 1_000_000;
/// Longest text of a cell, in characters.
const CELL_MAX: usize = 32_767;
/// Bytes that are sent at a time.
const PIECE: usize = 32 * 1024;

/// Where the pieces go; a reader that left is a broken pipe.
pub type Out = mpsc::Sender<Result<Bytes>>;

struct Pipe {
    out: Out,
    held: Vec<u8>,
}

impl Pipe {
    fn send(&mut self) -> io::Result<()> {
        let piece = std::mem::take(&mut self.held);
        if piece.is_empty() {
            return Ok(());
        }
        self.out.blocking_send(Ok(piece.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}

type Zip = ZipWriter<StreamWriter<Pipe>>;

/// Writes the rows, on a thread that may wait. Rows that cannot be had end the file in its middle, with their error.
pub fn write(columns: &[&str], rows: mpsc::Receiver<Result<Vec<Vec<Value>>>>, out: Out) {
    let failed = match written(columns, rows, out.clone()) {
        Ok(None) => return,
        Ok(Some(error)) => error,
        // Nobody reads any more.
        Err(error) if matches!(&error, zip::result::ZipError::Io(io) if io.kind() == io::ErrorKind::BrokenPipe) => return,
        Err(error) => Error::internal(error),
    };
    let _ = out.blocking_send(Err(failed));
}

fn written(columns: &[&str], mut rows: mpsc::Receiver<Result<Vec<Vec<Value>>>>, out: Out) -> ZipResult<Option<Error>> {
    let mut zip = ZipWriter::new_stream(Pipe { out, held: Vec::new() });
    let (mut sheets, mut line) = (1, 0);
    begin(&mut zip, sheets, columns)?;
    while let Some(batch) = rows.blocking_recv() {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return Ok(Some(error)),
        };
        for row in batch {
            if line == ROWS_MAX {
                zip.write_all(END)?;
                (sheets, line) = (sheets + 1, 0);
                begin(&mut zip, sheets, columns)?;
            }
            line += 1;
            zip.write_all(cells(&row).as_bytes())?;
        }
    }
    zip.write_all(END)?;
    for (name, text) in frame(sheets) {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(text.as_bytes())?;
    }
    zip.finish()?.flush()?;
    Ok(None)
}

/// A worksheet with the columns' names in its first row, which stays in view.
fn begin(zip: &mut Zip, sheet: u32, columns: &[&str]) -> ZipResult<()> {
    zip.start_file(format!("xl/worksheets/sheet{sheet}.xml"), SimpleFileOptions::default().large_file(true))?;
    let names: String = columns.iter().map(|name| text_cell(name, " s=\"1\"")).collect();
    let head = format!(
        "{XML}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" \
         activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><cols><col min=\"1\" max=\"{}\" width=\"22\" \
         customWidth=\"1\"/></cols><sheetData><row>{names}</row>",
        columns.len().max(1)
    );
    Ok(zip.write_all(head.as_bytes())?)
}

/// One row.
fn cells(row: &[Value]) -> String {
    let mut text = String::from("<row>");
    for value in row {
        match value {
            Value::Null => text.push_str("<c/>"),
            Value::Bool(truth) => text.push_str(if *truth { "<c t=\"b\"><v>1</v></c>" } else { "<c t=\"b\"><v>0</v></c>" }),
            Value::Number(number) => text.push_str(&format!("<c><v>{number}</v></c>")),
            Value::String(said) => text.push_str(&text_cell(said, "")),
            other => text.push_str(&text_cell(&other.to_string(), "")),
        }
    }
    text.push_str("</row>");
    text
}

/// A cell of text: never a formula, whatever it begins with.
fn text_cell(text: &str, style: &str) -> String {
    let mut cell = format!("<c t=\"inlineStr\"{style}><is><t xml:space=\"preserve\">");
    for c in text.chars().take(CELL_MAX) {
        match c {
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '\r' => cell.push_str("&#13;"),
            // What XML 1.0 has no place for.
            c if (c < ' ' && !matches!(c, '\t' | '\n')) || matches!(c, '\u{FFFE}' | '\u{FFFF}') => cell.push('\u{FFFD}'),
            c => cell.push(c),
        }
    }
    cell.push_str("</t></is></c>");
    cell
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const END: &[u8] = b"</sheetData></worksheet>";

/// Two fonts, the second bold; the two fills, the border and the style that every workbook has.
const STYLES: &str = "<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz \
     val=\"11\"/><name val=\"Calibri\"/></font></fonts><fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill>\
     <patternFill patternType=\"gray125\"/></fill></fills><borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/>\
     </border></borders><cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
     <cellXfs count=\"2\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/><xf numFmtId=\"0\" fontId=\"1\" \
     fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/></cellXfs>";

/// The files around the worksheets. They come last, when it is known how many there are.
fn frame(sheets: u32) -> [(&'static str, String); 5] {
    let each = |line: &dyn Fn(u32) -> String| (1..=sheets).map(line).collect::<String>();
    let types = each(&|n| format!("<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"{KIND}.worksheet+xml\"/>"));
    let names = each(&|n| format!("<sheet name=\"Sheet{n}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>"));
    let links = each(&|n| format!("<Relationship Id=\"rId{n}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"));
    let style = sheets + 1;
    [
        (
            "[Content_Types].xml",
            format!(
                "{XML}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
                 ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{KIND}.sheet.main+xml\"/>\
                 <Override PartName=\"/xl/styles.xml\" ContentType=\"{KIND}.styles+xml\"/>{types}</Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        ("xl/workbook.xml", format!("{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{names}</sheets></workbook>")),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\">{links}<Relationship Id=\"rId{style}\" Type=\"{OFFICE}/styles\" \
                 Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        ("xl/styles.xml", format!("{XML}<styleSheet xmlns=\"{MAIN}\">{STYLES}</styleSheet>")),
    ]
}
