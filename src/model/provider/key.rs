//! The keys of a provider.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::health::Standing;
use crate::model::error::{ApiError, Fields, Rule};

/// A key of a provider. The key itself never leaves the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderKey {
    pub id: Uuid,
    #[schema(example = "team A")]
    pub label: String,
    pub created_at: DateTime<Utc>,
    #[serde(default)]
    pub standing: Standing,
}

/// What may be sent in a header.
pub(super) fn check_key(fields: &mut Fields, key: &str) {
    fields.length("api_key", key, 1, 1000);
    if key.chars().any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
        fields.add("api_key", Rule::Format, "api_key may hold visible ASCII characters only.");
    }
}

/// What an administrator types to add or change a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyForm {
    pub label: String,
    /// Absent or empty: keep the key there is.
    pub api_key: Option<String>,
}

impl KeyForm {
    /// Longest label, in characters.
    pub const LABEL_MAX: usize = 60;

    /// Trims and checks both; `new`: there is no key to keep.
    pub fn checked(mut self, new: bool) -> Result<Self, ApiError> {
        self.label = self.label.trim().to_owned();
        self.api_key = self.api_key.map(|k| k.trim().to_owned()).filter(|k| !k.is_empty());
        let mut fields = Fields::default();
        fields.length("label", &self.label, 1, Self::LABEL_MAX);
        if self.label.chars().any(char::is_control) {
            fields.add("label", Rule::Format, "label may not hold control characters.");
        }
        match &self.api_key {
            Some(key) => check_key(&mut fields, key),
            None if new => fields.add("api_key", Rule::Required, "api_key is required."),
            None => {}
        }
        fields.check()?;
        Ok(self)
    }
}
