//! Conversations from elsewhere, in three steps: a file is sent, a job looks what it holds, and when its owner has seen that and says so,
//! another takes them. What a conversation is called where it comes from is remembered, so that none comes twice.

mod keep;
mod run;
#[cfg(test)]
mod tests;

use std::path::Path;

use chrono::Duration;
use futures::Stream;
pub use keep::keep;
pub use run::run;
use serde_json::json;
use tokio::fs;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use super::activity::{self, Event};
use super::feature;
use super::file::receive::{part, write};
use super::viewer::{Origin, Viewer};
use crate::model::Page;
use crate::model::activity::Action;
use crate::model::error::{Code, Rule};
use crate::model::file::plain_name;
use crate::model::import::{IMPORT_HOURS, IMPORT_MAX, Import, ImportFault, ImportState};
use crate::model::job::{JobKind, JobState};
use crate::model::operation::Feature;
use crate::server::Server;
use crate::server::db::{NewImport, StoredImport};
use crate::server::error::{Error, Result};
use crate::server::job::{self, NewJob};
use crate::server::storage::Bytes;

/// The folder of files that wait, in the store.
const FOLDER: &str = "import";
/// Imports of a list page, by default and at most.
const LIST: u32 = 20;
const LIST_MAX: u32 = 100;
/// How long it is remembered what an import brought.
const KEEP: Duration = Duration::days(90);

/// Takes a file, and has it looked what it holds. One that waits for a word makes room for it.
/// Errors: `Conflict` (another one is at work), `TooLarge`, `UnsupportedMediaType`, `Invalid` (field `file`: empty).
pub async fn receive<S>(server: &Server, viewer: &Viewer, name: &str, pieces: S) -> Result<Import>
where
    S: Stream<Item = std::result::Result<Bytes, String>> + Unpin,
{
    feature::require(server, Feature::Imports)?;
    let user_id = viewer.user.id;
    settle(server, user_id).await?;
    let id = Uuid::now_v7();
    let path = part(server, user_id, id);
    let received = async {
        let written = write(&path, pieces, IMPORT_MAX as u64).await;
        let size = written.map_err(|stopped| stopped.error(too_large))?;
        look(&path, size).await?;
        server.storage.put_file(&key(user_id, id), &path).await
    };
    let received = received.await;
    let _ = fs::remove_file(&path).await;
    let size = i64::try_from(received?).map_err(Error::internal)?;
    for old in server.db.imports().list_for(user_id, None, LIST.into()).await? {
        if old.import.state == ImportState::Ready {
            forget(server, user_id, old.import.id).await?;
        }
    }
    let (name, now) = (plain_name(name), server.clock.now());
    server.db.imports().insert(&NewImport { id, user_id, name: &name, size, now }).await?;
    let job = enqueue(server, user_id, id).await?;
    server.db.imports().begin(id, ImportState::Reading, ImportState::Reading, (Some(job), now)).await?;
    find(server, viewer, id).await
}

/// Refuses what cannot be one of these files before anybody waits for it.
async fn look(path: &Path, size: u64) -> Result<()> {
    if size == 0 {
        return Err(Error::invalid("file", Rule::Required, "The file is empty."));
    }
    let mut head = Vec::new();
    let file = fs::File::open(path).await.map_err(Error::internal)?;
    file.take(64).read_to_end(&mut head).await.map_err(Error::internal)?;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    if head.starts_with(b"PK\x03\x04") || text.starts_with(b"[") || text.starts_with(b"{") {
        return Ok(());
    }
    Err(Error::new(Code::UnsupportedMediaType, "Send the ZIP file of an export, or the JSON file in it."))
}

/// The viewer's imports, the newest first. `before` is the `next` of the page before.
pub async fn list(server: &Server, viewer: &Viewer, before: Option<Uuid>, limit: Option<u32>) -> Result<Page<Import>> {
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let mut all = server.db.imports().list_for(viewer.user.id, before, limit as i64 + 1).await?;
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|last| last.import.id.to_string());
    let mut items = Vec::with_capacity(all.len());
    for stored in all {
        items.push(shown(server, stored).await?);
    }
    Ok(Page { items, next })
}

/// The viewer's import.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Import> {
    shown(server, own(server, viewer, id).await?).await
}

async fn own(server: &Server, viewer: &Viewer, id: Uuid) -> Result<StoredImport> {
    let found = server.db.imports().find(id).await?.filter(|found| found.user_id == viewer.user.id);
    found.ok_or_else(|| Error::not_found("import"))
}

