//! Files that people send: received in one piece or in parts, known by their content, kept once however often they are sent, and
//! read by a job. Everything is looked up for its viewer.

mod kind;
mod read;
pub(super) mod receive;
#[cfg(test)]
mod tests;

use chrono::Duration;
use uuid::Uuid;

pub use read::read;
pub use receive::{Uploads, append, begin, offset, store, too_large};

use super::passage;
use super::viewer::Viewer;
use crate::model::Page;
use crate::model::error::Rule;
use crate::model::file::{File, FileState, LOOK_MAX, Look, Room};
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::storage::Bytes;

/// The folder of files in the store.
const FOLDER: &str = "file";
/// Files of a list page, by default and at most.
const LIST: u32 = 30;
const LIST_MAX: u32 = 200;
/// How long the rest of an upload is waited for.
const PATIENCE: Duration = Duration::hours(24);

/// How often, and how many times, it is looked whether a file has been read.
const SETTLE_EVERY: std::time::Duration = std::time::Duration::from_millis(100);
const SETTLE_TIMES: usize = 150;

/// A file's content in the store.
pub struct Stored {
    pub file: File,
    pub key: String,
    /// Changes with the content.
    pub tag: String,
}

/// The viewer's files, newest first. `before` is the `next` of the page before.
pub async fn list(server: &Server, viewer: &Viewer, before: Option<Uuid>, limit: Option<u32>) -> Result<Page<File>> {
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let mut items = server.db.files().list_for(viewer.user.id, before, limit as i64 + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Page { items, next })
}

/// The viewer's file.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<File> {
    server.db.files().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("file"))
}

/// The viewer's file when it has been read; as it is where that takes long.
pub async fn settled(server: &Server, viewer: &Viewer, id: Uuid) -> Result<File> {
    for _ in 0..SETTLE_TIMES {
        let file = find(server, viewer, id).await?;
        if !matches!(file.state, FileState::Waiting | FileState::Reading) {
            return Ok(file);
        }
        tokio::time::sleep(SETTLE_EVERY).await;
    }
    find(server, viewer, id).await
}

/// The viewer's file, and the beginning of its text, or this passage and what is around it.
pub async fn look(server: &Server, viewer: &Viewer, id: Uuid, passage: Option<u32>) -> Result<Look> {
    let file = find(server, viewer, id).await?;
    if file.text_length.is_none() {
        return Ok(Look { file, text: None, cut: false, marked: None });
    }
    let bytes = text(server, viewer, id).await?;
    let whole = String::from_utf8_lossy(&bytes);
    if let Some(ordinal) = passage
        && let Some(marked) = passage::marked(server, id, &whole, ordinal).await?
    {
        return Ok(Look { file, text: None, cut: false, marked: Some(marked) });
    }
    let end = whole.char_indices().nth(LOOK_MAX).map(|(at, _)| at);
    Ok(Look { file, text: Some(whole[..end.unwrap_or(whole.len())].to_owned()), cut: end.is_some(), marked: None })
}

/// What the viewer's files take, and may take.
pub async fn room(server: &Server, viewer: &Viewer) -> Result<Room> {
    let (used, _) = server.db.files().taken(viewer.user.id).await?;
    let settings = server.settings.get();
    let bytes = |mb: u32| u64::from(mb) * 1024 * 1024;
    let (limit, largest) = (bytes(settings.files.user_mb), bytes(settings.files.file_mb));
    Ok(Room { used: used.max(0) as u64, limit, largest })
}

