//! The text of Excel workbooks: each sheet below its name, tabs between the cells. Cells are read as a stream: a sheet whose last
//! cell stands far away takes no memory for the empty ones before it.

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx, XlsxError};

use super::TEXT_MAX;
use crate::model::file::Fault;

/// Most empty cells that are written between two full ones.
const GAP_MAX: u32 = 64;

/// The text of the workbook.
pub fn text(file: &[u8]) -> Result<String, Fault> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(fault)?;
    let mut text = String::new();
    for name in book.sheet_names() {
        // A sheet that is a chart has no cells.
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        text.push_str(&format!("[Sheet {name}]\n\n"));
        let (mut row, mut column) = (None, 0);
        while let Some(cell) = cells.next_cell().map_err(fault)? {
            let (at_row, at_column) = cell.get_position();
            let shown = shown(cell.get_value());
            if shown.is_empty() {
                continue;
            }
            if row != Some(at_row) {
                text.push_str(if row.is_some() { "\n" } else { "" });
                (row, column) = (Some(at_row), 0);
            }
            text.extend(std::iter::repeat_n('\t', at_column.saturating_sub(column).min(GAP_MAX) as usize));
            column = at_column;
            text.push_str(&shown);
            if text.len() > TEXT_MAX {
                return Ok(text);
            }
        }
        text.push_str("\n\n");
    }
    Ok(text)
}

fn fault(error: XlsxError) -> Fault {
    match error {
        XlsxError::Password => Fault::Locked,
        _ => Fault::Damaged,
    }
}

/// A cell in one line.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => line(text),
        DataRef::SharedString(text) => line(text),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(moment) => moment.to_string(),
        DataRef::DateTimeIso(moment) => moment.clone(),
        DataRef::DurationIso(length) => length.clone(),
        DataRef::Error(error) => error.to_string(),
    }
}

fn line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}
