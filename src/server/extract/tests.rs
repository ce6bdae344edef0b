//! Good files and bad ones, each read by a child process as the server does it. The child is this test program itself.

mod fuzz;

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use futures::StreamExt;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::server::storage::Bytes;

/// Leads a test program to [`child`], on one thread.
pub const AS_CHILD: [&str; 5] = ["--exact", "server::extract::tests::the_child", "--nocapture", "--test-threads=1", "--quiet"];
/// The child's media type. Without it this is no child.
pub const WANTED: &str = "LIAO_TEST_EXTRACT";

#[test]
#[allow(clippy::disallowed_methods, reason = "a child is told by its environment that it is one")]
fn the_child() {
    if let Ok(media_type) = std::env::var(WANTED) {
        std::process::exit(child::main(&media_type));
    }
}

/// What no file should be able to do, done outright.
pub fn misbehave(how: &str) -> String {
    match how {
        "test/memory" => {
            let all = vec![1u8; 8 << 30];
            format!("{}", all.iter().map(|byte| u64::from(*byte)).sum::<u64>())
        }
        "test/time" => loop {
            std::hint::black_box(how);
        },
        "test/stack" => sink(u64::MAX).to_string(),
        "test/panic" => panic!("as a library does"),
        "test/print" => {
            println!("a library's own words");
            "the text".to_owned()
        }
        "test/file" => match std::fs::write(std::env::temp_dir().join("liao-child"), "written") {
            Ok(()) => "it was written".to_owned(),
            Err(_) => "refused".to_owned(),
        },
        "test/process" => match std::process::Command::new("/bin/true").status() {
            Ok(_) => "it was started".to_owned(),
            Err(_) => "refused".to_owned(),
        },
        _ => String::new(),
    }
}

#[allow(unconditional_recursion, reason = "that is the point")]
fn sink(depth: u64) -> u64 {
    let here = std::hint::black_box([depth; 64]);
    sink(depth - 1) + here[3]
}