/// Where the content of the viewer's file is. Errors: `NotFound`, `Conflict` while not all of it is here.
pub async fn content(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Stored> {
    content_of(server, viewer.user.id, id).await
}

/// The same of this owner's file: whoever calls this has checked that it may be seen.
pub(super) async fn content_of(server: &Server, owner: Uuid, id: Uuid) -> Result<Stored> {
    let file = server.db.files().find_for(owner, id).await?.ok_or_else(|| Error::not_found("file"))?;
    let hash = file.sha256.clone().ok_or_else(|| Error::conflict("Not all of the file is here yet."))?;
    Ok(Stored { key: key(owner, &hash), tag: format!("\"{}\"", &hash[..32.min(hash.len())]), file })
}

/// The text that was read out of the viewer's file. Errors: `NotFound`, `Conflict` where there is none (yet).
pub async fn text(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Bytes> {
    let stored = content(server, viewer, id).await?;
    let none = || match &stored.file.error {
        Some(error) => Error::conflict(error.message.clone()),
        None if stored.file.is_picture() => Error::conflict("A picture has no text."),
        None => Error::conflict("The file is being read. Try again in a moment."),
    };
    if stored.file.text_length.is_none() {
        return Err(none());
    }
    server.storage.get(&text_key(&stored.key)).await?.ok_or_else(none)
}

/// The viewer's picture as it is shown: small enough, and without what its file says besides. Errors: as of [`text`].
pub async fn view(server: &Server, viewer: &Viewer, id: Uuid) -> Result<(Bytes, &'static str)> {
    shown_of(server, viewer.user.id, id).await
}

/// The same of this owner's picture: whoever calls this has checked that it may be seen.
pub(super) async fn shown_of(server: &Server, owner: Uuid, id: Uuid) -> Result<(Bytes, &'static str)> {
    let stored = content_of(server, owner, id).await?;
    let found = server.storage.get(&view_key(&stored.key)).await?;
    let bytes = found.ok_or_else(|| match stored.file.error {
        Some(error) => Error::conflict(error.message),
        None => Error::conflict("There is no picture (yet)."),
    })?;
    let kind = view_type(&bytes);
    Ok((bytes, kind))
}

/// The text of the file with this content, for what was sent with a message; empty where it is gone.
pub(super) async fn text_of(server: &Server, owner: Uuid, hash: &str) -> Result<String> {
    let bytes = server.storage.get(&text_key(&key(owner, hash))).await?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The content itself, for a model that reads it as it is; none where it is gone.
pub(super) async fn bytes_of(server: &Server, owner: Uuid, hash: &str) -> Result<Option<Bytes>> {
    server.storage.get(&key(owner, hash)).await
}

/// The picture with this content with no side longer than so many pixels, and what it is; none where it is gone.
pub(super) async fn view_of(server: &Server, owner: Uuid, hash: &str, side: u32) -> Result<Option<(Bytes, &'static str)>> {
    let Some(bytes) = server.storage.get(&view_key(&key(owner, hash))).await? else { return Ok(None) };
    let fitting = if side < read::VIEW_SIDE { server.pictures.view(bytes.into(), side).await?.into() } else { bytes };
    let kind = view_type(&fitting);
    Ok(Some((fitting, kind)))
}

/// Forgets the viewer's file; its content goes with the last file that has it. Messages keep its name.
pub async fn delete(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    let user_id = viewer.user.id;
    let hash = server.db.files().delete_for(user_id, id).await?.ok_or_else(|| Error::not_found("file"))?;
    receive::forget(server, user_id, id).await;
    match hash {
        Some(hash) => clear(server, user_id, &hash).await,
        None => Ok(()),
    }
}

/// Removes a content and what was read out of it, unless one of the user's files has it.
async fn clear(server: &Server, user_id: Uuid, hash: &str) -> Result<()> {
    let _turn = server.uploads.turn().await;
    if server.db.files().has_content(user_id, hash).await? {
        return Ok(());
    }
    let key = key(user_id, hash);
    for key in [text_key(&key), view_key(&key), key] {
        server.storage.delete(&key).await?;
    }
    Ok(())
}

/// Forgets uploads whose rest never came; called about once an hour.
pub async fn sweep(server: &Server) -> Result<()> {
    let before = server.clock.now() - PATIENCE;
    for (user_id, id) in server.db.files().abandoned(before).await? {
        server.db.files().delete_for(user_id, id).await?;
        receive::forget(server, user_id, id).await;
    }
    receive::sweep(server, before).await;
    Ok(())
}

/// Removes the content of all files of the user.
pub(super) async fn erase(server: &Server, user_id: Uuid) -> Result<()> {
    receive::forget_all(server, user_id).await;
    server.storage.delete_folder(&format!("{FOLDER}/{user_id}")).await
}

/// Where this content of the user's is kept. The user is part of it: no two people share a file.
pub(super) fn key(user_id: Uuid, hash: &str) -> String {
    format!("{FOLDER}/{user_id}/{hash}")
}

fn text_key(key: &str) -> String {
    format!("{key}.txt")
}

fn view_key(key: &str) -> String {
    format!("{key}.view")
}

fn view_type(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" }
}

fn empty() -> Error {
    Error::invalid("file", Rule::Required, "The file is empty.")
}
