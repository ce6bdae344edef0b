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
    /// Conversations were taken from a file.
    ChatsImported,
    /// The account is to be erased after some days.
    DeletionRequested,
    /// Its owner signed in before that.
    DeletionCalledOff,
    /// The account was erased.
    Erased,
    /// An address was proved to be theirs.
    EmailVerified,
    /// Another address was named; it holds when it is verified.
    EmailChangeRequested,
    EmailChanged,
    /// A mail that lets a new password be set was asked for.
    PasswordResetRequested,
    Invited,
    /// An administrator let a new account in.
    Approved,
    /// A second factor was set up.
    FactorEnabled,
    FactorDisabled,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyDeleted,
    /// A link to a conversation was made.
    ChatShared,
    ShareEnded,
    /// Who they are was proved again.
    SteppedUp,
    /// One of their own sign-ins was ended by its owner from elsewhere.
    SessionEnded,
    /// All sign-ins but the one that asked were ended.
    SessionsEnded,
    /// An account at another service may sign in.
    IdentityLinked,
    IdentityUnlinked,
    /// An administrator made the account.
    UserCreated,
    /// An administrator changed name or address.
    UserChanged,
    SignedOutByAdmin,
    /// An administrator removed the second factors.
    FactorReset,
    EmailVerifiedByAdmin,
    /// An administrator asked for the account to be erased.
    UserDeleted,
    /// The list of people was exported.
    UsersExported,
    /// An administrator stopped an answer.
    RunStopped,
    /// A mail to somebody was read by an administrator.
    MailRead,
    ProviderKeyAdded,
    ProviderKeyChanged,
    ProviderKeyDeleted,
    /// Which model answers when another cannot.
    FallbackChanged,
    /// What was said of a model: who may use it, what it costs, how it is told.
    ModelChanged,
    /// The virus scanner found something in an upload.
    FileRefused,
    /// The secret that keys are derived from was changed (`liao secret rotate`).
    SecretRotated,
    /// A background job was tried again, or cancelled, by an administrator.
    JobRetried,
    JobCancelled,
    /// Retention removed the oldest entries of this log.
    EntriesRemoved,
    /// An administrator opened somebody's conversation, saved it as a file, deleted it; each with a reason.
    ChatOpened,
    ChatExported,
    ChatErased,
    /// A message was reported as abuse, and what became of it.
    MessageReported,
    ReportResolved,
    /// Who is told of what goes wrong, and where to.
    AlertsChanged,
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
        Self::ChatsImported,
        Self::DeletionRequested,
        Self::DeletionCalledOff,
        Self::Erased,
        Self::EmailVerified,
        Self::EmailChangeRequested,
        Self::EmailChanged,
        Self::PasswordResetRequested,
        Self::Invited,
        Self::Approved,
        Self::FactorEnabled,
        Self::FactorDisabled,
        Self::RecoveryCodesMade,
        Self::RecoveryCodeUsed,
        Self::PasskeyAdded,
        Self::PasskeyRenamed,
        Self::PasskeyDeleted,
        Self::ChatShared,
        Self::ShareEnded,
        Self::SteppedUp,
        Self::SessionEnded,
        Self::SessionsEnded,
        Self::IdentityLinked,
        Self::IdentityUnlinked,
        Self::UserCreated,
        Self::UserChanged,
        Self::SignedOutByAdmin,
        Self::FactorReset,
        Self::EmailVerifiedByAdmin,
        Self::UserDeleted,
        Self::UsersExported,
        Self::RunStopped,
        Self::MailRead,
        Self::ProviderKeyAdded,
        Self::ProviderKeyChanged,
        Self::ProviderKeyDeleted,
        Self::FallbackChanged,
        Self::ModelChanged,
        Self::FileRefused,
        Self::SecretRotated,
        Self::JobRetried,
        Self::JobCancelled,
        Self::EntriesRemoved,
        Self::ChatOpened,
        Self::ChatExported,
        Self::ChatErased,
        Self::MessageReported,
        Self::ReportResolved,
        Self::AlertsChanged,
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
    #[schema(value_type = Option<Object>)]
    pub detail: serde_json::Value,
}

/// An entry, and the names of those whom it is about as they are now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogEntry {
    #[serde(flatten)]
    pub activity: Activity,
    /// Null: nobody, or erased.
    #[schema(example = "Ada Lovelace")]
    pub user_name: Option<String>,
    #[schema(example = "Ada Lovelace")]
    pub actor_name: Option<String>,
    /// The browser or program, as far as it said so.
    #[schema(example = "Firefox")]
    pub browser: Option<String>,
    #[schema(example = "Windows")]
    pub system: Option<String>,
}

/// Which entries are asked for. Absent: any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivityQuery {
    pub action: Option<Action>,
    pub result: Option<Outcome>,
    /// Whose account it is about: an id or an e-mail address.
    pub user: Option<String>,
    /// Who acted: an id or an e-mail address.
    pub actor: Option<String>,
    /// The address that it came from.
    pub ip: Option<String>,
    /// Not before this day, or this moment (RFC 3339); days are UTC's.
    pub from: Option<String>,
    /// Up to the end of this day, or before this moment.
    pub to: Option<String>,
}
