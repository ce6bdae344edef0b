//! The security log as people read it.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What happened. New kinds go to the end; a name that was stored is never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Registered,
    SignedIn,
    SignedOut,
    /// A used refresh token came back: somebody has a copy of it.
    TokenReused,
    ProfileChanged,
    PasswordSet,
    RoleChanged,
    Disabled,
    Enabled,
    ProviderAdded,
    ProviderChanged,
    ProviderDeleted,
    SettingsChanged,
    /// Somebody else's activity was read by an administrator.
    ActivityRead,
    /// A copy of everything that the account holds was asked for.
    ExportRequested,
    /// That copy was fetched by its address.
    ExportFetched,
    /// The account is to be erased after some days.
    DeletionRequested,
    /// Its owner signed in before that.
    DeletionCalledOff,
    /// The account was erased.
    Erased,
}

impl Action {
    /// Every kind, in the order in which filters offer them.
    pub const ALL: &'static [Self] = &[
        Self::Registered,
        Self::SignedIn,
        Self::SignedOut,
        Self::TokenReused,
        Self::ProfileChanged,
        Self::PasswordSet,
        Self::RoleChanged,
        Self::Disabled,
        Self::Enabled,
        Self::ProviderAdded,
        Self::ProviderChanged,
        Self::ProviderDeleted,
        Self::SettingsChanged,
        Self::ActivityRead,
        Self::ExportRequested,
        Self::ExportFetched,
        Self::DeletionRequested,
        Self::DeletionCalledOff,
        Self::Erased,
    ];
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Done,
    Refused,
}

/// One entry of the security log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// Contiguous from 1 over the whole server.
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub action: Action,
    pub result: Outcome,
    /// Whose account it is about.
    pub user_id: Option<Uuid>,
    /// Who acted; null: nobody who was signed in.
    pub actor_id: Option<Uuid>,
    /// Where from; null also when it was erased with the account.
    #[schema(value_type = Option<String>, example = "192.0.2.1")]
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// More about it, by kind.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}
