//! A temporary conversation: its page holds it, and sends what was said with every question. Nothing of it is stored.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{ApiError, Fields, Rule};
use super::message::Author;

/// Most turns that are sent with a question.
pub const SAID_MAX: usize = 400;
/// Most characters of all of them together.
pub const HISTORY_MAX: usize = 400_000;

/// What was said before, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub role: Author,
    /// Markdown, as it was typed or generated.
    #[schema(example = "Why is the sky blue?")]
    pub content: String,
}

/// Whether this can be what was said before a question, oldest first. Errors: `Invalid` (field `history`).
pub fn check_history(said: &[Said]) -> Result<(), ApiError> {
    let mut fields = Fields::default();
    let characters: usize = said.iter().map(|one| one.content.chars().count()).sum();
    if said.len() > SAID_MAX {
        fields.add("history", Rule::Range(0, SAID_MAX as u32), format!("history may have at most {SAID_MAX} turns."));
    } else if characters > HISTORY_MAX {
        let sentence = format!("history may have at most {HISTORY_MAX} characters; it has {characters}.");
        fields.add("history", Rule::TooLong(HISTORY_MAX), sentence);
    } else if said.iter().any(|one| one.content.trim().is_empty()) {
        fields.add("history", Rule::Required, "Every turn of history needs content.");
    } else if said.first().is_some_and(|first| first.role != Author::User) {
        fields.add("history", Rule::Format, "history begins with what the user said.");
    }
    fields.check()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: Author, content: &str) -> Said {
        Said { role, content: content.to_owned() }
    }

    #[test]
    fn a_history_is_bounded_begins_with_a_question_and_has_no_holes() {
        let fine = [said(Author::User, "a"), said(Author::Assistant, "b")];
        assert_eq!(check_history(&fine), Ok(()));
        assert_eq!(check_history(&[]), Ok(()));
        let long = said(Author::User, &"聊".repeat(HISTORY_MAX));
        assert_eq!(check_history(std::slice::from_ref(&long)), Ok(()), "characters are counted, not bytes");
        let wrong = [
            vec![said(Author::Assistant, "b")],
            vec![said(Author::User, " \n")],
            vec![long, said(Author::Assistant, "b")],
            vec![said(Author::User, "a"); SAID_MAX + 1],
        ];
        for history in wrong {
            let refused = check_history(&history).unwrap_err();
            assert!(refused.field("history").is_some(), "{refused:?}");
        }
    }
}
