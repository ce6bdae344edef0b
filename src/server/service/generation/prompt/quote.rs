//! Earlier parts of a conversation as the system prompt quotes them: a turn of their own would stand out of order, and some models
//! take turns only by turns.

use crate::model::message::{Author, Message};

const PINS: &str = "The user pinned these earlier messages of this conversation. Keep them in mind:";
const SUMMARY: &str = "The beginning of this conversation was left out. This is a summary of it:";

/// A summary, with what it is.
pub fn summary(content: &str) -> String {
    format!("{SUMMARY}\n<summary>\n{content}\n</summary>")
}

/// One message.
pub fn message(author: Author, content: &str) -> String {
    let from = match author {
        Author::User => "user",
        Author::Assistant => "assistant",
    };
    format!("<message from=\"{from}\">\n{content}\n</message>")
}

/// What stands before pinned messages, for its tokens.
pub fn pins_head() -> &'static str {
    PINS
}

/// Pinned messages that are not among the turns; nothing for none.
pub fn pins(pins: &[Message]) -> String {
    if pins.is_empty() {
        return String::new();
    }
    let quoted: Vec<_> = pins.iter().map(|pin| message(pin.role, &pin.content)).collect();
    format!("{PINS}\n{}", quoted.join("\n"))
}
