//! Tables that leave the server as CSV, JSON or a workbook, batch by batch: a table of any length takes the memory of a batch.

use std::path::{Path, PathBuf};

use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::model::sheet::SheetFormat;
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::storage::{Bytes, Pieces};

/// Rows of a table, some at a time; each has a value for every column.
pub type Batches = BoxStream<'static, Result<Vec<Vec<Value>>>>;

/// A table on its way out.
pub struct Sheet {
    pub format: SheetFormat,
    /// Without its ending.
    pub name: &'static str,
    pub pieces: Pieces,
}

/// Rows of one worksheet; a workbook takes 1,048,576.
const ROWS_MAX: u32 = 1_000_000;
/// Bytes of a finished workbook that are read at a time.
const READ: usize = 64 * 1024;

/// Writes a table. A workbook is put together in a file first, which is gone when the last of it was sent or nobody takes it.
pub async fn write(
    server: &Server,
    format: SheetFormat,
    name: &'static str,
    columns: &'static [&'static str],
    rows: Batches,
) -> Result<Sheet> {
    let pieces = match format {
        SheetFormat::Csv => csv(columns, rows),
        SheetFormat::Json => json(columns, rows),
        SheetFormat::Xlsx => xlsx(&server.config.data_dir, columns, rows).await?,
    };
    Ok(Sheet { format, name, pieces })
}

fn csv(columns: &'static [&'static str], rows: Batches) -> Pieces {
    let head = vec![columns.iter().map(|name| Value::from(*name)).collect()];
    stream::once(async { Ok(head) }).chain(rows).map(|batch| Ok(lines(&batch?)?.into())).boxed()
}

fn lines(batch: &[Vec<Value>]) -> Result<Vec<u8>> {
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    for row in batch {
        writer.write_record(row.iter().map(plain)).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

/// A cell as text. What a spreadsheet would take for a formula is marked as text, because somebody else may have written it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn json(columns: &'static [&'static str], rows: Batches) -> Pieces {
    let mut first = true;
    let objects = rows.map(move |batch| {
        let mut text = String::new();
        for row in batch? {
            let object: serde_json::Map<_, _> = columns.iter().map(|name| (*name).to_owned()).zip(row).collect();
            text.push_str(if first { "\n" } else { ",\n" });
            text.push_str(&Value::Object(object).to_string());
            first = false;
        }
        Ok(Bytes::from(text))
    });
    let piece = |text: &'static str| stream::once(async move { Ok(Bytes::from(text)) });
    piece("[").chain(objects).chain(piece("\n]\n")).boxed()
}

/// A file that goes with this handle.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Not there: then nothing was written.
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn xlsx(folder: &Path, columns: &'static [&'static str], mut rows: Batches) -> Result<Pieces> {
    let scratch = Scratch(folder.join(format!("sheet-{}.tmp", Uuid::new_v4().simple())));
    let (sender, taken) = mpsc::channel(2);
    let (path, folder) = (scratch.0.clone(), folder.to_owned());
    let written = tokio::task::spawn_blocking(move || workbook(&path, &folder, columns, taken));
    while let Some(batch) = rows.try_next().await? {
        if sender.send(batch).await.is_err() {
            // The thread ended early; why, it says below.
            break;
        }
    }
    drop(sender);
    written.await.map_err(Error::internal)?.map_err(Error::internal)?;
    let file = tokio::fs::File::open(&scratch.0).await.map_err(Error::internal)?;
    let pieces = stream::try_unfold((file, scratch), |(mut file, scratch)| async move {
        let mut piece = vec![0; READ];
        let n = file.read(&mut piece).await.map_err(Error::internal)?;
        piece.truncate(n);
        Ok((n > 0).then(|| (Bytes::from(piece), (file, scratch))))
    });
    Ok(pieces.boxed())
}

fn workbook(
    path: &Path,
    folder: &Path,
    columns: &'static [&'static str],
    mut batches: mpsc::Receiver<Vec<Vec<Value>>>,
) -> Result<(), XlsxError> {
    let mut book = Workbook::new();
    book.set_tempdir(folder)?;
    let mut sheet = headed(&mut book, columns)?;
    let mut line = 0;
    while let Some(batch) = batches.blocking_recv() {
        for row in batch {
            if line == ROWS_MAX {
                sheet = headed(&mut book, columns)?;
                line = 0;
            }
            line += 1;
            for (column, value) in (0_u16..).zip(row) {
                match value {
                    Value::Null => {}
                    Value::Bool(truth) => sheet.write_boolean(line, column, truth).map(|_| ())?,
                    Value::Number(number) => sheet.write_number(line, column, number.as_f64().unwrap_or_default()).map(|_| ())?,
                    Value::String(text) => sheet.write_string(line, column, text).map(|_| ())?,
                    other => sheet.write_string(line, column, other.to_string()).map(|_| ())?,
                }
            }
        }
    }
    book.save(path)
}

/// A worksheet with the columns' names in its first row, which stays in view.
fn headed<'a>(book: &'a mut Workbook, columns: &[&str]) -> Result<&'a mut Worksheet, XlsxError> {
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, name) in (0_u16..).zip(columns) {
        sheet.set_column_width(column, 22)?;
        sheet.write_string_with_format(0, column, *name, &bold)?;
    }
    Ok(sheet)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_take_for_a_formula_is_text() {
        for (cell, expected) in [
            (json!("=HYPERLINK(\"http://evil.example\")"), "'=HYPERLINK(\"http://evil.example\")"),
            (json!("+1"), "'+1"),
            (json!("-1"), "'-1"),
            (json!("@SUM(A1)"), "'@SUM(A1)"),
            (json!("\t=1"), "'\t=1"),
            (json!("a=1"), "a=1"),
            (json!(-1), "-1"),
            (json!(null), ""),
            (json!(true), "true"),
        ] {
            assert_eq!(plain(&cell), expected);
        }
        let row = vec![json!("a,b"), json!("c\"d"), json!("王\n明")];
        assert_eq!(String::from_utf8(lines(&[row]).unwrap()).unwrap(), "\"a,b\",\"c\"\"d\",\"王\n明\"\r\n");
    }

    #[tokio::test]
    async fn json_is_whole_whatever_the_batches_are() {
        let whole = async |batches: Vec<Vec<Vec<Value>>>| {
            let rows = stream::iter(batches.into_iter().map(Ok)).boxed();
            let pieces: Vec<Bytes> = super::json(&["a"], rows).try_collect().await.unwrap();
            serde_json::from_slice::<Value>(&pieces.concat()).unwrap()
        };
        assert_eq!(whole(vec![]).await, json!([]));
        assert_eq!(whole(vec![vec![vec![json!(1)]], vec![], vec![vec![json!(2)]]]).await, json!([{"a": 1}, {"a": 2}]));
    }
}
