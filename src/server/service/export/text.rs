//! The texts of an export: names of files, and conversations as Markdown.

use uuid::Uuid;

use crate::model::chat::Chat;
use crate::model::message::{Author, Message};

/// What the archive says about itself.
pub const README: &str = "This archive holds what your account on this Liao server holds.

profile.json      what you told about yourself, your preferences, and your linked accounts at other services
security.json     how you sign in: passkeys, where you are signed in, devices that are known; no keys and no passwords
files/            your picture, and the files that you sent
files.json        what these files are called, and when you sent them
conversations/    every conversation: .md is what is shown of it, .json is all of it, every branch, with summaries and pins
shares.json       links to conversations that lead somewhere, without what is secret of them
imports.json      files from which conversations were imported, and what was taken of each
reports.json      messages that you have reported
folders.json      the folders of your conversations
prompts.json      the prompts that you keep
assistants.json   the assistants that you keep
unsent.json       messages that wait to be sent, and what you were writing
feedback.json     what you think of answers
usage.json        tokens and costs (in millionths of a US dollar) of all calls to models, by model
usage.csv         each of these calls
activity.json     what the security log says about your account, the newest first
";

/// Characters of a title that go into a file's name.
const NAME_MAX: usize = 40;

/// A name that every file system takes, and that sorts by age: the newest conversation is number 1.
pub fn file_name(number: usize, title: &str, id: Uuid) -> String {
    let mut name = String::new();
    for c in title.chars().take(NAME_MAX) {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { format!("{number:05}-{id}") } else { format!("{number:05}-{name}") }
}

/// The beginning of a conversation's file.
pub fn head(chat: &Chat) -> String {
    let title = if chat.title.is_empty() { "Untitled" } else { &chat.title };
    format!("# {title}\n\n{} – {}\n", chat.created_at.format("%Y-%m-%d %H:%M UTC"), chat.updated_at.format("%Y-%m-%d %H:%M UTC"))
}

/// One message: who, when, and the text as it was written.
pub fn message(message: &Message) -> String {
    let who = match (message.role, &message.model) {
        (Author::User, _) => "You".to_owned(),
        (Author::Assistant, Some(model)) => format!("Assistant ({model})"),
        (Author::Assistant, None) => "Assistant".to_owned(),
    };
    let reasoning = message.reasoning.as_deref().map(quoted).unwrap_or_default();
    format!("\n---\n\n**{who}** · {}\n\n{reasoning}{}\n", message.created_at.format("%Y-%m-%d %H:%M UTC"), message.content)
}

/// What the model thought, as a quotation.
fn quoted(reasoning: &str) -> String {
    let lines: Vec<_> = reasoning.lines().map(|line| format!("> {line}")).collect();
    if lines.is_empty() { String::new() } else { format!("{}\n\n", lines.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_name_that_leads_nowhere() {
        let id = Uuid::nil();
        assert_eq!(file_name(1, "How does a WAL work?", id), "00001-How-does-a-WAL-work");
        assert_eq!(file_name(2, "../../etc/passwd\0", id), "00002-etc-passwd");
        assert_eq!(file_name(3, "如何学习 Rust", id), "00003-如何学习-Rust");
        assert_eq!(file_name(4, "///", id), format!("00004-{id}"));
    }
}
