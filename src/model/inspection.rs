//! Other people's conversations as administrators see them: what is known without opening them, and what opening one brings.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields};
use super::message::Shown;

/// Shortest and longest reason, in characters.
pub const REASON_MIN: usize = 5;
pub const REASON_MAX: usize = 500;
/// How long an opened conversation may be read, in minutes.
pub const OPEN_MINUTES: i64 = 30;
/// Most messages that the list can ask a conversation to have at least.
pub const MESSAGES_MAX: u32 = 10_000;

/// A conversation, and nothing of what was said in it: no title either, which is made from its words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ConversationMetadata)]
pub struct Metadata {
    pub id: Uuid,
    pub owner_id: Uuid,
    #[schema(example = "Ada Lovelace")]
    pub owner_name: String,
    /// `provider/model` used last.
    pub model: Option<String>,
    /// Messages, those of all branches.
    pub messages: u64,
    /// Characters of all of them.
    pub characters: u64,
    /// Links that lead to it.
    pub links: u64,
    /// Reports of it that are open.
    pub reports: u64,
    pub created_at: DateTime<Utc>,
    /// When it was last written in.
    pub updated_at: DateTime<Utc>,
}

/// Which conversations are asked for. Absent: any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InspectionQuery {
    /// Whose they are: an id or an e-mail address.
    pub owner: Option<String>,
    /// `provider/model` used last.
    pub model: Option<String>,
    /// Last written in not before this day, or this moment (RFC 3339); days are UTC's.
    pub from: Option<String>,
    /// Up to the end of this day, or before this moment.
    pub to: Option<String>,
    /// With at least so many messages.
    pub messages: Option<u32>,
    /// With reports that are open, or without.
    pub reported: Option<bool>,
}

/// Why something is done to somebody's conversation. Its owner reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonForm {
    /// 5 to 500 characters.
    #[schema(min_length = 5, max_length = 500, example = "A report of abuse, number 12")]
    pub reason: String,
}

impl ReasonForm {
    /// Trims and checks.
    pub fn checked(self) -> Result<String, ApiError> {
        let reason = self.reason.replace(|c: char| c.is_control(), " ");
        let reason = reason.trim();
        let mut fields = Fields::default();
        fields.length("reason", reason, REASON_MIN, REASON_MAX);
        fields.check()?;
        Ok(reason.to_owned())
    }
}

/// Leave to read one conversation, for one administrator and for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ConversationAccess)]
pub struct Access {
    pub reason: String,
    pub created_at: DateTime<Utc>,
    /// From then on it has to be opened anew.
    pub expires_at: DateTime<Utc>,
}

/// What an administrator finds at a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspected {
    pub metadata: Metadata,
    /// Whether conversations may be opened on this server at all.
    pub allowed: bool,
    /// What was said, if it is open to them.
    pub opened: Option<Opened>,
}

/// An opened conversation: the newest messages of the branch that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub access: Access,
    pub title: String,
    /// Oldest first.
    pub messages: Vec<Shown>,
    /// Cursor for the messages before these.
    pub earlier: Option<Uuid>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_line_that_says_something() {
        let checked = |reason: &str| ReasonForm { reason: reason.into() }.checked();
        assert_eq!(checked("  a report\nof abuse ").unwrap(), "a report of abuse");
        assert!(checked("    ?   ").unwrap_err().field("reason").is_some());
        assert!(checked("").is_err() && checked(&"x".repeat(501)).is_err());
    }
}
