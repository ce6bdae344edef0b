//! The text of a PDF file, page by page.

use pdf_extract::{OutputError, extract_text_from_mem_by_pages};

use crate::model::file::Fault;

/// The text, each page below its number. Errors: `Locked`, `Damaged`, `NoText`. The library may also panic, overflow the stack, or
/// never end: that is why this runs where it runs.
pub fn text(file: &[u8]) -> Result<String, Fault> {
    let pages = extract_text_from_mem_by_pages(file).map_err(|error| match error {
        OutputError::PdfError(error) if error.to_string().to_lowercase().contains("encrypt") => Fault::Locked,
        OutputError::PdfError(error) if error.to_string().to_lowercase().contains("password") => Fault::Locked,
        _ => Fault::Damaged,
    })?;
    if pages.iter().all(|page| page.trim().is_empty()) {
        return Err(Fault::NoText);
    }
    let numbered = pages.iter().enumerate().map(|(n, page)| format!("[Page {}]\n\n{}\n\n", n + 1, page.trim()));
    Ok(numbered.collect())
}
