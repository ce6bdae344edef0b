//! Alerts: rules about what goes wrong, where it is told, and what was told.

mod channel;

pub use channel::{AlertChannel, ChannelForm, ChannelKind, NAME_MAX, SECRET_MAX, TARGET_MAX};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};

/// Most rules, and most channels.
pub const RULES_MAX: usize = 100;
/// Longest silence, in hours.
pub const SILENCE_MAX: u32 = 24 * 90;

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Percent of the calls to models that failed.
    ErrorRate,
    /// Providers that are not asked because they fail.
    ProviderDown,
    /// US dollars that calls to models cost.
    Spend,
    /// Background jobs that are due, and calls that wait for a provider.
    Queue,
    /// MiB that are free for the data: less than this.
    Disk,
    /// Background jobs that were given up.
    FailedJobs,
    /// Hours since the last backup.
    BackupAge,
}

impl AlertKind {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::ErrorRate, Self::ProviderDown, Self::Spend, Self::Queue, Self::Disk, Self::FailedJobs, Self::BackupAge];

    /// The lowest and the highest threshold.
    pub fn thresholds(self) -> (u32, u32) {
        match self {
            Self::ErrorRate => (1, 100),
            Self::ProviderDown => (1, 1_000),
            Self::Spend => (1, 10_000_000),
            Self::Queue | Self::FailedJobs => (1, 1_000_000),
            Self::Disk => (1, 1_000_000_000),
            Self::BackupAge => (1, 24 * 365),
        }
    }

    /// Whether it looks at the past, and not at this moment.
    pub fn looks_back(self) -> bool {
        matches!(self, Self::ErrorRate | Self::Spend | Self::FailedJobs)
    }

    /// What a new rule begins with: threshold and minutes.
    pub fn usual(self) -> (u32, u32) {
        match self {
            Self::ErrorRate => (20, 15),
            Self::ProviderDown => (1, 15),
            Self::Spend => (50, 1_440),
            Self::Queue => (100, 15),
            Self::Disk => (2_048, 15),
            Self::FailedJobs => (1, 60),
            Self::BackupAge => (48, 15),
        }
    }
}

/// The shortest and the longest past that a rule looks at, in minutes.
pub const MINUTES: (u32, u32) = (5, 31 * 1_440);

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertRule {
    pub id: Uuid,
    pub kind: AlertKind,
    /// It is over at this; of the disk below it. Percent, providers, US dollars, how many, MiB, or hours.
    #[schema(example = 20)]
    pub threshold: u32,
    /// Minutes of the past that are looked at, where it looks at the past (error rate, spend, failed jobs).
    #[schema(example = 15)]
    pub minutes: u32,
    /// Where it is told; empty: everywhere.
    pub channels: Vec<Uuid>,
    pub enabled: bool,
    /// Nothing is told before then.
    pub silenced_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// What is said of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleForm {
    pub kind: AlertKind,
    #[schema(minimum = 1, example = 20)]
    pub threshold: u32,
    /// 5 to 44640; absent: what is usual for its kind.
    #[serde(default)]
    #[schema(minimum = 5, maximum = 44640, example = 15)]
    pub minutes: Option<u32>,
    /// Where it is told; empty: everywhere.
    #[serde(default)]
    pub channels: Vec<Uuid>,
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

impl RuleForm {
    /// Checks every field; whether there are such channels is the service's to know.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        let (min, max) = self.kind.thresholds();
        if !(min..=max).contains(&self.threshold) {
            fields.add("threshold", Rule::Range(min, max), format!("threshold must be from {min} to {max}."));
        }
        let (min, max) = MINUTES;
        let minutes = self.minutes.unwrap_or(self.kind.usual().1);
        if !(min..=max).contains(&minutes) {
            fields.add("minutes", Rule::Range(min, max), format!("minutes must be from {min} to {max}."));
        }
        fields.check()?;
        self.minutes = Some(minutes);
        self.channels.sort_unstable();
        self.channels.dedup();
        Ok(self)
    }
}

/// For how long nothing is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SilenceForm {
    /// 1 to 2160; 0 ends the silence.
    #[schema(minimum = 0, maximum = 2160, example = 4)]
    pub hours: u32,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertEvent {
    Firing,
    Resolved,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Is being sent, or will be tried again.
    Queued,
    Sent,
    /// Given up: its error says why.
    Failed,
}

/// A message about an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertDelivery)]
pub struct Delivery {
    /// The channel's name.
    #[schema(example = "Operations")]
    pub channel: String,
    pub event: AlertEvent,
    pub state: DeliveryState,
    /// Why it failed last.
    pub error: Option<String>,
}

/// What was over a threshold, until it was not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    pub id: Uuid,
    pub rule_id: Uuid,
    pub kind: AlertKind,
    /// The rule's, as it is now.
    pub threshold: u32,
    pub minutes: u32,
    /// As it was when it was looked at last.
    pub value: f64,
    /// Names: of providers.
    pub about: String,
    pub started_at: DateTime<Utc>,
    /// Null: it is not over.
    pub ended_at: Option<DateTime<Utc>>,
    pub deliveries: Vec<Delivery>,
}

/// What the page about alerts shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alerts {
    pub rules: Vec<AlertRule>,
    pub channels: Vec<AlertChannel>,
    /// The newest first.
    pub history: Vec<Alert>,
    /// Cursor of the page after this one.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_the_bounds_of_its_kind() {
        let form = |kind, threshold, minutes| RuleForm { kind, threshold, minutes, channels: Vec::new(), enabled: true }.checked();
        assert_eq!(form(AlertKind::ErrorRate, 20, None).unwrap().minutes, Some(15));
        assert!(form(AlertKind::ErrorRate, 101, None).unwrap_err().field("threshold").is_some());
        assert!(form(AlertKind::Queue, 101, Some(4)).unwrap_err().field("minutes").is_some());
        for kind in AlertKind::ALL {
            let (threshold, minutes) = kind.usual();
            assert!(form(kind, threshold, Some(minutes)).is_ok(), "{kind:?}");
        }
    }
}
