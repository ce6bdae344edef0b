//! Background jobs as administrators see and steer them. What a job is and who runs it: `server/job`.

use serde_json::json;
use uuid::Uuid;

use super::activity::{self, Event};
use super::step_up;
use super::viewer::{Origin, Viewer};
use crate::model::Page;
use crate::model::activity::Action;
use crate::model::file::Fault;
use crate::model::job::{JobEntry, JobKind, JobState};
use crate::model::mail::MailState;
use crate::server::Server;
use crate::server::db::{Job, Reading};
use crate::server::error::{Error, Result};
use crate::server::job;

/// Default and largest number of jobs of one page.
const LIST: u32 = 30;
const LIST_MAX: u32 = 200;
/// What stands at a mail whose job was cancelled.
const CANCELLED: &str = "An administrator has cancelled it.";

/// Jobs in this state, or all, the newest first; `before` is the `next` of the page before. Administrators only.
pub async fn list(
    server: &Server,
    viewer: &Viewer,
    state: Option<JobState>,
    before: Option<Uuid>,
    limit: Option<u32>,
) -> Result<Page<JobEntry>> {
    viewer.require_admin()?;
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let mut jobs = server.db.jobs().list(state, before, limit as i64 + 1).await?;
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    let next = jobs.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Page { items: entries(server, jobs).await?, next })
}

/// The jobs, with the names of those whose work they are.
pub(super) async fn entries(server: &Server, jobs: Vec<Job>) -> Result<Vec<JobEntry>> {
    let ids: Vec<Uuid> = jobs.iter().filter_map(|job| job.user_id).collect();
    let names = server.db.directory().names(&ids).await?;
    let name = |id: Uuid| names.iter().find(|(of, ..)| *of == id).map(|(_, name, _)| name.clone());
    Ok(jobs
        .into_iter()
        .map(|job| JobEntry {
            can_retry: can_retry(&job),
            can_cancel: can_cancel(&job),
            id: job.id,
            kind: job.kind,
            state: job.state,
            attempts: job.attempts.unsigned_abs(),
            progress: u8::try_from(job.progress.clamp(0, 100)).unwrap_or(100),
            error: job.error,
            user_id: job.user_id,
            user_name: job.user_id.and_then(name),
            created_at: job.created_at,
            run_at: job.run_at,
            finished_at: job.finished_at,
        })
        .collect())
}

fn can_retry(job: &Job) -> bool {
    matches!(job.state, JobState::Failed | JobState::Cancelled) || job.state == JobState::Queued && job.attempts > 0
}

/// An erasure is called off at its account, which would stay locked otherwise.
fn can_cancel(job: &Job) -> bool {
    matches!(job.state, JobState::Queued | JobState::Running) && job.kind != JobKind::Erase
}

/// Has a job run again that was given up or cancelled, or one that waits after a failure, now. Administrators only.
/// Errors: `NotFound`, `Conflict`, `StepUp` (of an erasure).
pub async fn retry(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<JobEntry> {
    viewer.require_admin()?;
    let job = find(server, id).await?;
    if job.kind == JobKind::Erase {
        step_up::require(server, viewer).await?;
    }
    if !can_retry(&job) {
        return Err(Error::conflict("It runs, waits for its time, or is done."));
    }
    if let (Some(user_id), JobKind::Export) = (job.user_id, job.kind)
        && server.db.jobs().last_of(user_id, job.kind).await?.is_some_and(|last| last.id != id)
    {
        // It would take the place of the file that the newer one has made.
        return Err(Error::conflict("There is a newer one for the same person."));
    }
    if let Some(mail) = named(&job, JobKind::Mail, "mail")
        && job.state != JobState::Queued
    {
        let found = server.db.mails().find(mail).await?;
        let again = found.is_some_and(|(mail, _)| matches!(mail.state, MailState::Failed | MailState::Held));
        if !again || !server.db.mails().set_state(mail, MailState::Queued).await? {
            return Err(Error::conflict("The mail was sent, is removed, or is on its way already."));
        }
    }
    if !server.db.jobs().again(id, server.clock.now()).await? {
        return Err(Error::conflict("It runs, waits for its time, or is done."));
    }
    job::ring(server);
    note(server, viewer, origin, Action::JobRetried, &job).await;
    one(server, id).await
}

/// Cancels a job that waits or runs; one that runs ends at its next step, and what it brings is left aside. Administrators only.
/// Errors: `NotFound`, `Conflict`.
pub async fn cancel(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<JobEntry> {
    viewer.require_admin()?;
    let job = find(server, id).await?;
    if job.kind == JobKind::Erase {
        return Err(Error::conflict("A deletion is called off at the account itself."));
    }
    if !server.db.jobs().cancel(id, server.clock.now()).await? {
        return Err(Error::conflict("It has ended already."));
    }
    // What waited for it must not wait for ever.
    if let Some(mail) = named(&job, JobKind::Mail, "mail") {
        server.db.mails().refused(mail, MailState::Failed, CANCELLED).await?;
    }
    if let Some(file) = named(&job, JobKind::Read, "file_id") {
        server.db.files().set_reading(file, Reading::Failed(Fault::Server), server.clock.now()).await?;
    }
    note(server, viewer, origin, Action::JobCancelled, &job).await;
    one(server, id).await
}

/// What a job of this kind works on.
fn named(job: &Job, kind: JobKind, key: &str) -> Option<Uuid> {
    let id = job.payload[key].as_str().filter(|_| job.kind == kind)?;
    Uuid::parse_str(id).ok()
}

async fn find(server: &Server, id: Uuid) -> Result<Job> {
    server.db.jobs().find(id).await?.ok_or_else(|| Error::not_found("job"))
}

/// One job as administrators see it.
pub(super) async fn one(server: &Server, id: Uuid) -> Result<JobEntry> {
    let job = find(server, id).await?;
    entries(server, vec![job]).await?.pop().ok_or_else(|| Error::not_found("job"))
}

async fn note(server: &Server, viewer: &Viewer, origin: &Origin, action: Action, job: &Job) {
    let event = Event::new(action, origin).by(viewer.user.id).detail(json!({ "job": job.id, "kind": job.kind }));
    let event = match job.user_id {
        Some(user_id) => event.of(user_id),
        None => event,
    };
    activity::record(server, event).await;
}

#[cfg(test)]
mod tests;
