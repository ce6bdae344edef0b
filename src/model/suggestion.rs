//! What a model suggests beside its answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most questions that are suggested below an answer.
pub const FOLLOW_UPS: usize = 3;
/// Longest of them, in characters.
pub const FOLLOW_UP_MAX: usize = 160;

/// What a model may be asked beside answers. Each is a call to the model that also makes titles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SuggestionSettings {
    /// After the first answer of a conversation: up to three tags, of its owner's own where they fit.
    pub tags: bool,
    /// After every answer: up to three questions that may come next.
    pub follow_ups: bool,
}