/// Has the conversations taken that were found. Errors: `NotFound`, `Conflict` (nothing was found yet, or it was done already).
pub async fn confirm(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<Import> {
    feature::require(server, Feature::Imports)?;
    let StoredImport { import, user_id, .. } = own(server, viewer, id).await?;
    if import.state != ImportState::Ready {
        return Err(Error::conflict("It is not waiting to be confirmed."));
    }
    settle(server, user_id).await?;
    let imports = server.db.imports();
    let begun = imports.begin(id, ImportState::Ready, ImportState::Importing, (None, server.clock.now())).await;
    let begun = match begun {
        Err(error) if error.as_database_error().is_some_and(|error| error.is_unique_violation()) => return Err(busy()),
        begun => begun?,
    };
    if !begun {
        return Err(Error::conflict("It is not waiting to be confirmed."));
    }
    let job = enqueue(server, user_id, id).await?;
    imports.begin(id, ImportState::Importing, ImportState::Importing, (Some(job), server.clock.now())).await?;
    let detail = json!({ "sources": import.found.as_ref().map(|found| &found.sources) });
    activity::record(server, Event::new(Action::ChatsImported, origin).of(user_id).detail(detail)).await;
    find(server, viewer, id).await
}

/// Forgets an import and its file; what is being done ends. Conversations that it brought stay. Errors: `NotFound`.
pub async fn discard(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    let stored = own(server, viewer, id).await?;
    if let Some(job) = stored.job_id.filter(|_| stored.import.is_busy()) {
        server.db.jobs().cancel(job, server.clock.now()).await?;
    }
    forget(server, viewer.user.id, id).await
}

/// Removes files that nobody confirmed in a day, and what is remembered of imports of long ago; called about once an hour.
pub async fn sweep(server: &Server) -> Result<()> {
    let now = server.clock.now();
    let mut left = server.db.imports().left(ImportState::Ready, now - Duration::hours(IMPORT_HOURS)).await?;
    for state in [ImportState::Reading, ImportState::Importing, ImportState::Done, ImportState::Failed] {
        left.extend(server.db.imports().left(state, now - KEEP).await?);
    }
    for (user_id, id) in left {
        forget(server, user_id, id).await?;
    }
    // What a process left that died on the way.
    for key in server.storage.list(FOLDER, now - Duration::hours(2 * IMPORT_HOURS)).await? {
        server.storage.delete(&key).await?;
    }
    Ok(())
}

/// Removes every file that the user sent here; what is remembered goes with the account.
pub(super) async fn erase(server: &Server, user_id: Uuid) -> Result<()> {
    server.storage.delete_folder(&format!("{FOLDER}/{user_id}")).await
}

async fn forget(server: &Server, user_id: Uuid, id: Uuid) -> Result<()> {
    server.db.imports().delete_for(user_id, id).await?;
    server.storage.delete(&key(user_id, id)).await
}

async fn enqueue(server: &Server, user_id: Uuid, id: Uuid) -> Result<Uuid> {
    job::enqueue(server, NewJob::new(JobKind::Import, json!({ "import_id": id })).of(user_id)).await
}

/// The import with how far its job is. One whose job has ended without it has failed.
async fn shown(server: &Server, StoredImport { mut import, job_id, .. }: StoredImport) -> Result<Import> {
    let Some(job) = job_id.filter(|_| import.is_busy()) else { return Ok(import) };
    let job = server.db.jobs().find(job).await?;
    match job.filter(|job| matches!(job.state, JobState::Queued | JobState::Running)) {
        Some(job) => import.progress = u8::try_from(job.progress.clamp(0, 100)).unwrap_or(100),
        // It may have ended in this moment.
        None => match server.db.imports().find(import.id).await? {
            Some(now) if !now.import.is_busy() => import = now.import,
            _ => (import.state, import.fault) = (ImportState::Failed, Some(ImportFault::Server)),
        },
    }
    Ok(import)
}

/// Lets no two be at work for the same person, and none stand in the way whose job is gone.
async fn settle(server: &Server, user_id: Uuid) -> Result<()> {
    for stored in server.db.imports().list_for(user_id, None, LIST_MAX.into()).await? {
        if !stored.import.is_busy() {
            continue;
        }
        let id = stored.import.id;
        if stored.job_id.is_some() && shown(server, stored).await?.is_busy() {
            return Err(busy());
        }
        server.db.imports().fail(id, ImportFault::Server, server.clock.now()).await?;
        server.storage.delete(&key(user_id, id)).await?;
    }
    Ok(())
}

/// A file is at work already.
fn busy() -> Error {
    Error::conflict("Another file is being read or imported. Wait until that is done.")
}

/// The file is larger than may be sent.
pub fn too_large() -> Error {
    Error::new(Code::TooLarge, format!("A file may have at most {} MiB.", IMPORT_MAX / 1024 / 1024))
}

/// Where the file is kept until it is done with.
fn key(user_id: Uuid, id: Uuid) -> String {
    format!("{FOLDER}/{user_id}/{id}")
}
