//! What a file is, by its content. Its name only says which kind of text it is.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use image::ImageFormat;

use crate::server::extract::{DOCX, PDF, PPTX, XLSX};

/// Bytes of the beginning and of the end that are looked at.
const LOOK: u64 = 64 * 1024;

/// The media type; none for what models cannot be shown.
pub fn of(file: &mut File, name: &str) -> io::Result<Option<&'static str>> {
    let size = file.metadata()?.len();
    let mut look = |from: u64| {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(LOOK).read_to_end(&mut bytes).map(|_| bytes)
    };
    let (start, end) = (look(0)?, look(size.saturating_sub(LOOK))?);
    Ok(known(&start, &end, name))
}

fn known(start: &[u8], end: &[u8], name: &str) -> Option<&'static str> {
    // Some programs write something of their own before it.
    if contains(&start[..start.len().min(1024)], b"%PDF-") {
        return Some(PDF);
    }
    if start.starts_with(b"PK\x03\x04") {
        // The names of a ZIP file's parts stand in its table of contents, at its end.
        let has = |part: &[u8]| contains(end, part) || contains(start, part);
        let parts: [(&[u8], _); 3] = [(b"word/document.xml", DOCX), (b"ppt/presentation.xml", PPTX), (b"xl/workbook.xml", XLSX)];
        return parts.into_iter().find(|(part, _)| has(part)).map(|(_, kind)| kind);
    }
    let picture = match image::guess_format(start) {
        Ok(ImageFormat::Png) => Some("image/png"),
        Ok(ImageFormat::Jpeg) => Some("image/jpeg"),
        Ok(ImageFormat::Gif) => Some("image/gif"),
        Ok(ImageFormat::WebP) => Some("image/webp"),
        _ => None,
    };
    picture.or_else(|| is_text(start).then(|| text(name)))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Text has no control characters but those of lines; one of two bytes a character says so at its beginning.
fn is_text(start: &[u8]) -> bool {
    let wide = start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]);
    let plain = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B | 0x20..);
    wide || start.iter().all(plain)
}

/// Nothing here is a type that a browser would run.
fn text(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "csv" => "text/csv",
        "md" | "markdown" => "text/markdown",
        "json" => "application/json",
        _ => "text/plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_its_content_says() {
        for (bytes, name, expected) in [
            (&b"%PDF-1.7 \x00\x01"[..], "picture.png", Some(PDF)),
            (b"PK\x03\x04....word/document.xml", "x.xlsx", Some(DOCX)),
            (b"PK\x03\x04....xl/workbook.xml", "x.docx", Some(XLSX)),
            (b"PK\x03\x04....readme.txt", "x.docx", None),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "x.pdf", Some("image/png")),
            (b"BMW is a maker of cars", "x", Some("text/plain")),
            (b"a;b\n1;2", "table.CSV", Some("text/csv")),
            ("# 标题".as_bytes(), "notes.md", Some("text/markdown")),
            (b"\xc4\xe3\xba\xc3", "gbk.txt", Some("text/plain")),
            (b"\xff\xfeh\0i\0", "wide.txt", Some("text/plain")),
            (b"<script>alert(1)</script>", "page.html", Some("text/plain")),
            (b"\x7fELF\x02\x01\x01\0\0\0", "report.pdf", None),
            (b"\0\0\0\x18ftypmp42", "film.mp4", None),
        ] {
            assert_eq!(known(bytes, bytes, name), expected, "{name}");
        }
    }
}
