//! Files beside a question: whether they may be sent, and what a model is shown of them. A document is its text between two lines
//! that no text can imitate; a picture is shown as one, no larger than the model takes.

use uuid::Uuid;

use crate::model::error::Rule;
use crate::model::file::{ATTACHED_MAX, Attachment, FileState};
use crate::server::Server;
use crate::server::db::Db;
use crate::server::error::{Error, Result};
use crate::server::llm::{Picture, Resolved};
use crate::server::service::file;
use crate::server::service::viewer::Viewer;

/// The part of the window that the files of one message may take: one of so many.
const SHARE: usize = 2;
/// Bytes of text that are looked at for one token; no tokenizer makes longer ones on the whole.
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
    /// The names of those of which only the beginning fits.
    pub cut: Vec<String>,
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

/// What the model is shown of these files, in a window of so many tokens. A file that is gone is said to be.
pub async fn shown(shelf: Shelf<'_>, resolved: &Resolved, attachments: &[Attachment], window: usize) -> Result<Shown> {
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
            let text = file::text_of(server, owner, hash).await?;
            let (text, cut) = fitted(resolved, &text, share);
            shown.text.push_str(&fenced(&attachment.name, hash, text, cut));
            shown.cut.extend(cut.then(|| attachment.name.clone()));
        } else if is_blind(resolved) {
            shown.text.push_str(&format!("[The picture {} was sent, which this model cannot see.]\n\n", attachment.name));
        } else {
            let view = file::view_of(server, owner, hash, resolved.provider.picture_side()).await?;
            shown.pictures.extend(view.map(|(bytes, media_type)| Picture { media_type, bytes }));
        }
    }
    Ok(shown)
}

/// The beginning of the text that has at most so many tokens, and whether that is not all.
fn fitted<'a>(resolved: &Resolved, text: &'a str, share: usize) -> (&'a str, bool) {
    let mut part = start(text, share.saturating_mul(BYTES));
    loop {
        let tokens = resolved.provider.tokens(part);
        if tokens <= share {
            return (part, part.len() < text.len());
        }
        // What is estimated by its length fits at once; another tokenizer is asked again.
        let less = (part.len() as f64 * share as f64 / tokens as f64 * 0.98) as usize;
        part = start(part, less.min(part.len().saturating_sub(1)));
    }
}

fn start(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The text between two lines with a mark that depends on all of the content, so that no content can hold it.
fn fenced(name: &str, hash: &str, text: &str, cut: bool) -> String {
    let mark = start(hash, 12);
    let rest = if cut { "\n[The rest of the file is left out: it does not fit into the context window.]" } else { "" };
    format!("[File {mark} begins: {name}]\n{}{rest}\n[File {mark} ends]\n\n", text.trim_end())
}

#[cfg(test)]
mod tests;
