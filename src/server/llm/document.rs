//! Documents that models read themselves, where their vendor takes them: PDF files as they are, so that tables, drawings and formulas are
//! seen and not only the words.

use base64::Engine;
use bytes::Bytes;

use super::PICTURE_TOKENS;

/// Most bytes of the documents of one question. In base64 they are 16 MiB, below what the strictest vendor takes of a whole request.
const BYTES: u64 = 12 * 1024 * 1024;

/// A document as its model is handed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub name: String,
    pub media_type: &'static str,
    /// Empty where it is only counted.
    pub bytes: Bytes,
    /// What it takes of the window, about.
    pub tokens: usize,
}

impl Document {
    /// The bytes in base64, as every vendor takes them.
    pub(super) fn base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(&self.bytes)
    }

    /// The same as an address that holds what it leads to.
    pub(super) fn url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, self.base64())
    }
}

/// How much of documents that models read themselves one question may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentRoom {
    pub bytes: u64,
    pub pages: usize,
    /// Tokens of a page besides those of its text: vendors look at it as at a picture.
    pub page_tokens: usize,
}

impl DocumentRoom {
    /// Of so many pages, each of which is looked at as at a picture.
    pub const fn pages(pages: usize) -> Self {
        Self { bytes: BYTES, pages, page_tokens: PICTURE_TOKENS }
    }

    /// The same where a page takes so many tokens.
    pub const fn of(self, page_tokens: usize) -> Self {
        Self { page_tokens, ..self }
    }
}
