//! Mail: how it is sent, and what lies in the outbox.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};
use super::user::{check_email, normal_email};

/// Longest name of a mail server, user or sender, in characters.
pub const TEXT_MAX: usize = 254;
/// Longest password of a mail server, in characters.
pub const PASSWORD_MAX: usize = 1000;
/// How long a mail is kept, in days.
pub const KEEP_DAYS: i64 = 30;

/// How the line to the mail server is kept private.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MailSecurity)]
pub enum Security {
    /// Begins in the open and has to change to TLS (port 587).
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Tls,
    /// Not at all: for a relay on this machine or in a network of its own (port 25).
    Plain,
}

impl Security {
    pub const ALL: [Self; 3] = [Self::Starttls, Self::Tls, Self::Plain];

    /// Its name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Tls => "tls",
            Self::Plain => "plain",
        }
    }

    /// The port where none is named.
    pub fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::Plain => 25,
        }
    }
}

/// How mail is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MailSettings {
    /// The mail server; empty: none, and mail is held in the outbox.
    #[schema(example = "smtp.example.org")]
    pub host: String,
    /// Null: the usual one.
    #[schema(example = 587)]
    pub port: Option<u16>,
    pub security: Security,
    /// Empty: without signing in.
    #[schema(example = "liao")]
    pub user: String,
    /// Who the letters are from; empty: `Liao` at this server's name.
    #[schema(example = "Liao <liao@example.org>")]
    pub from: String,
    /// Whether there is a password; it is never shown.
    pub has_password: bool,
}

/// What an administrator types; absent fields of a JSON body have their defaults.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MailForm {
    #[schema(example = "smtp.example.org", max_length = 254)]
    pub host: String,
    #[schema(example = 587)]
    pub port: Option<u16>,
    pub security: Security,
    #[schema(example = "liao", max_length = 254)]
    pub user: String,
    /// Stored encrypted and never shown again; absent or empty: as it was, for the same server and user.
    #[schema(max_length = 1000)]
    pub password: Option<String>,
    #[schema(example = "Liao <liao@example.org>", max_length = 254)]
    pub from: String,
}

impl std::fmt::Debug for MailForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailForm").field("host", &self.host).field("user", &self.user).finish_non_exhaustive()
    }
}

impl MailForm {
    /// Trims the texts, and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        for (name, text) in [("host", &mut self.host), ("user", &mut self.user), ("from", &mut self.from)] {
            *text = text.trim().to_owned();
            fields.length(name, text, 0, TEXT_MAX);
            if text.chars().any(char::is_control) {
                fields.add(name, Rule::Format, format!("{name} may not have control characters."));
            }
        }
        if !self.host.is_empty() && !self.host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]_".contains(c)) {
            fields.add("host", Rule::Format, "host must be a name or an address, like smtp.example.org.");
        }
        if self.port == Some(0) {
            fields.add("port", Rule::Range(1, 65535), "port must be from 1 to 65535.");
        }
        if !self.from.is_empty() && address(&self.from).is_none() {
            fields.add("from", Rule::Format, "from must be an address, like Liao <liao@example.org>.");
        }
        self.password = self.password.filter(|password| !password.is_empty());
        fields.length("password", self.password.as_deref().unwrap_or_default(), 0, PASSWORD_MAX);
        fields.check()?;
        Ok(self)
    }
}

/// The address in `Name <address>`, or in `address`.
pub fn address(from: &str) -> Option<&str> {
    let address = from.strip_suffix('>').and_then(|text| text.rsplit_once('<')).map_or(from, |(_, address)| address).trim();
    let mut fields = Fields::default();
    check_email(&mut fields, &normal_email(address));
    fields.check().ok().map(|()| address)
}

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    VerifyEmail,
    EmailChanging,
    EmailChanged,
    ResetPassword,
    PasswordChanged,
    Invitation,
    Approved,
    NewDevice,
    FactorChanged,
    IdentityChanged,
    ExportReady,
    DeletionRequested,
    DeletionOrdered,
    Restored,
    Erased,
    Test,
    /// An administrator opened a conversation of theirs, saved it as a file, deleted it.
    ChatOpened,
    ChatExported,
    ChatErased,
    /// Something goes wrong on the server, or does not any more.
    Alert,
    /// What was used in a week or a month.
    Digest,
}

