//! Receiving a file, at once or in parts. What has come stands in a folder of this node's own until all of it is here; how much that
//! is, the length of that part says, so that nothing that has come is ever asked for again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use serde_json::json;
use tokio::fs;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::{empty, find, key, kind, room};
use crate::model::error::{Code, Rule};
use crate::model::file::{File, KEPT_MAX, Room, plain_name};
use crate::model::job::JobKind;
use crate::model::operation::Feature;
use crate::server::Server;
use crate::server::crypto::file_hash;
use crate::server::db::{FileContent, NewFile};
use crate::server::error::{Error, Result};
use crate::server::job::{self, NewJob};
use crate::server::service::viewer::Viewer;
use crate::server::service::{feature, screen};
use crate::server::storage::Bytes;

/// The uploads that this node is receiving.
#[derive(Default)]
pub struct Uploads {
    busy: Mutex<HashSet<Uuid>>,
    turn: tokio::sync::Mutex<()>,
}

/// One upload at work; it ends with this.
struct Busy<'a>(&'a Uploads, Uuid);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Uploads {
    fn enter(&self, id: Uuid) -> Result<Busy<'_>> {
        let free = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        if free { Ok(Busy(self, id)) } else { Err(Error::conflict("This upload is being sent elsewhere at this moment.")) }
    }

    /// Held while content begins or ceases to be some file's, so that none is removed in the moment it is sent again.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

/// Begins an upload of so many bytes. Errors: `TooLarge`, `Invalid` (field `file`), `Conflict`.
pub async fn begin(server: &Server, viewer: &Viewer, name: &str, size: u64) -> Result<File> {
    feature::require(server, Feature::Uploads)?;
    if size == 0 {
        return Err(empty());
    }
    check(&room(server, viewer).await?, size)?;
    let id = insert(server, viewer, &plain_name(name), size).await?;
    find(server, viewer, id).await
}

/// How much of the viewer's file is here, in bytes.
pub async fn offset(server: &Server, viewer: &Viewer, file: &File) -> u64 {
    if file.is_whole() { file.size } else { length(&part(server, viewer.user.id, file.id)).await }
}

/// Adds what comes to an upload that has `offset` bytes; answers how many it has then. The last byte makes it a file.
/// Errors: `Conflict` (it is somewhere else, or whole), `TooLarge`, and those of the content.
pub async fn append<S>(server: &Server, viewer: &Viewer, id: Uuid, offset: u64, pieces: S) -> Result<u64>
where
    S: Stream<Item = std::result::Result<Bytes, String>> + Unpin,
{
    feature::require(server, Feature::Uploads)?;
    let file = find(server, viewer, id).await?;
    if file.is_whole() {
        return Err(Error::conflict("All of this file is here."));
    }
    let _busy = server.uploads.enter(id)?;
    let path = part(server, viewer.user.id, id);
    let have = length(&path).await;
    if have != offset {
        return Err(Error::conflict(format!("The upload goes on at {have}, not at {offset}.")));
    }
    let written = write(&path, pieces, file.size - have).await;
    server.db.files().touch(id, server.clock.now()).await?;
    let have = have + written.map_err(|stopped| stopped.error(|| too_much(file.size)))?;
    if have == file.size {
        let kept = keep(server, viewer, id, &file.name, &path).await;
        if kept.is_err() {
            server.db.files().delete_for(viewer.user.id, id).await?;
            forget(server, viewer.user.id, id).await;
        }
        kept?;
    }
    Ok(have)
}

/// Keeps what comes as a file. The same content under the same name is the file that is there: then the answer has false.
/// Errors: `TooLarge`, `UnsupportedMediaType`, `Invalid` (field `file`), `Conflict`.
pub async fn store<S>(server: &Server, viewer: &Viewer, name: &str, pieces: S) -> Result<(File, bool)>
where
    S: Stream<Item = std::result::Result<Bytes, String>> + Unpin,
{
    feature::require(server, Feature::Uploads)?;
    let (room, name, scratch) = (room(server, viewer).await?, plain_name(name), Uuid::now_v7());
    let path = part(server, viewer.user.id, scratch);
    let received = async {
        let written = write(&path, pieces, room.largest).await;
        let size = written.map_err(|stopped| stopped.error(|| too_large(&room)))?;
        if size == 0 {
            return Err(empty());
        }
        let (hash, _) = known(&path, &name).await?;
        if let Some(file) = server.db.files().find_same(viewer.user.id, &hash, &name).await? {
            return Ok((file, false));
        }
        check(&room, size)?;
        let id = insert(server, viewer, &name, size).await?;
        let kept = keep(server, viewer, id, &name, &path).await;
        if kept.is_err() {
            server.db.files().delete_for(viewer.user.id, id).await?;
        }
        Ok((kept?, true))
    };
    let received = received.await;
    forget(server, viewer.user.id, scratch).await;
    received
}

async fn insert(server: &Server, viewer: &Viewer, name: &str, size: u64) -> Result<Uuid> {
    let (_, count) = server.db.files().taken(viewer.user.id).await?;
    if count >= KEPT_MAX {
        return Err(Error::conflict(format!("Nobody can keep more than {KEPT_MAX} files.")));
    }
    let (id, size) = (Uuid::now_v7(), i64::try_from(size).map_err(Error::internal)?);
    server.db.files().insert(&NewFile { id, user_id: viewer.user.id, name, size, now: server.clock.now() }).await?;
    Ok(id)
}