async fn read(media_type: &str, file: impl Into<Vec<u8>>) -> Result<String, Fault> {
    let file: Vec<u8> = file.into();
    let pieces: Vec<_> = file.chunks(64 * 1024).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Extractor::default().text(media_type, futures::stream::iter(pieces).boxed()).await
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn docx(body: &str) -> Vec<u8> {
    zipped(&[("word/document.xml", format!("<w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>").as_bytes())])
}

/// A PDF of these objects, with their table.
fn pdf(objects: &[String], trailer: &str) -> Vec<u8> {
    let (mut file, mut table) = ("%PDF-1.4\n".to_owned(), String::new());
    for (n, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        write!(file, "{} 0 obj\n{object}\nendobj\n", n + 1).unwrap();
    }
    let (at, count) = (file.len(), objects.len() + 1);
    write!(
        file,
        "xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R {trailer} >>\nstartxref\n{at}\n%%EOF\n"
    )
    .unwrap();
    file.into_bytes()
}

/// A PDF file with a page for each of these texts, and so many bytes that nobody looks at.
pub(crate) fn paged(texts: &[&str], idle: usize) -> Vec<u8> {
    let kids: Vec<_> = (0..texts.len()).map(|n| format!("{} 0 R", 4 + 2 * n)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".into(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), texts.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".into(),
    ];
    for (n, text) in texts.iter().enumerate() {
        let (content, stream) = (5 + 2 * n, format!("BT /F1 24 Tf 72 700 Td ({text}) Tj ET"));
        let resources = "/Resources << /Font << /F1 3 0 R >> >>";
        objects.push(format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R {resources} >>"));
        objects.push(format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()));
    }
    objects.push(format!("<< /Length {idle} >>\nstream\n{}\nendstream", " ".repeat(idle)));
    pdf(&objects, "")
}

fn page(text: &str) -> Vec<String> {
    let stream = format!("BT /F1 24 Tf 72 700 Td ({text}) Tj ET");
    vec![
        "<< /Type /Catalog /Pages 2 0 R >>".into(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".into(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".into(),
    ]
}

fn workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Prices").unwrap();
    sheet.write(0, 0, "Tea").unwrap();
    sheet.write(0, 1, 2.5).unwrap();
    sheet.write(1, 0, "茶\n杯").unwrap();
    // A cell at the far end: as a whole table this sheet would have 17 thousand million cells.
    sheet.write(1_048_575, 16_383, "far").unwrap();
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn text_is_read_in_whatever_encoding_it_was_written() {
    assert_eq!(read("text/plain", "Grüße\r\n\r\n\r\n\r\n\r\n你好\0").await.unwrap(), "Grüße\n\n\n你好\n");
    let (gb, ..) = encoding_rs::GB18030.encode("这是一个用国标码写的文件，里面有很多常用的汉字。我们希望它能被正确地读出来。");
    assert!(read("text/plain", gb).await.unwrap().contains("我们希望它能被正确地读出来"));
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain("wide 宽".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(read("text/plain", wide).await.unwrap(), "wide 宽\n");
}

#[tokio::test]
async fn documents_slides_tables_and_pages_are_read() {
    let body = r#"<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Tea &amp; cups</w:t></w:r></w:p>
        <w:p><w:r><w:t>First</w:t><w:tab/><w:t>&#33590;</w:t></w:r><w:instrText>HIDDEN</w:instrText></w:p>
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"#;
    assert_eq!(read(DOCX, docx(body)).await.unwrap(), "# Tea & cups\nFirst\t茶\na | b |\n");
    let slide = |text: &str| format!("<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>").into_bytes();
    let slides = zipped(&[("ppt/slides/slide10.xml", &slide("ten")), ("ppt/slides/slide2.xml", &slide("two"))]);
    assert_eq!(read(PPTX, slides).await.unwrap(), "[Slide 1]\n\ntwo\n\n[Slide 2]\n\nten\n\n");
    let book = read(XLSX, workbook()).await.unwrap();
    assert!(book.starts_with("[Sheet Prices]\n\nTea\t2.5\n茶 杯\n") && book.trim_end().ends_with("far"), "{book:?}");
    assert!(book.len() < 200, "{}", book.len());
    let text = read(PDF, pdf(&page("Hello tea"), "")).await.unwrap();
    assert!(text.contains("[Page 1]") && text.contains("Hello tea"), "{text:?}");
}

#[tokio::test]
async fn a_bad_file_is_a_fault_and_no_more() {
    let whole = pdf(&page("Hello tea"), "");
    let mut ring = page("Hello");
    ring[1] = "<< /Type /Pages /Kids [2 0 R] /Count 1 >>".into();
    let own = pdf(&page("Hello"), "");
    let at = own.windows(5).position(|window| window == b"xref\n").unwrap();
    // Its table says that the one before it is itself.
    let endless = pdf(&page("Hello"), &format!("/Prev {at}"));
    let bomb = docx(&format!("<w:p>{}</w:p>", " ".repeat(80 * 1024 * 1024)));
    assert!(bomb.len() < 200 * 1024, "{}", bomb.len());
    let deep = docx(&format!("{}{}", "<w:p>".repeat(100_000), "</w:p>".repeat(100_000)));
    let laughs = zipped(&[("word/document.xml", b"<!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><d><w:t>&b;</w:t></d>")]);
    for (what, media_type, file, expected) in [
        ("a truncated PDF", PDF, whole[..whole.len() / 2].to_vec(), Some(Fault::Damaged)),
        ("a PDF of nothing", PDF, b"%PDF-1.7\n".to_vec(), Some(Fault::Damaged)),
        ("a PDF whose pages are a ring", PDF, pdf(&ring, ""), None),
        ("a PDF whose pages are pictures", PDF, pdf(&page(""), ""), Some(Fault::NoText)),
        ("a bomb", DOCX, bomb, Some(Fault::TooLarge)),
        ("an XML that is too deep", DOCX, deep, Some(Fault::Damaged)),
        ("entities", DOCX, laughs, Some(Fault::Damaged)),
        ("half an XML", DOCX, zipped(&[("word/document.xml", b"<w:document><w:t>half")]), Some(Fault::Damaged)),
        ("a PDF that is called a document", DOCX, whole.clone(), Some(Fault::Damaged)),
        ("a document that is called a workbook", XLSX, docx("<w:p/>"), Some(Fault::Damaged)),
        ("half a workbook", XLSX, workbook()[..500].to_vec(), Some(Fault::Damaged)),
        ("nothing, as text", "text/plain", Vec::new(), Some(Fault::NoText)),
        ("nothing, as PDF", PDF, Vec::new(), Some(Fault::Damaged)),
        ("nothing, as document", DOCX, Vec::new(), Some(Fault::Damaged)),
    ] {
        let read = read(media_type, file).await;
        match expected {
            Some(fault) => assert_eq!(read, Err(fault), "{what}"),
            None => assert!(read.is_err(), "{what}: {read:?}"),
        }
    }
    // Whether it reads the page or gives up: it ends.
    let read = read(PDF, endless).await;
    assert!(read.as_ref().map_or_else(|fault| *fault != Fault::Server, |text| text.contains("Hello")), "{read:?}");
}

#[tokio::test]
async fn the_system_holds_a_child_to_its_limits() {
    for (how, expected) in [
        ("test/memory", Err(Fault::TooLarge)),
        ("test/time", Err(Fault::TooSlow)),
        ("test/stack", Err(Fault::Damaged)),
        ("test/panic", Err(Fault::Damaged)),
        ("test/print", Ok("the text\n".to_owned())),
    ] {
        assert_eq!(read(how, "x").await, expected, "{how}");
    }
    // A file that is too large for the limit of zero ends the process; either way nothing is written.
    assert_ne!(read("test/file", "x").await, Ok("it was written\n".to_owned()));
}
