//! The texts of imported conversations: what databases and pages take, and what stands for what does not come along.

use serde::Deserialize;

use super::lenient::Words;
use crate::model::chat::TITLE_MAX;

/// The name of a file that was sent with a message.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Named {
    name: Words,
    file_name: Words,
    filename: Words,
    /// What was read of it.
    extracted_content: Words,
}

/// Without the one character that PostgreSQL does not store.
pub fn clean(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// A title in one line, no longer than titles may be.
pub fn title(title: &str) -> String {
    let line: String = title.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= TITLE_MAX {
        return line;
    }
    let cut: String = line.chars().take(TITLE_MAX - 1).collect();
    format!("{}…", cut.trim_end())
}

/// A block of code that nothing in it ends.
pub fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let language: String = language.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '+').take(20).collect();
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// The message with the names of its files before it, as a shared conversation has them, and what was read of them after it.
pub fn with_files(files: Vec<Named>, text: String) -> String {
    let mut parts: Vec<String> = Vec::new();
    for file in &files {
        let name = [&file.name, &file.file_name, &file.filename].into_iter().find(|name| !name.0.is_empty());
        let name = title(name.map(|name| name.0.as_str()).unwrap_or_default());
        parts.push(format!("[{}]", if name.is_empty() { "file" } else { &name }));
    }
    if !text.is_empty() {
        parts.push(text);
    }
    let head = parts.join("\n");
    let read = files.into_iter().filter(|file| !file.extracted_content.0.trim().is_empty());
    let read = read.map(|file| fenced("", &file.extracted_content.0));
    std::iter::once(head).chain(read).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}
