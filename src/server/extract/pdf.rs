//! The text of a PDF file, page by page.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use pdf_extract::{PlainTextOutput, output_doc_page};

use crate::model::file::Fault;

/// Says of every code of two bytes that it is the character of that number.
const ITSELF: &str =
    "begincmap\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n1 beginbfrange\n<0000> <FFFF> <0000>\nendbfrange\nendcmap\n";

/// The text, each page below its number. Errors: `Locked`, `Damaged`, `NoText`. The library may also panic, overflow the stack, or
/// never end: that is why this runs where it runs.
pub fn text(file: &[u8]) -> Result<String, Fault> {
    let mut document = Document::load_mem(file).map_err(fault)?;
    if document.is_encrypted() {
        // Many are, without a password.
        document.decrypt("").map_err(fault)?;
    }
    explain(&mut document);
    let mut pages = Vec::new();
    for number in 1.. {
        let mut page = String::new();
        if output_doc_page(&document, &mut PlainTextOutput::new(&mut page), number).is_err() {
            break;
        }
        pages.push(page);
    }
    if pages.iter().all(|page| page.trim().is_empty()) {
        return Err(Fault::NoText);
    }
    let numbered = pages.iter().enumerate().map(|(n, page)| format!("[Page {}]\n\n{}\n\n", n + 1, page.trim()));
    Ok(numbered.collect())
}

fn fault(error: lopdf::Error) -> Fault {
    let words = error.to_string().to_lowercase();
    if words.contains("encrypt") || words.contains("password") { Fault::Locked } else { Fault::Damaged }
}

/// Fonts for Chinese, Japanese and Korean that are not part of the file may name one of Adobe's maps, which the library does not have. The
/// codes of those for Unicode are the characters themselves.
fn explain(document: &mut Document) {
    let fonts: Vec<ObjectId> =
        document.objects.iter().filter(|(_, object)| object.as_dict().is_ok_and(is_unicode)).map(|(id, _)| *id).collect();
    if fonts.is_empty() {
        return;
    }
    let itself = document.add_object(Stream::new(Dictionary::new(), ITSELF.as_bytes().to_vec()));
    for font in fonts {
        if let Ok(font) = document.get_object_mut(font).and_then(Object::as_dict_mut) {
            font.set("Encoding", "Identity-H");
            if !font.has(b"ToUnicode") {
                font.set("ToUnicode", itself);
            }
        }
    }
}

/// Whether it is a font whose text is in UCS-2 or UTF-16.
fn is_unicode(font: &Dictionary) -> bool {
    let named = font.get(b"Encoding").and_then(Object::as_name).unwrap_or_default();
    let has = |part: &[u8]| named.windows(part.len()).any(|window| window == part);
    named.starts_with(b"Uni") && (has(b"-UCS2-") || has(b"-UTF16-"))
}
