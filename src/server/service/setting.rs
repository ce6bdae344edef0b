//! What administrators set in the UI: in memory, read from the database at start and after every change.

use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::activity::{self, Event};
use super::step_up;
use super::suggestion::SUGGESTIONS;
use super::viewer::{Origin, Viewer};
use crate::model::activity::Action;
use crate::model::catalogue::ModelSettings;
use crate::model::log::LogSettings;
use crate::model::operation::{FeatureSettings, MaintenanceSettings};
use crate::model::setting::{DataSettings, FileSettings, OversightSettings, RegistrationSettings, SecuritySettings, Settings};
use crate::server::Server;
use crate::server::bus::Word;
use crate::server::error::{Error, Result};

/// The names of the groups in the database.
const REGISTRATION: &str = "registration";
const SECURITY: &str = "security";
const DATA: &str = "data";
const MODELS: &str = "models";
const FILES: &str = "files";
const OVERSIGHT: &str = "oversight";
const MAINTENANCE: &str = "maintenance";
const FEATURES: &str = "features";
const LOGS: &str = "logs";

/// The settings as they are now.
#[derive(Default)]
pub struct Current {
    settings: RwLock<Arc<Settings>>,
    /// Held from before they are read until they hold: what was read earlier must not come after what was read later.
    loading: tokio::sync::Mutex<()>,
}

