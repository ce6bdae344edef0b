//! Passkeys (WebAuthn), as their owner sees them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};

/// Longest name of a passkey, in characters.
pub const PASSKEY_NAME_MAX: usize = 60;
/// Most passkeys of one user.
pub const PASSKEYS_MAX: i64 = 20;

/// A passkey of the user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Passkey {
    pub id: Uuid,
    #[schema(example = "Phone")]
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The beginning of a ceremony: what the browser's authenticator is asked.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Ceremony {
    /// Handed in with the authenticator's answer; good once, within ten minutes.
    #[schema(example = "q5Yk0dGJm0b2m7pY1tqkq1Wb0hXr3v1r8m0O6xY5c2A")]
    pub ticket: String,
    /// For `navigator.credentials.create` or `.get`, as JSON (bytes in base64url).
    #[schema(value_type = Object)]
    pub options: serde_json::Value,
}

/// The name as it is kept. Errors: `Invalid` (`name`).
pub fn checked_name(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    let mut fields = Fields::default();
    fields.length("name", name, 1, PASSKEY_NAME_MAX);
    if name.chars().any(char::is_control) {
        fields.add("name", Rule::Format, "name may not have control characters.");
    }
    fields.check()?;
    Ok(name.to_owned())
}
