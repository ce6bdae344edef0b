//! What administrators set in the UI, by group. Every field has a default, so that a stored group may lack new ones.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::announcement::Announcement;
use super::catalogue::ModelSettings;
use super::error::{ApiError, Fields, Rule};
use super::file::FILE_MB_MAX;
use super::log::LogSettings;
use super::operation::{FeatureSettings, MaintenanceSettings};
use super::suggestion::SuggestionSettings;
use super::user::Role;

/// Most mail domains that registration can be limited to.
pub const DOMAINS_MAX: usize = 100;
/// Shortest and longest time that the security log is kept, in days; 0 keeps it for ever.
pub const ACTIVITY_DAYS: std::ops::RangeInclusive<u32> = 30..=3650;

/// Everything that administrators set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub registration: RegistrationSettings,
    pub security: SecuritySettings,
    pub data: DataSettings,
    pub models: ModelSettings,
    pub files: FileSettings,
    pub suggestions: SuggestionSettings,
    pub oversight: OversightSettings,
    pub maintenance: MaintenanceSettings,
    pub features: FeatureSettings,
    pub logs: LogSettings,
    /// Those that are not over, in the order of their beginning.
    pub announcements: Vec<Announcement>,
}

/// What administrators may see of people's conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OversightSettings {
    /// Whether they may open one, with a reason that its owner reads. Else nobody can.
    pub reading: bool,
}

impl Default for OversightSettings {
    fn default() -> Self {
        Self { reading: true }
    }
}

/// The most that somebody's files can be allowed to take, in mebibytes.
pub const USER_MB_MAX: u32 = 1_000_000;

/// How much may be sent and kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct FileSettings {
    /// Largest file, in MiB: 1 to 512.
    #[schema(example = 25)]
    pub file_mb: u32,
    /// What one person's files may take together, in MiB; 0: nobody may send files.
    #[schema(example = 1024)]
    pub user_mb: u32,
}

impl Default for FileSettings {
    fn default() -> Self {
        Self { file_mb: 25, user_mb: 1024 }
    }
}

impl FileSettings {
    /// Checks every field.
    pub fn checked(self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        for (name, value, min, max) in [("file_mb", self.file_mb, 1, FILE_MB_MAX), ("user_mb", self.user_mb, 0, USER_MB_MAX)] {
            if !(min..=max).contains(&value) {
                fields.add(name, Rule::Range(min, max), format!("{name} must be from {min} to {max}."));
            }
        }
        fields.check()?;
        Ok(self)
    }
}

/// Longest time between asking for an account to be erased and its being erased, in days.
pub const DELETION_DAYS_MAX: u32 = 90;

/// What becomes of people's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DataSettings {
    /// Days in which the deletion of an account can be called off by signing in; 0: it is erased at once.
    #[schema(example = 7)]
    pub deletion_days: u32,
}

impl Default for DataSettings {
    fn default() -> Self {
        Self { deletion_days: 7 }
    }
}

impl DataSettings {
    /// Checks every field.
    pub fn checked(self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        if self.deletion_days > DELETION_DAYS_MAX {
            let message = format!("deletion_days must be from 0 to {DELETION_DAYS_MAX}.");
            fields.add("deletion_days", Rule::Range(0, DELETION_DAYS_MAX), message);
        }
        fields.check()?;
        Ok(self)
    }
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    #[default]
    Open,
    /// Only with an invitation.
    Invitation,
    Closed,
}

/// How accounts are made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RegistrationSettings {
    pub mode: RegistrationMode,
    /// Mail domains that may register without an invitation; empty: all.
    #[schema(example = json!(["example.org"]))]
    pub domains: Vec<String>,
    /// Whether an administrator has to approve a new account before it can be used.
    pub approval: bool,
}

/// What somebody who wants an account finds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    pub mode: RegistrationMode,
    /// The only mail domains that may register; empty: all.
    pub domains: Vec<String>,
    /// Whether an administrator has to approve the account.
    pub approval: bool,
    /// The address that the invitation is for, and the name of who sent it.
    pub guest: Option<(String, String)>,
    /// An invitation was named that does not hold.
    pub gone: bool,
}

/// What is asked of accounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SecuritySettings {
    /// Whether the e-mail address has to be verified before chatting.
    pub require_verification: bool,
    /// The roles that have to use a second factor.
    pub second_factor: Vec<Role>,
    /// Days that the security log is kept; 0: for ever.
    #[schema(example = 365)]
    pub activity_days: u32,
}

impl RegistrationSettings {
    /// Trims and lowers the domains, drops doubles and a leading `@`, and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        let mut domains: Vec<String> = Vec::new();
        for domain in &self.domains {
            let domain = domain.trim().trim_start_matches('@').to_lowercase();
            let shaped = !domain.starts_with('.') && !domain.ends_with('.') && domain.len() <= 253;
            if !shaped || !domain.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-') {
                fields.add("domains", Rule::Format, format!("{domain} is not a mail domain like example.org."));
            } else if !domain.is_empty() && !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        if domains.len() > DOMAINS_MAX {
            fields.add("domains", Rule::TooLong(DOMAINS_MAX), format!("There may be at most {DOMAINS_MAX} domains."));
        }
        fields.check()?;
        self.domains = domains;
        Ok(self)
    }

    /// Whether an address of this domain may register without an invitation, as far as its domain goes.
    pub fn allows_domain(&self, email: &str) -> bool {
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.domains.is_empty() || self.domains.iter().any(|allowed| allowed == domain)
    }
}

impl SecuritySettings {
    /// Checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        if self.activity_days != 0 && !ACTIVITY_DAYS.contains(&self.activity_days) {
            let (min, max) = (ACTIVITY_DAYS.start(), ACTIVITY_DAYS.end());
            fields.add("activity_days", Rule::Range(*min, *max), format!("activity_days must be 0, or from {min} to {max}."));
        }
        fields.check()?;
        self.second_factor.sort_by_key(|role| *role as u8);
        self.second_factor.dedup();
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_normalized_and_wrong_ones_are_named() {
        let settings = |domains: &[&str]| {
            RegistrationSettings { domains: domains.iter().map(|&d| d.to_owned()).collect(), ..Default::default() }.checked()
        };
        assert_eq!(settings(&[" @Example.ORG", "example.org", ""]).unwrap().domains, ["example.org"]);
        assert!(settings(&["a b"]).unwrap_err().field("domains").is_some());
        assert!(settings(&[".org"]).is_err());
        let limited = settings(&["example.org"]).unwrap();
        assert!(limited.allows_domain("ada@example.org"));
        assert!(!limited.allows_domain("ada@evil-example.org"));
        assert!(!limited.allows_domain("ada@sub.example.org"));
    }

    #[test]
    fn the_log_is_kept_for_ever_or_within_bounds() {
        let days = |activity_days| SecuritySettings { activity_days, ..Default::default() }.checked();
        assert!(days(0).is_ok() && days(30).is_ok() && days(3650).is_ok());
        assert!(days(29).unwrap_err().field("activity_days").is_some());
    }
}
