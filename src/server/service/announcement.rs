//! What administrators tell everybody. What is shown now is read from memory; only what somebody does not want to see any more is asked of
//! the database, and only while there is something that can be dismissed.

use serde_json::json;
use uuid::Uuid;

use super::activity::{self, Event};
use super::setting;
use super::viewer::{Origin, Viewer};
use crate::model::activity::Action;
use crate::model::announcement::{ANNOUNCEMENTS_MAX, Announcement, AnnouncementForm};
use crate::server::Server;
use crate::server::error::{Error, Result};

/// Every announcement, the newest first. Administrators only.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<Vec<Announcement>> {
    viewer.require_admin()?;
    Ok(server.db.announcements().list().await?)
}

/// What is shown to this person now; nobody: who is not signed in.
pub async fn shown(server: &Server, viewer: Option<Uuid>) -> Result<Vec<Announcement>> {
    let (settings, now) = (server.settings.get(), server.clock.now());
    let mut shown: Vec<Announcement> = settings.announcements.iter().filter(|of| of.is_shown(now)).cloned().collect();
    if let Some(user_id) = viewer.filter(|_| shown.iter().any(|of| of.dismissible)) {
        let dismissed = server.db.announcements().dismissed_by(user_id).await?;
        shown.retain(|of| !of.dismissible || !dismissed.contains(&of.id));
    }
    Ok(shown)
}

/// Adds an announcement, or changes the one with this id; it holds at once. Administrators only.
/// Errors: `Invalid`, `NotFound`, `Conflict` (too many).
pub async fn save(server: &Server, viewer: &Viewer, origin: &Origin, id: Option<Uuid>, form: AnnouncementForm) -> Result<Announcement> {
    viewer.require_admin()?;
    let (form, now, db) = (form.checked()?, server.clock.now(), server.db.announcements());
    let before = match id {
        Some(id) => Some(db.find(id).await?.ok_or_else(missing)?),
        None if db.list().await?.len() >= ANNOUNCEMENTS_MAX => {
            return Err(Error::conflict(format!("There can be at most {ANNOUNCEMENTS_MAX} announcements.")));
        }
        None => None,
    };
    let starts_at = form.starts_at.or(before.as_ref().map(|before| before.starts_at)).unwrap_or(now);
    let saved = Announcement {
        id: id.unwrap_or_else(Uuid::now_v7),
        level: form.level,
        texts: form.texts,
        dismissible: form.dismissible,
        starts_at,
        ends_at: form.ends_at,
        created_at: before.as_ref().map_or(now, |before| before.created_at),
    };
    db.put(&saved, before.as_ref().is_some_and(|before| before.texts != saved.texts)).await?;
    changed(server, viewer, origin, if before.is_some() { "changed" } else { "added" }).await?;
    Ok(saved)
}

/// Removes it. Administrators only. Errors: `NotFound`.
pub async fn delete(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<()> {
    viewer.require_admin()?;
    if !server.db.announcements().delete(id).await? {
        return Err(missing());
    }
    changed(server, viewer, origin, "deleted").await
}

/// The viewer does not want to see it any more. Errors: `NotFound`, also of one that cannot be dismissed.
pub async fn dismiss(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    let settings = server.settings.get();
    if !settings.announcements.iter().any(|of| of.id == id && of.dismissible) {
        return Err(missing());
    }
    Ok(server.db.announcements().dismiss(id, viewer.user.id, server.clock.now()).await?)
}

async fn changed(server: &Server, viewer: &Viewer, origin: &Origin, done: &str) -> Result<()> {
    setting::load(server).await?;
    let detail = json!({"group": "announcements", "done": done});
    activity::record(server, Event::new(Action::SettingsChanged, origin).by(viewer.user.id).detail(detail)).await;
    Ok(())
}

fn missing() -> Error {
    Error::not_found("announcement")
}
