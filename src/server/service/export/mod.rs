//! A copy of everything that an account holds, as one ZIP file: made by a background job, fetched by an address that expires.

mod collect;
mod text;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::viewer::{Origin, Viewer};
use super::{feature, presence, ticket};
use crate::model::activity::Action;
use crate::model::export::{EXPORT_HOURS, Export, ExportState};
use crate::model::job::{JobKind, JobState};
use crate::model::operation::Feature;
use crate::model::presence::{ToPage, What};
use crate::model::ticket::Purpose;
use crate::server::Server;
use crate::server::crypto::{Context, Place};
use crate::server::error::{Error, Result};
use crate::server::job::{self, Failure, Job, NewJob};

/// The shortest time between two exports.
const PAUSE: Duration = Duration::minutes(10);
/// The folder of exports in the store.
const FOLDER: &str = "export";

/// What a finished job remembers.
#[derive(Serialize, Deserialize)]
struct Made {
    key: String,
    size: u64,
    /// The token of its address, encrypted: who reads the table cannot fetch the file.
    token: String,
    expires_at: DateTime<Utc>,
}

/// A finished export, for who has its address.
pub struct Download {
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Changes with the file.
    pub tag: String,
    user_id: Uuid,
}

/// Begins an export, unless one is being made. Errors: `RateLimited` soon after the last one.
pub async fn start(server: &Server, viewer: &Viewer, origin: &Origin) -> Result<Export> {
    feature::require(server, Feature::Exports)?;
    let id = viewer.user.id;
    let now = state(server, viewer).await?;
    if now.state == ExportState::Running {
        return Ok(now);
    }
    let wait = now.requested_at.filter(|_| now.state == ExportState::Ready).map(|at| at + PAUSE - server.clock.now());
    if let Some(wait) = wait.filter(|wait| *wait > Duration::zero()) {
        return Err(Error::rate_limited(wait.num_seconds().unsigned_abs() + 1));
    }
    if job::enqueue_one(server, NewJob::new(JobKind::Export, json!({})).of(id)).await? {
        activity::record(server, Event::new(Action::ExportRequested, origin).of(id)).await;
    }
    state(server, viewer).await
}

/// How far the viewer's export is, and where it can be fetched.
pub async fn state(server: &Server, viewer: &Viewer) -> Result<Export> {
    let Some(job) = server.db.jobs().last_of(viewer.user.id, JobKind::Export).await? else { return Ok(Export::default()) };
    let progress = u8::try_from(job.progress.clamp(0, 100)).unwrap_or(100);
    let export = |state| Export { state, progress, requested_at: Some(job.created_at), ..Export::default() };
    match job.state {
        JobState::Queued | JobState::Running => Ok(export(ExportState::Running)),
        JobState::Failed => Ok(export(ExportState::Failed)),
        JobState::Cancelled => Ok(Export::default()),
        JobState::Done => {
            let made = job.result.clone().and_then(|result| serde_json::from_value::<Made>(result).ok());
            let Some(made) = made.filter(|made| made.expires_at > server.clock.now()) else { return Ok(Export::default()) };
            let token = URL_SAFE_NO_PAD.decode(&made.token).map_err(Error::internal)?;
            let token = String::from_utf8(server.keys.decrypt(&token, &context(job.id))?).map_err(Error::internal)?;
            let url = Some(format!("/export/{token}/liao-export.zip"));
            Ok(Export { url, size: Some(made.size), expires_at: Some(made.expires_at), ..export(ExportState::Ready) })
        }
    }
}

/// The file of this address; fetching it again, or the rest of it, is fine until it expires. Errors: `NotFound`.
pub async fn find(server: &Server, token: &str) -> Result<Download> {
    let missing = || Error::not_found("export");
    let ticket = ticket::peek(server, Purpose::Export, token).await.map_err(|error| match error {
        Error::Client(_) => missing(),
        other => other,
    })?;
    let (Some(user_id), Some(key), Some(size)) = (ticket.user_id, ticket.data["key"].as_str(), ticket.data["size"].as_u64()) else {
        return Err(missing());
    };
    let tag = format!("\"{}\"", key.rsplit('/').next().unwrap_or_default().trim_end_matches(".zip"));
    Ok(Download { key: key.to_owned(), size, tag, user_id })
}

