//! Tables that leave the server as CSV, JSON or a workbook, batch by batch: a table of any length takes the memory of a batch.

mod workbook;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::model::sheet::SheetFormat;
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

/// Writes a table.
pub fn write(format: SheetFormat, name: &'static str, columns: &'static [&'static str], rows: Batches) -> Sheet {
    let pieces = match format {
        SheetFormat::Csv => csv(columns, rows),
        SheetFormat::Json => json(columns, rows),
        SheetFormat::Xlsx => xlsx(columns, rows),
    };
    Sheet { format, name, pieces }
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

fn xlsx(columns: &'static [&'static str], mut rows: Batches) -> Pieces {
    let (sender, taken) = mpsc::channel(2);
    let (out, pieces) = mpsc::channel(4);
    tokio::spawn(async move {
        while let Some(batch) = rows.next().await {
            // Nobody takes it: then nobody reads the workbook.
            if sender.send(batch).await.is_err() {
                break;
            }
        }
    });
    tokio::task::spawn_blocking(move || workbook::write(columns, taken, out));
    stream::unfold(pieces, |mut pieces| async move { Some((pieces.recv().await?, pieces)) }).boxed()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use futures::TryStreamExt;
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

    #[tokio::test]
    async fn a_workbook_leaves_before_its_last_row_is_known_and_is_whole_in_the_end() {
        let row = |n: usize| vec![json!(format!("=name <{n}>\u{1}")), json!(n), json!(n.is_multiple_of(2)), json!(null)];
        let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Vec<Vec<Value>>>>(1);
        let rows = stream::unfold(receiver, |mut rows| async move { Some((rows.recv().await?, rows)) }).boxed();
        let mut pieces = write(SheetFormat::Xlsx, "t", &["name", "n", "even", "none"], rows).pieces;
        let mut bytes = Vec::new();
        // What is compressed waits for more: enough of it.
        let mut sent = 0;
        while bytes.is_empty() {
            sender.send(Ok((0..2000).map(|n| row(sent + n)).collect())).await.unwrap();
            sent += 2000;
            assert!(sent < 400_000, "nothing left while the rows came");
            if let Some(Some(piece)) = futures::FutureExt::now_or_never(pieces.next()) {
                bytes.extend_from_slice(&piece.unwrap());
            }
            tokio::task::yield_now().await;
        }
        drop(sender);
        while let Some(piece) = pieces.try_next().await.unwrap() {
            bytes.extend_from_slice(&piece);
        }
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut read = |name: &str| {
            let mut text = String::new();
            zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let sheet = read("xl/worksheets/sheet1.xml");
        assert_eq!(sheet.matches("<row>").count(), sent + 1);
        assert!(
            sheet.contains("=name &lt;0&gt;\u{FFFD}</t></is></c><c><v>0</v></c><c t=\"b\"><v>1</v></c><c/></row>"),
            "{}",
            &sheet[..900]
        );
        assert!(sheet.ends_with("</sheetData></worksheet>"));
        assert!(read("[Content_Types].xml").contains("/xl/worksheets/sheet1.xml") && read("xl/workbook.xml").contains("rId1"));
    }

    #[tokio::test]
    async fn rows_that_cannot_be_had_end_a_workbook_with_their_error() {
        let rows = stream::iter([Ok(vec![vec![json!(1)]]), Err(Error::not_found("row"))]).boxed();
        let read: Result<Vec<Bytes>> = write(SheetFormat::Xlsx, "t", &["a"], rows).pieces.try_collect().await;
        assert!(read.is_err(), "a file that lacks rows must not look whole");
    }
}
