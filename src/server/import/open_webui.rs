//! Open WebUI's export: a list of chats, each with a `history` of messages that name their parent.

use serde::Deserialize;

use super::lenient::{Flag, When, Words, many, named};
use super::piece::{Piece, said};
use super::text::{Named, with_files};
use super::{Conversation, Node, Role};
use crate::model::import::Source;

/// Where reasoning begins in the text of an answer, and where it ends.
const THOUGHT: &str = "<details type=\"reasoning\"";
const THOUGHT_END: &str = "</details>";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Export {
    id: Words,
    title: Words,
    chat: Option<Chat>,
    created_at: When,
    updated_at: When,
    archived: Flag,
    pinned: Flag,
    meta: Option<Meta>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    #[serde(deserialize_with = "many")]
    tags: Vec<Words>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chat {
    id: Words,
    title: Words,
    history: Option<History>,
    #[serde(deserialize_with = "many")]
    messages: Vec<Message>,
    timestamp: When,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct History {
    #[serde(deserialize_with = "named")]
    messages: Vec<(String, Message)>,
    #[serde(rename = "currentId")]
    current_id: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    id: Words,
    #[serde(rename = "parentId")]
    parent_id: Words,
    role: Words,
    content: Option<Content>,
    model: Words,
    timestamp: When,
    #[serde(deserialize_with = "many")]
    files: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Pieces(Vec<Piece>),
}

/// Reads a conversation of Open WebUI.
pub fn read(bytes: &[u8]) -> serde_json::Result<Conversation> {
    let export: Export = serde_json::from_slice(bytes)?;
    let chat = export.chat.unwrap_or_default();
    let history = chat.history.unwrap_or_default();
    let (mut files, mut nodes) = (0, Vec::new());
    if history.messages.is_empty() {
        // Old ones have a list alone.
        let mut before = None;
        for (at, message) in chat.messages.into_iter().enumerate() {
            let id = message.id.clone().some().unwrap_or_else(|| format!("#{at}"));
            files += message.files.len() as u64;
            nodes.push(node(id.clone(), before.replace(id), message));
        }
    } else {
        for (id, message) in history.messages {
            files += message.files.len() as u64;
            nodes.push(node(id, message.parent_id.clone().some(), message));
        }
    }
    Ok(Conversation {
        source: Source::OpenWebui,
        id: export.id.some().or(chat.id.some()).unwrap_or_default(),
        title: export.title.some().or(chat.title.some()).unwrap_or_default(),
        created_at: export.created_at.0.or(chat.timestamp.0),
        updated_at: export.updated_at.0,
        pinned: export.pinned.0,
        archived: export.archived.0,
        tags: export.meta.unwrap_or_default().tags.into_iter().map(|tag| tag.0).collect(),
        shown: history.current_id.some(),
        nodes,
        files,
    })
}

fn node(id: String, parent: Option<String>, message: Message) -> Node {
    let role = match message.role.0.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => Role::Silent,
    };
    let text = match message.content {
        Some(Content::Text(text)) => text,
        Some(Content::Pieces(pieces)) => said(pieces).0,
        None => String::new(),
    };
    let (text, reasoning) = if role == Role::Assistant { without_thoughts(&text) } else { (text, String::new()) };
    let model = message.model.some().filter(|_| role == Role::Assistant);
    Node { id, parent, role, content: with_files(message.files, text), reasoning, model, at: message.timestamp.0 }
}

/// The answer, and what was thought before it, which stands folded in its text.
fn without_thoughts(text: &str) -> (String, String) {
    let (mut said, mut thought, mut rest) = (String::new(), Vec::new(), text);
    while let Some((before, after)) = rest.split_once(THOUGHT) {
        let Some((inside, after)) = after.split_once(THOUGHT_END) else { break };
        said.push_str(before);
        // Its head, and the line that says how long it took.
        let inside = inside.split_once('>').map_or(inside, |(_, inside)| inside);
        let inside = inside.split_once("</summary>").map_or(inside, |(_, inside)| inside);
        let lines = inside.trim().lines().map(|line| line.strip_prefix("&gt; ").or(line.strip_prefix("> ")).unwrap_or(line));
        thought.push(lines.collect::<Vec<_>>().join("\n"));
        rest = after;
    }
    said.push_str(rest);
    (said.trim().to_owned(), thought.join("\n\n"))
}