/// Notes that somebody began to fetch the file.
pub async fn fetched(server: &Server, origin: &Origin, download: &Download) {
    let event = Event::new(Action::ExportFetched, origin).of(download.user_id).by_nobody();
    activity::record(server, event).await;
}

/// Makes the file of this job. Cut off, it is made anew.
pub async fn run(server: &Server, job: &Job) -> Result<Value, Failure> {
    let user_id = job.user_id.ok_or_else(|| Failure::Final("an export of nobody".into()))?;
    // One is kept: the last.
    server.storage.delete_folder(&folder(user_id)).await?;
    remove_working_copies(server, user_id);
    let file = server.config.data_dir.join(format!("{}-{}{WORKING}", working(user_id), job.id));
    let making = async {
        if !collect::into(server, job.id, user_id, &file).await? {
            return Err(Failure::Final("cancelled".into()));
        }
        publish(server, job.id, user_id, &file).await.map_err(Failure::from)
    };
    // Large files, and a store that is far away, take longer than a worker may be silent.
    let made = job::alive(server, job.id, making).await?.unwrap_or_else(|| Err(Failure::Final("cancelled".into())));
    // It is in the store, or of no use.
    let _ = tokio::fs::remove_file(&file).await;
    presence::tell(server, user_id, ToPage::Changed { what: What::Export });
    if made.is_ok() {
        tell(server, user_id).await?;
    }
    made
}

/// Writes that it is ready, to who wants to hear of it. The letter leads to the page: the address of the file is for who signed in.
async fn tell(server: &Server, user_id: Uuid) -> Result<()> {
    let user = server.db.people().find(user_id).await?;
    if let Some(user) = user.filter(|user| user.preferences.notifications.export_ready) {
        letter::post(server, &Recipient::from(&user), Letter::ExportReady { link: "/settings/data".into() }).await;
    }
    Ok(())
}

async fn publish(server: &Server, job: Uuid, user_id: Uuid, file: &std::path::Path) -> Result<Value> {
    let key = format!("{}/{job}.zip", folder(user_id));
    let size = server.storage.put_file(&key, file).await?;
    let lifetime = Duration::hours(EXPORT_HOURS);
    let token = ticket::issue(server, Purpose::Export, Some(user_id), json!({ "key": key, "size": size }), lifetime).await?;
    let token = URL_SAFE_NO_PAD.encode(server.keys.encrypt(token.as_bytes(), &context(job))?);
    let made = Made { key, size, token, expires_at: server.clock.now() + lifetime };
    serde_json::to_value(made).map_err(Error::internal)
}

/// Removes the files that have expired; called about once an hour.
pub async fn sweep(server: &Server) -> Result<()> {
    let before = server.clock.now() - Duration::hours(EXPORT_HOURS);
    for key in server.storage.list(FOLDER, before).await? {
        server.storage.delete(&key).await?;
    }
    Ok(())
}

/// Removes everything that exports of the user have left.
pub(super) async fn erase(server: &Server, user_id: Uuid) -> Result<()> {
    remove_working_copies(server, user_id);
    server.storage.delete_folder(&folder(user_id)).await
}

fn folder(user_id: Uuid) -> String {
    format!("{FOLDER}/{user_id}")
}

/// Where files are put together: in the data folder, a name for each job, that begins so for each user and ends so.
fn working(user_id: Uuid) -> String {
    format!("export-{user_id}")
}
const WORKING: &str = ".tmp";

/// Removes what a dead process, or a job that was cancelled, has left of this user's.
fn remove_working_copies(server: &Server, user_id: Uuid) {
    let begin = working(user_id);
    for entry in std::fs::read_dir(&server.config.data_dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(&begin) && name.ends_with(WORKING)) {
            // One that is gone already is fine.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn context(job: Uuid) -> Context {
    Place::Export.of(job)
}