impl Current {
    /// The settings as they are now; those of one request do not change while it holds them.
    pub fn get(&self) -> Arc<Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(in crate::server) fn put(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// Reads the settings from the database. A node does so every few seconds, too: they may be set on another one, or by the command line.
pub async fn load(server: &Server) -> Result<()> {
    let _loading = server.settings.loading.lock().await;
    let announcements = server.db.announcements().not_over(server.clock.now()).await?;
    let mut settings = Settings { announcements, ..Settings::default() };
    for (name, value) in server.db.settings().list().await? {
        match name.as_str() {
            REGISTRATION => settings.registration = read(&name, value),
            SECURITY => settings.security = read(&name, value),
            DATA => settings.data = read(&name, value),
            MODELS => settings.models = read(&name, value),
            FILES => settings.files = read(&name, value),
            SUGGESTIONS => settings.suggestions = read(&name, value),
            OVERSIGHT => settings.oversight = read(&name, value),
            MAINTENANCE => settings.maintenance = read(&name, value),
            FEATURES => settings.features = read(&name, value),
            LOGS => settings.logs = read(&name, value),
            _ => {}
        }
    }
    server.logs.bound(settings.logs.mb, settings.logs.days);
    server.settings.put(settings);
    Ok(())
}

/// A group as it was stored; one that cannot be read any more counts as never set, and the log says so.
fn read<T: DeserializeOwned + Default>(name: &str, value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|cause| {
        tracing::error!(group = name, %cause, "stored settings cannot be read; the defaults hold");
        T::default()
    })
}

/// Sets how accounts are made. Administrators only. Errors: `Invalid`, `StepUp`.
pub async fn update_registration(server: &Server, viewer: &Viewer, origin: &Origin, group: RegistrationSettings) -> Result<()> {
    viewer.require_admin()?;
    step_up::require(server, viewer).await?;
    write(server, viewer, origin, REGISTRATION, &group.checked()?).await
}

/// Sets what is asked of accounts. Administrators only. Errors: `Invalid`, `StepUp`.
pub async fn update_security(server: &Server, viewer: &Viewer, origin: &Origin, group: SecuritySettings) -> Result<()> {
    viewer.require_admin()?;
    step_up::require(server, viewer).await?;
    write(server, viewer, origin, SECURITY, &group.checked()?).await
}

/// Sets what becomes of people's data. Administrators only. Errors: `Invalid`, `StepUp`.
pub async fn update_data(server: &Server, viewer: &Viewer, origin: &Origin, group: DataSettings) -> Result<()> {
    viewer.require_admin()?;
    step_up::require(server, viewer).await?;
    write(server, viewer, origin, DATA, &group.checked()?).await
}

/// Sets which models are used where nobody chose one. `catalogue::set_defaults` checks whether there are such models.
pub(super) async fn update_models(server: &Server, viewer: &Viewer, origin: &Origin, group: ModelSettings) -> Result<()> {
    viewer.require_admin()?;
    write(server, viewer, origin, MODELS, &group).await
}

/// Sets how much may be sent and kept. What is there already stays. Administrators only. Errors: `Invalid`, `StepUp`.
pub async fn update_files(server: &Server, viewer: &Viewer, origin: &Origin, group: FileSettings) -> Result<()> {
    viewer.require_admin()?;
    step_up::require(server, viewer).await?;
    write(server, viewer, origin, FILES, &group.checked()?).await
}

/// Sets what administrators may see of people's conversations; what is open is closed at once. Administrators only. Errors: `StepUp`.
pub async fn update_oversight(server: &Server, viewer: &Viewer, origin: &Origin, group: OversightSettings) -> Result<()> {
    viewer.require_admin()?;
    step_up::require(server, viewer).await?;
    write(server, viewer, origin, OVERSIGHT, &group).await
}

/// Sets whether only administrators get in. `service::maintenance` says who may.
pub(super) async fn put_maintenance(server: &Server, group: &MaintenanceSettings) -> Result<()> {
    put(server, MAINTENANCE, group).await
}

/// Sets what is switched off. Administrators only. Errors: `StepUp`.
pub async fn update_features(server: &Server, viewer: &Viewer, origin: &Origin, group: FeatureSettings) -> Result<()> {
    viewer.require_admin()?;
    step_up::require(server, viewer).await?;
    let (before, group) = (server.settings.get().features.clone(), group.checked());
    put(server, FEATURES, &group).await?;
    let names = |of: &FeatureSettings, less: &FeatureSettings| {
        of.off.iter().filter(|feature| less.has(**feature)).map(|feature| feature.name()).collect::<Vec<_>>().join(" ")
    };
    let mut detail = json!({"group": FEATURES});
    for (word, names) in [("off", names(&group, &before)), ("on", names(&before, &group))] {
        if !names.is_empty() {
            detail[word] = names.into();
        }
    }
    activity::record(server, Event::new(Action::SettingsChanged, origin).by(viewer.user.id).detail(detail)).await;
    Ok(())
}

/// Sets how much of the server's own log is kept. Administrators only. Errors: `Invalid`, `StepUp`.
pub async fn update_logs(server: &Server, viewer: &Viewer, origin: &Origin, group: LogSettings) -> Result<()> {
    viewer.require_admin()?;
    step_up::require(server, viewer).await?;
    write(server, viewer, origin, LOGS, &group.checked()?).await
}

/// Stores a group, makes it hold at once, and notes who did it.
pub(super) async fn write<T: Serialize>(server: &Server, viewer: &Viewer, origin: &Origin, name: &str, group: &T) -> Result<()> {
    put(server, name, group).await?;
    let event = Event::new(Action::SettingsChanged, origin).by(viewer.user.id).detail(json!({"group": name}));
    activity::record(server, event).await;
    Ok(())
}

async fn put<T: Serialize>(server: &Server, name: &str, group: &T) -> Result<()> {
    let value = serde_json::to_value(group).map_err(Error::internal)?;
    server.db.settings().put(name, &value, server.clock.now()).await?;
    load(server).await?;
    server.bus.tell(Word::Reload);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::setting::RegistrationMode;
    use crate::model::user::{Registration, Role};
    use crate::server::clock::Clock;
    use crate::server::db::testing::databases;
    use crate::server::service::account;
    use crate::server::testing::{server, signed_in};

    #[tokio::test]
    async fn settings_hold_at_once_and_after_a_restart_and_only_administrators_set_them() {
        for test in databases().await {
            let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
            let server_now = server(test.db.clone(), clock.clone()).await;
            let closed = RegistrationSettings { mode: RegistrationMode::Closed, ..Default::default() };
            let set = async |role: Role| {
                let email = format!("{role:?}@example.org").to_lowercase();
                let form = Registration { email, name: "A".into(), password: "correct horse battery".into() };
                let user = account::create(&server_now, form, role).await.unwrap();
                let viewer = signed_in(&server_now, user).await;
                clock.advance(chrono::Duration::minutes(11));
                let late = update_registration(&server_now, &viewer, &Origin::default(), closed.clone()).await;
                assert!(late.is_err(), "a proof of eleven minutes ago is none");
                let viewer = signed_in(&server_now, viewer.user).await;
                update_registration(&server_now, &viewer, &Origin::default(), closed.clone()).await
            };
            // The first account of all administers, whatever it was made as.
            let first = Registration { email: "first@example.org".into(), name: "F".into(), password: "correct horse battery".into() };
            account::create(&server_now, first, Role::Admin).await.unwrap();
            assert!(set(Role::User).await.is_err());
            assert_eq!(server_now.settings.get().registration.mode, RegistrationMode::Open);
            set(Role::Admin).await.unwrap();
            assert_eq!(server_now.settings.get().registration.mode, RegistrationMode::Closed);
            let next = server(test.db.clone(), Clock::default()).await;
            load(&next).await.unwrap();
            assert_eq!(next.settings.get().registration.mode, RegistrationMode::Closed, "{}", test.engine);
        }
    }
}
