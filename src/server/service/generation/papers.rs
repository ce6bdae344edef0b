//! Documents that a model is handed as they are: PDF files, where its vendor takes them and they are small enough. Of all others it is
//! shown the text (`attach`).

use uuid::Uuid;

use crate::model::file::File;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::extract::{PDF, TEXT_MAX};
use crate::server::llm::{Document, DocumentRoom, Resolved};
use crate::server::service::{file, passage};

/// What is left of the room for them in one question.
pub struct Papers {
    left: Option<DocumentRoom>,
    /// They are counted, and not sent.
    peek: bool,
}

impl Papers {
    pub fn new(resolved: &Resolved, peek: bool) -> Self {
        Self { left: resolved.documents(), peek }
    }

    /// The owner's file, if the model reads it itself and it takes no more than this share of its window.
    pub async fn take(
        &mut self,
        server: &Server,
        resolved: &Resolved,
        (owner, file): (Uuid, &File),
        share: usize,
    ) -> Result<Option<Document>> {
        let Some(left) = self.left.filter(|left| file.media_type == PDF && file.size <= left.bytes) else { return Ok(None) };
        let hash = file.sha256.as_deref().unwrap_or_default();
        let text = file::text_of(server, owner, hash).await?;
        let pages = passage::pages(&text);
        // Of a text that was cut, nobody knows how many pages there are.
        if pages == 0 || pages > left.pages || text.len() >= TEXT_MAX {
            return Ok(None);
        }
        let tokens = resolved.provider.tokens(&text) + pages * left.page_tokens;
        if tokens > share {
            return Ok(None);
        }
        let bytes = if self.peek { Some(Default::default()) } else { file::bytes_of(server, owner, hash).await? };
        let document = bytes.map(|bytes| Document { name: file.name.clone(), media_type: PDF, bytes, tokens });
        if document.is_some() {
            self.left = Some(DocumentRoom { bytes: left.bytes - file.size, pages: left.pages - pages, ..left });
        }
        Ok(document)
    }
}
