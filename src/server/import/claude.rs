//! Claude's `conversations.json`: a list of conversations with their `chat_messages`, in order, or as a tree where they name their parent.

use serde::Deserialize;

use super::lenient::{Flag, When, Words, many};
use super::piece::{Piece, said};
use super::text::{Named, with_files};
use super::{Conversation, Node, Role};
use crate::model::import::Source;

/// The parent of what has none.
const ROOT: &str = "00000000-0000-4000-8000-000000000000";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Export {
    uuid: Words,
    name: Words,
    created_at: When,
    updated_at: When,
    is_starred: Flag,
    model: Words,
    current_leaf_message_uuid: Words,
    #[serde(deserialize_with = "many")]
    chat_messages: Vec<Message>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    uuid: Words,
    parent_message_uuid: Words,
    sender: Words,
    text: Words,
    created_at: When,
    #[serde(deserialize_with = "many")]
    content: Vec<Piece>,
    #[serde(deserialize_with = "many")]
    attachments: Vec<Named>,
    #[serde(deserialize_with = "many")]
    files: Vec<Named>,
}

/// Reads a conversation of Claude.
pub fn read(bytes: &[u8]) -> serde_json::Result<Conversation> {
    let export: Export = serde_json::from_slice(bytes)?;
    let model = export.model.some();
    let (mut before, mut files, mut nodes) = (None, 0, Vec::with_capacity(export.chat_messages.len()));
    for (at, mut message) in export.chat_messages.into_iter().enumerate() {
        let id = std::mem::take(&mut message.uuid).some().unwrap_or_else(|| format!("#{at}"));
        let parent = match std::mem::take(&mut message.parent_message_uuid).some() {
            Some(parent) => Some(parent).filter(|parent| parent != ROOT),
            None => before.take(),
        };
        files += (message.attachments.len() + message.files.len()) as u64;
        before = Some(id.clone());
        nodes.push(node(id, parent, message, model.as_ref()));
    }
    Ok(Conversation {
        source: Source::Claude,
        id: export.uuid.0,
        title: export.name.0,
        created_at: export.created_at.0,
        updated_at: export.updated_at.0,
        pinned: export.is_starred.0,
        archived: false,
        tags: Vec::new(),
        shown: export.current_leaf_message_uuid.some(),
        nodes,
        files,
    })
}

fn node(id: String, parent: Option<String>, message: Message, model: Option<&String>) -> Node {
    let role = match message.sender.0.as_str() {
        "human" | "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => Role::Silent,
    };
    let (text, reasoning) = said(message.content);
    let text = if text.is_empty() { message.text.0 } else { text };
    let mut files = message.attachments;
    files.extend(message.files);
    let model = model.cloned().filter(|_| role == Role::Assistant);
    Node { id, parent, role, content: with_files(files, text), reasoning, model, at: message.created_at.0 }
}
