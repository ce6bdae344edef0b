//! Passages of documents: cut where the text has seams, kept when a file is read, chosen for a question where the whole does not fit. What
//! fits is found by the words of the question, and where administrators chose a model that embeds, by what is meant, too.

mod cut;
mod rank;
#[cfg(test)]
mod tests;
mod vector;

use std::sync::Arc;

pub use cut::pages;
use uuid::Uuid;
pub use vector::{Seek, embed};

use crate::model::file::{File, LOOK_MAX};
use crate::model::job::JobKind;
use crate::model::passage::Marked;
use crate::server::Server;
use crate::server::db::Passage;
use crate::server::error::{Error, Result};
use crate::server::job::{self, NewJob};

/// The media type of files whose text tells where pages begin.
const PDF: &str = "application/pdf";
/// Of the text that a file was sent with, how much it counts beside the newest question.
const OLDER: f64 = 0.5;
/// A document of fewer passages is not embedded: its words are enough.
const FEW: usize = 8;

/// What passages are chosen for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The newest question.
    pub question: &'a str,
    /// What the file was sent with, where that was an earlier one.
    pub earlier: &'a str,
    pub seek: &'a Seek,
}

/// The passages of a document, and which of them fit what is wanted, the best first.
pub struct Ranked {
    pub text: Arc<str>,
    pub passages: Vec<Passage>,
    pub best: Vec<usize>,
}

/// The passages of the owner's document with this text, ranked.
pub async fn ranked(server: &Server, owner: Uuid, (file, text): (&File, String), wanted: Wanted<'_>) -> Result<Ranked> {
    let passages = Arc::new(of(server, file, &text).await?);
    let text: Arc<str> = text.into();
    if wanted.question.trim().is_empty() && wanted.earlier.trim().is_empty() {
        return Ok(Ranked { text, passages: passages.to_vec(), best: Vec::new() });
    }
    let (question, earlier) = (wanted.question.to_owned(), wanted.earlier.to_owned());
    let (read, cut) = (text.clone(), passages.clone());
    // Millions of characters are folded: other requests are not to wait for that.
    let words = tokio::task::spawn_blocking(move || rank::terms(&read, &cut, &[(question.as_str(), 1.0), (earlier.as_str(), OLDER)]));
    let meant = vector::scores(server, owner, (file.id, passages.len()), wanted);
    let (words, meant) = tokio::join!(words, meant);
    let scores: Vec<Vec<f64>> = [words.map_err(Error::internal)?].into_iter().chain(meant).collect();
    Ok(Ranked { text, passages: passages.to_vec(), best: rank::fused(&scores) })
}

/// The passages of a file's text; where it was read before there were any, they are made now.
async fn of(server: &Server, file: &File, text: &str) -> Result<Vec<Passage>> {
    let kept = server.db.passages().list(file.id).await?;
    if !kept.is_empty() {
        return Ok(kept);
    }
    let passages = cut::cut(text, file.media_type == PDF);
    if let Err(cause) = server.db.passages().put(file.id, &passages).await {
        // The file may have been deleted in this moment.
        tracing::warn!(%cause, file = %file.id, "the passages of a file could not be kept");
    }
    Ok(passages)
}

/// Keeps the passages of a text that was just read out of a file, and has them embedded where somebody chose a model for that.
pub(super) async fn keep(server: &Server, owner: Uuid, file: &File, text: &str) -> Result<()> {
    let passages = of(server, file, text).await?;
    if passages.len() >= FEW && server.registry.for_passages().is_some() {
        job::enqueue(server, NewJob::new(JobKind::Embed, serde_json::json!({ "file_id": file.id })).of(owner)).await?;
    }
    Ok(())
}

/// A passage within the text around it. None: the file has no such passage.
pub(super) async fn marked(server: &Server, file_id: Uuid, text: &str, ordinal: u32) -> Result<Option<Marked>> {
    let Some(passage) = server.db.passages().find(file_id, ordinal).await? else { return Ok(None) };
    let around = LOOK_MAX / 2;
    let from = text.floor_char_boundary(passage.start.saturating_sub(around));
    let to = text.ceil_char_boundary((passage.end + around).min(text.len()));
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    Ok(Some(Marked {
        passage: ordinal,
        before: part(from, passage.start),
        text: part(passage.start, passage.end),
        after: part(passage.end, to),
        page: passage.page,
    }))
}
