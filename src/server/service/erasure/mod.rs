//! The end of an account: asked for with the password or a fresh proof of another kind, called off by signing in again, and then everything of it is erased:
//! rows, files, journals, and what the security log tells about the person (its chain still holds).

use chrono::Duration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::viewer::{Origin, Viewer};
use super::{avatar, export, feature, file, generation, import, mail, presence, step_up};
use crate::model::activity::Action;
use crate::model::export::Deletion;
use crate::model::job::JobKind;
use crate::model::operation::Feature;
use crate::model::user::User;
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::job::{self, Failure, Job, NewJob};

/// How often, and for how long at a time, running answers of the account are waited for.
const WAITS: u32 = 50;
const WAIT: std::time::Duration = std::time::Duration::from_millis(100);

/// Has the viewer's account erased after the days of grace, and signs it out everywhere. Without the password, who they are has
/// to have been proved a short time ago. Errors: `BadCredentials`, `RateLimited`, `StepUp`, `Conflict` (the last administrator of
/// others).
pub async fn request(server: &Server, viewer: &Viewer, origin: &Origin, password: Option<String>) -> Result<Deletion> {
    feature::require(server, Feature::Deletion)?;
    let user = &viewer.user;
    match password {
        Some(password) => {
            let checked = step_up::check_password(server, viewer, origin, password).await;
            if checked.is_err() {
                activity::record(server, Event::new(Action::DeletionRequested, origin).of(user.id).refused()).await;
            }
            checked?;
        }
        None => step_up::require(server, viewer).await?,
    }
    let now = server.clock.now();
    let grace = Duration::days(server.settings.get().data.deletion_days.into());
    let erased_after = now + grace;
    if !server.db.people().request_deletion(user.id, erased_after, now).await? {
        return Err(Error::conflict("Make somebody else an administrator first: without one the others could not be looked after."));
    }
    presence::dismiss(server, user.id);
    let payload = json!({ "user_id": user.id, "erased_after": erased_after });
    // Not "of" the user: it has to outlive the account that it erases.
    job::enqueue(server, NewJob::new(JobKind::Erase, payload).after(grace)).await?;
    let event = Event::new(Action::DeletionRequested, origin).of(user.id).detail(json!({ "erased_after": erased_after }));
    activity::record(server, event).await;
    if grace > Duration::zero() {
        letter::post(server, &Recipient::from(user), Letter::DeletionRequested { erased_after }).await;
    }
    Ok(Deletion { erased_after })
}

/// Somebody signed in: their account stays. Nothing happens where no deletion was asked for.
pub async fn call_off(server: &Server, origin: &Origin, user: &User) -> Result<()> {
    if server.db.people().call_off_deletion(user.id, server.clock.now()).await? {
        activity::record(server, Event::new(Action::DeletionCalledOff, origin).of(user.id)).await;
    }
    Ok(())
}

/// Erases the account of this job, if that is still wanted. Cut off, it goes on where it was: every step can be made again.
pub async fn run(server: &Server, job: &Job) -> Result<Value, Failure> {
    let user_id = job.payload["user_id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let user_id = user_id.ok_or_else(|| Failure::Final("a deletion of nobody".into()))?;
    let due = server.db.people().deletion(user_id).await?;
    if due.is_none_or(|due| due > server.clock.now()) {
        // Called off, asked for again (then there is another job), or done.
        return Ok(json!({ "erased": false }));
    }
    erase(server, user_id).await?;
    Ok(json!({ "erased": true }))
}

async fn erase(server: &Server, user_id: Uuid) -> Result<(), Failure> {
    let user = server.db.people().find(user_id).await?;
    let (runs, picture) = (server.db.people().runs(user_id).await?, server.db.people().avatar(user_id).await?);
    end_runs(server, user_id).await?;
    presence::dismiss(server, user_id);
    server.generations.forget_journals(&runs);
    export::erase(server, user_id).await?;
    file::erase(server, user_id).await?;
    import::erase(server, user_id).await?;
    if let Some(picture) = picture {
        avatar::erase(server, &picture).await?;
    }
    if let Some(user) = &user {
        mail::erase(server, user_id, &user.email).await?;
    }
    server.db.activity().erase(user_id).await?;
    server.db.people().erase(user_id).await?;
    server.db.search().forget_removed().await?;
    // Nothing of the person: that it was done is all that stays.
    activity::record(server, Event::new(Action::Erased, &Origin::default()).of(user_id).by_nobody()).await;
    tracing::info!(user = %user_id, "an account was erased");
    if let Some(user) = user {
        let to = Recipient { user_id: None, ..Recipient::from(&user) };
        letter::post(server, &to, Letter::Erased).await;
    }
    Ok(())
}

/// Stops what is being written for the user, and waits until it is stored: what is stored later would be stored for nobody.
async fn end_runs(server: &Server, user_id: Uuid) -> Result<(), Failure> {
    for _ in 0..WAITS {
        generation::stop_of(server, user_id);
        if server.db.generations().running_of(user_id).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(WAIT).await;
    }
    Err(Failure::Again("answers of the account are still being written".into()))
}

#[cfg(test)]
pub(crate) mod tests;
