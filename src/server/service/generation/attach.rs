//! Files beside a question: whether they may be sent, and what a model is shown of them. A document is its text between two lines
//! that no text can imitate, or where that does not fit those of its passages that matter (`excerpt`); a PDF file that the model reads
//! itself it is handed (`papers`); a picture is shown as one, no larger than the model takes.

use uuid::Uuid;

use super::excerpt::excerpt;
use super::papers::Papers;
use crate::model::error::Rule;
use crate::model::file::{ATTACHED_MAX, Attachment, File, FileState};
use crate::model::passage::Source;
use crate::server::Server;
use crate::server::db::Db;
use crate::server::error::{Error, Result};
use crate::server::llm::{Document, Picture, Resolved};
use crate::server::service::file;
use crate::server::service::passage::{self, Wanted};
use crate::server::service::viewer::Viewer;

/// The part of the window that the files of one message may take: one of so many.
const SHARE: usize = 2;
/// A text of fewer bytes for each token that it may have fits; one of more does not: no tokenizer makes longer tokens on the whole.
const BYTES: usize = 12;

/// Where the prompt is built: with the files, or from the database alone.
#[derive(Clone, Copy)]
pub struct Shelf<'a> {
    pub db: &'a Db,
    server: Option<&'a Server>,
}

impl<'a> From<&'a Db> for Shelf<'a> {
    fn from(db: &'a Db) -> Self {
        Self { db, server: None }
    }
}

impl<'a> From<&'a Server> for Shelf<'a> {
    fn from(server: &'a Server) -> Self {
        Self { db: &server.db, server: Some(server) }
    }
}

/// What a model is shown of the files of one message.
#[derive(Default)]
pub struct Shown {
    /// Before the message's own text.
    pub text: String,
    pub pictures: Vec<Picture>,
    /// What the model reads itself.
    pub documents: Vec<Document>,
    /// The names of those that do not fit whole.
    pub cut: Vec<String>,
    /// What of them can be cited.
    pub sources: Vec<Source>,
}

/// The viewer's files of these ids, as they are sent. Errors: `Invalid` (field `attachments`), `Conflict` while one is being read.
pub async fn checked(server: &Server, viewer: &Viewer, ids: &[Uuid]) -> Result<Vec<Attachment>> {
    let wrong = |rule, message: String| Error::invalid("attachments", rule, message);
    if ids.len() > ATTACHED_MAX {
        return Err(wrong(Rule::TooLong(ATTACHED_MAX), format!("A message may have at most {ATTACHED_MAX} files.")));
    }
    let mut attachments = Vec::with_capacity(ids.len());
    for id in ids {
        let found = server.db.files().find_for(viewer.user.id, *id).await?;
        let file = found.ok_or_else(|| wrong(Rule::Unknown, format!("There is no file {id}.")))?;
        match file.state {
            FileState::Ready => attachments.push(Attachment::from(file)),
            FileState::Uploading => return Err(Error::conflict(format!("Not all of the file {} is here yet.", file.name))),
            FileState::Waiting | FileState::Reading => {
                return Err(Error::conflict(format!("The file {} is being read. Try again in a moment.", file.name)));
            }
            FileState::Failed => {
                let why = file.error.map(|error| error.message).unwrap_or_default();
                return Err(wrong(Rule::Unreadable, format!("The file {} cannot be sent. {why}", file.name)));
            }
        }
    }
    Ok(attachments)
}

/// The model that is shown these files: where there are pictures and it is known to see none, the one that administrators chose for
/// pictures, if the viewer may use that; else an error (`Invalid`, field `attachments`).
pub fn seeing(server: &Server, viewer: &Viewer, resolved: Resolved, attachments: &[Attachment]) -> Result<Resolved> {
    if !is_blind(&resolved) || !attachments.iter().any(Attachment::is_picture) {
        return Ok(resolved);
    }
    server.registry.for_pictures(viewer.who()).filter(|other| !is_blind(other)).ok_or_else(|| {
        let message = format!("{} sees no pictures. Choose another model, or send the message without them.", resolved.id);
        Error::invalid("attachments", Rule::NoVision, message)
    })
}

fn is_blind(resolved: &Resolved) -> bool {
    resolved.provider.sees(&resolved.model, &resolved.facts) == Some(false)
}

/// What the model is shown of these files, in a window of so many tokens; what can be cited is numbered from `from` on. A file that is
/// gone is said to be.
pub async fn shown(
    shelf: Shelf<'_>,
    resolved: &Resolved,
    (attachments, wanted): (&[Attachment], Wanted<'_>),
    (window, from): (usize, u32),
    papers: &mut Papers,
) -> Result<Shown> {
    let mut shown = Shown::default();
    let documents = attachments.iter().filter(|file| !file.is_picture()).count().max(1);
    let share = window / SHARE / documents;
    for attachment in attachments {
        let found = match shelf.server {
            Some(server) => server.db.files().found(attachment.id).await?.map(|found| (server, found)),
            None => None,
        };
        let Some((server, (owner, file))) = found else {
            shown.text.push_str(&format!("[The file {} is not there any more.]\n\n", attachment.name));
            continue;
        };
        let hash = file.sha256.as_deref().unwrap_or_default();
        if !attachment.is_picture() {
            if let Some(document) = papers.take(server, resolved, (owner, &file), share).await? {
                shown.documents.push(document);
                continue;
            }
            let from = from + u32::try_from(shown.sources.len()).unwrap_or_default();
            document(server, resolved, (owner, &file, attachment), (wanted, share, from), &mut shown).await?;
        } else if is_blind(resolved) {
            shown.text.push_str(&format!("[The picture {} was sent, which this model cannot see.]\n\n", attachment.name));
        } else {
            let view = file::view_of(server, owner, hash, resolved.provider.picture_side()).await?;
            shown.pictures.extend(view.map(|(bytes, media_type)| Picture { media_type, bytes }));
        }
    }
    Ok(shown)
}

/// Adds a document: its text, or where that has more tokens than its share the passages that matter.
async fn document(
    server: &Server,
    resolved: &Resolved,
    (owner, file, attachment): (Uuid, &File, &Attachment),
    (wanted, share, from): (Wanted<'_>, usize, u32),
    shown: &mut Shown,
) -> Result<()> {
    let hash = file.sha256.as_deref().unwrap_or_default();
    let text = file::text_of(server, owner, hash).await?;
    if text.len() <= share.saturating_mul(BYTES) && resolved.provider.tokens(&text) <= share {
        shown.text.push_str(&fenced(&attachment.name, hash, &text));
        return Ok(());
    }
    let ranked = passage::ranked(server, owner, (file, text), wanted).await?;
    let (text, sources) = excerpt(resolved, (attachment, hash), &ranked, (share, from));
    shown.text.push_str(&text);
    shown.sources.extend(sources);
    shown.cut.push(attachment.name.clone());
    Ok(())
}

pub(super) fn start(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The text between two lines with a mark that depends on all of the content, so that no content can hold it.
fn fenced(name: &str, hash: &str, text: &str) -> String {
    let mark = start(hash, 12);
    format!("[File {mark} begins: {name}]\n{}\n[File {mark} ends]\n\n", text.trim_end())
}

#[cfg(test)]
mod tests;
