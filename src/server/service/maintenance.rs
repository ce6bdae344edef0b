//! Maintenance mode: administrators go on, everybody else is told to come back later. Answers that are being written are written to
//! their end; none begins. What waits in conversations is asked when it is over.

use serde_json::json;

use super::activity::{self, Event};
use super::viewer::{Origin, Viewer};
use super::{setting, step_up};
use crate::model::activity::Action;
use crate::model::error::{ApiError, Code};
use crate::model::operation::MaintenanceSettings;
use crate::model::user::User;
use crate::server::Server;
use crate::server::error::Result;

/// When to try again where nobody said when it is over, and at most and at least, in seconds.
const RETRY: i64 = 300;
const RETRY_MAX: i64 = 3600;
const RETRY_MIN: i64 = 30;

/// Whether this person may do anything now; nobody: who is not signed in. Errors: `Unavailable`, with when to try again.
pub fn admit(server: &Server, user: Option<&User>) -> Result<()> {
    let settings = server.settings.get();
    if !settings.maintenance.on || user.is_some_and(User::is_admin) {
        return Ok(());
    }
    let left = settings.maintenance.until.map(|until| (until - server.clock.now()).num_seconds());
    let seconds = left.filter(|left| *left > 0).unwrap_or(RETRY).clamp(RETRY_MIN, RETRY_MAX);
    let sentence = "This server is being maintained. Only administrators get in; try again later.";
    Err(ApiError { retry_after: Some(seconds.unsigned_abs()), ..ApiError::new(Code::Unavailable, sentence) }.into())
}

/// Switches it on or off, or says what is told of it. Administrators only. Errors: `Invalid`, `StepUp`.
pub async fn set(server: &Server, viewer: &Viewer, origin: &Origin, group: MaintenanceSettings) -> Result<()> {
    viewer.require_admin()?;
    step_up::require(server, viewer).await?;
    let on = group.on;
    setting::put_maintenance(server, &group.checked()?).await?;
    let detail = json!({"group": "maintenance", "enabled": word(on)});
    activity::record(server, Event::new(Action::SettingsChanged, origin).by(viewer.user.id).detail(detail)).await;
    Ok(())
}

/// The same by the command line: `on`, and what is told instead of what was, if anything. Servers that run notice within seconds.
pub async fn switch(server: &Server, on: bool, told: Option<MaintenanceSettings>) -> Result<()> {
    let before = server.settings.get().maintenance.clone();
    let group = MaintenanceSettings { on, ..told.unwrap_or(before) };
    setting::put_maintenance(server, &group.checked()?).await?;
    let detail = json!({"group": "maintenance", "enabled": word(on), "by": "command_line"});
    activity::record_first(server, Event::new(Action::SettingsChanged, &Origin::default()).detail(detail)).await
}

fn word(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}

#[cfg(test)]
mod tests;