impl LetterKind {
    /// Every letter, in the order in which they are offered to be looked at.
    pub const ALL: [Self; 21] = [
        Self::VerifyEmail,
        Self::EmailChanging,
        Self::EmailChanged,
        Self::ResetPassword,
        Self::PasswordChanged,
        Self::Invitation,
        Self::Approved,
        Self::NewDevice,
        Self::FactorChanged,
        Self::IdentityChanged,
        Self::ExportReady,
        Self::DeletionRequested,
        Self::DeletionOrdered,
        Self::Restored,
        Self::Erased,
        Self::Test,
        Self::ChatOpened,
        Self::ChatExported,
        Self::ChatErased,
        Self::Alert,
        Self::Digest,
    ];

    /// Its name in addresses and in the templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::EmailChanging => "email_changing",
            Self::EmailChanged => "email_changed",
            Self::ResetPassword => "reset_password",
            Self::PasswordChanged => "password_changed",
            Self::Invitation => "invitation",
            Self::Approved => "approved",
            Self::NewDevice => "new_device",
            Self::FactorChanged => "factor_changed",
            Self::IdentityChanged => "identity_changed",
            Self::ExportReady => "export_ready",
            Self::DeletionRequested => "deletion_requested",
            Self::DeletionOrdered => "deletion_ordered",
            Self::Restored => "restored",
            Self::Erased => "erased",
            Self::Test => "test",
            Self::ChatOpened => "chat_opened",
            Self::ChatExported => "chat_exported",
            Self::ChatErased => "chat_erased",
            Self::Alert => "alert",
            Self::Digest => "digest",
        }
    }

    /// The letter of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How far a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// Is being sent, or will be tried again.
    Queued,
    Sent,
    /// Given up: its error says why.
    Failed,
    /// There is no mail server.
    Held,
}

impl MailState {
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Failed, Self::Held];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Held => "held",
        }
    }
}

/// One mail of the outbox, without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Mail {
    pub id: Uuid,
    /// Whose account it is about; null: nobody's yet.
    pub user_id: Option<Uuid>,
    #[schema(example = "ada@example.org")]
    pub recipient: String,
    pub letter: LetterKind,
    /// `en` or `zh-CN`.
    pub language: String,
    pub subject: String,
    pub state: MailState,
    /// How often it was tried.
    pub attempts: i64,
    /// What the mail server said last.
    pub error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
}

/// What a mail says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailBody {
    pub text: String,
    pub html: String,
}

/// One mail of the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OpenMail {
    #[serde(flatten)]
    pub mail: Mail,
    /// Null once it was sent: the links in it are for its recipient alone.
    pub body: Option<MailBody>,
}

/// What came of a test mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailTest {
    pub ok: bool,
    /// What the mail server said, or why there is no line to it.
    #[schema(example = "250 2.0.0 Ok: queued as 4Fk2")]
    pub message: String,
    pub millis: u64,
}

/// How mail is sent, and what cannot be changed here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailSetup {
    #[serde(flatten)]
    pub settings: MailSettings,
    /// The server is named by `LIAO_SMTP_URL`, and what is set here does not hold.
    pub fixed: bool,
    /// Who the letters are from.
    #[schema(example = "Liao <liao@example.org>")]
    pub sender: String,
    /// What the links in letters begin with.
    #[schema(example = "https://chat.example.org")]
    pub base: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        assert_eq!(address("Liao <liao@example.org>"), Some("liao@example.org"));
        assert_eq!(address("liao@example.org"), Some("liao@example.org"));
        for wrong in ["Liao", "Liao <liao>", "<>", "a@b c"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_wrong_field_of_the_form_is_named_and_the_password_is_not_shown() {
        let form = MailForm {
            host: "smtp example".into(),
            port: Some(0),
            from: "nobody".into(),
            password: Some("hunter2".repeat(200)),
            ..MailForm::default()
        };
        assert!(!format!("{form:?}").contains("hunter2"));
        let error = form.checked().unwrap_err();
        for field in ["host", "port", "from", "password"] {
            assert!(error.field(field).is_some(), "{field}");
        }
        assert_eq!(MailForm { password: Some(String::new()), ..MailForm::default() }.checked().unwrap().password, None);
    }
}
