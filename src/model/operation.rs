//! How the server is run: who gets in while it is being maintained, and what of it is switched off.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::announcement::{Announcement, Words, trimmed};
use super::error::{ApiError, Fields};

/// Maintenance mode: administrators go on, everybody else is told to come back later.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MaintenanceSettings {
    pub on: bool,
    /// What is said of it, by language (`en`, `zh-CN`); none: a sentence of ours. At most 1,000 characters each.
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({"en": "Back at ten."}))]
    pub texts: Words,
    /// When it is expected to be over. It is told, and ends nothing.
    pub until: Option<DateTime<Utc>>,
}

impl MaintenanceSettings {
    /// Trims, and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        self.texts = trimmed(self.texts, "told", &mut fields);
        fields.check()?;
        Ok(self)
    }
}

/// What administrators can switch off. It is then off for everybody, and hidden in the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Links to conversations: new ones, and those that are there.
    Sharing,
    /// Conversations out of files of other programs.
    Imports,
    /// Conversations as files, and copies of everything that an account holds.
    Exports,
    /// Files beside messages. Those that are there stay.
    Uploads,
    /// Pictures of oneself.
    Avatars,
    /// Dictation and reading aloud.
    Voice,
    /// Programs that sign in with tokens.
    Api,
    /// Erasing one's own account.
    Deletion,
}

impl Feature {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 8] =
        [Self::Sharing, Self::Imports, Self::Exports, Self::Uploads, Self::Avatars, Self::Voice, Self::Api, Self::Deletion];

    /// As it is stored, and in the pages' `data-off`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sharing => "sharing",
            Self::Imports => "imports",
            Self::Exports => "exports",
            Self::Uploads => "uploads",
            Self::Avatars => "avatars",
            Self::Voice => "voice",
            Self::Api => "api",
            Self::Deletion => "deletion",
        }
    }
}

/// The table of switches: what is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureSettings {
    #[schema(example = json!(["sharing"]))]
    pub off: Vec<Feature>,
}

impl FeatureSettings {
    /// Whether this is on.
    pub fn has(&self, feature: Feature) -> bool {
        !self.off.contains(&feature)
    }

    /// In the order of [`Feature::ALL`], each once.
    pub fn checked(mut self) -> Self {
        self.off.sort_unstable();
        self.off.dedup();
        self
    }
}

/// All that the page shows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    pub maintenance: MaintenanceSettings,
    pub features: FeatureSettings,
    /// Those that are shown, will be, and were.
    pub announcements: Vec<Announcement>,
    /// The server's time.
    pub now: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_has_one_name_everywhere() {
        for feature in Feature::ALL {
            assert_eq!(serde_json::to_value(feature).unwrap(), feature.name());
        }
        let twice = FeatureSettings { off: vec![Feature::Voice, Feature::Sharing, Feature::Voice] }.checked();
        assert_eq!(twice.off, [Feature::Sharing, Feature::Voice]);
        assert!(!twice.has(Feature::Voice) && twice.has(Feature::Api));
    }
}