/// Makes a file of an upload that is all here: into the store, into the database, and to who reads it.
async fn keep(server: &Server, viewer: &Viewer, id: Uuid, name: &str, path: &Path) -> Result<File> {
    let user_id = viewer.user.id;
    let (hash, media_type) = known(path, name).await?;
    let media_type = media_type.ok_or_else(unsupported)?;
    let content = fs::File::open(path).await.map_err(Error::internal)?;
    screen::pass(server, viewer, ("file", name), content).await?;
    let key = key(user_id, &hash);
    let size = server.storage.put_file(&key, path).await?;
    {
        let _turn = server.uploads.turn().await;
        // The same content may have ceased to be another file's meanwhile.
        if !server.storage.has(&key).await? {
            server.storage.put_file(&key, path).await?;
        }
        let size = i64::try_from(size).map_err(Error::internal)?;
        server.db.files().complete(id, &FileContent { size, hash: &hash, media_type }, server.clock.now()).await?;
    }
    let _ = fs::remove_file(path).await;
    job::enqueue(server, NewJob::new(JobKind::Read, json!({ "file_id": id })).of(user_id)).await?;
    find(server, viewer, id).await
}

/// The content's hash, and what it is.
async fn known(path: &Path, name: &str) -> Result<(String, Option<&'static str>)> {
    let (path, name) = (path.to_owned(), name.to_owned());
    let look = move || {
        let mut file = std::fs::File::open(path)?;
        Ok::<_, std::io::Error>((file_hash(&mut file)?, kind::of(&mut file, &name)?))
    };
    tokio::task::spawn_blocking(look).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// Why no more was written.
pub enum Stopped {
    TooMuch,
    /// Who sends went away.
    Sender(String),
    Disk(std::io::Error),
}

impl Stopped {
    pub fn error(self, too_much: impl FnOnce() -> Error) -> Error {
        match self {
            Self::TooMuch => too_much(),
            Self::Sender(said) => Error::new(Code::Malformed, format!("The request cannot be read: {said}.")),
            Self::Disk(cause) => Error::internal(cause),
        }
    }
}

/// Writes what comes to the end of the part, at most so many bytes; answers how many.
pub async fn write<S>(path: &Path, mut pieces: S, most: u64) -> std::result::Result<u64, Stopped>
where
    S: Stream<Item = std::result::Result<Bytes, String>> + Unpin,
{
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).await.map_err(Stopped::Disk)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options.create(true).append(true).mode(0o600).open(path).await.map_err(Stopped::Disk)?;
    let mut written = 0;
    let ended = loop {
        match pieces.next().await {
            None => break Ok(()),
            Some(Err(said)) => break Err(Stopped::Sender(said)),
            Some(Ok(piece)) if written + piece.len() as u64 > most => break Err(Stopped::TooMuch),
            Some(Ok(piece)) => {
                file.write_all(&piece).await.map_err(Stopped::Disk)?;
                written += piece.len() as u64;
            }
        }
    };
    file.flush().await.map_err(Stopped::Disk)?;
    ended.map(|()| written)
}

async fn length(path: &Path) -> u64 {
    fs::metadata(path).await.map_or(0, |found| found.len())
}

fn folder(server: &Server) -> PathBuf {
    server.config.files.uploads.clone()
}

/// Where what comes of an upload of the user's is kept until all of it is here.
pub fn part(server: &Server, user_id: Uuid, id: Uuid) -> PathBuf {
    folder(server).join(format!("{user_id}-{id}.part"))
}

/// Removes what has come of an upload; nothing where nothing has.
pub(super) async fn forget(server: &Server, user_id: Uuid, id: Uuid) {
    let _ = fs::remove_file(part(server, user_id, id)).await;
}

/// The same of every upload of the user.
pub(super) async fn forget_all(server: &Server, user_id: Uuid) {
    let start = format!("{user_id}-");
    remove(server, |name, _| name.starts_with(&start)).await;
}

/// Removes parts that nothing was added to since then.
pub(super) async fn sweep(server: &Server, before: DateTime<Utc>) {
    remove(server, |_, changed| changed < before).await;
}

async fn remove(server: &Server, which: impl Fn(&str, DateTime<Utc>) -> bool) {
    let Ok(mut entries) = fs::read_dir(folder(server)).await else { return };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let changed = entry.metadata().await.and_then(|found| found.modified());
        if changed.is_ok_and(|changed| which(&entry.file_name().to_string_lossy(), changed.into())) {
            let _ = fs::remove_file(entry.path()).await;
        }
    }
}

/// Whether there is room for so many bytes more.
fn check(room: &Room, size: u64) -> Result<()> {
    if size > room.largest {
        return Err(too_large(room));
    }
    if room.used + size > room.limit {
        let message = format!("Your files may take at most {} MiB together. Delete some first.", room.limit / 1024 / 1024);
        return Err(Error::invalid("file", Rule::Full, message));
    }
    Ok(())
}

/// The file is larger than may be sent.
pub fn too_large(room: &Room) -> Error {
    Error::new(Code::TooLarge, format!("A file may have at most {} MiB.", room.largest / 1024 / 1024))
}

fn too_much(size: u64) -> Error {
    Error::new(Code::TooLarge, format!("This upload was to have {size} bytes, and more came."))
}

fn unsupported() -> Error {
    let message = "Send a picture (PNG, JPEG, WebP, GIF), a PDF, Word, PowerPoint or Excel file, or text.";
    Error::new(Code::UnsupportedMediaType, message)
}
