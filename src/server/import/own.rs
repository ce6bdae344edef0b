//! Liao's own JSON: what `GET /api/llm/sessions/{id}/export/` and the copy of all data hold of a conversation, every branch of it.

use serde::Deserialize;

use super::lenient::{Flag, When, Words, many};
use super::text::{Named, with_files};
use super::{Conversation, Node, Role};
use crate::model::import::Source;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Export {
    conversation: Head,
    #[serde(deserialize_with = "many")]
    messages: Vec<Message>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    id: Words,
    title: Words,
    pinned: Flag,
    archived: Flag,
    #[serde(deserialize_with = "many")]
    tags: Vec<Words>,
    created_at: When,
    updated_at: When,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    id: Words,
    parent_id: Words,
    role: Words,
    content: Words,
    reasoning: Words,
    model: Words,
    created_at: When,
    #[serde(deserialize_with = "many")]
    attachments: Vec<Named>,
}

/// Reads a conversation of Liao.
pub fn read(bytes: &[u8]) -> serde_json::Result<Conversation> {
    let Export { conversation, messages } = serde_json::from_slice(bytes)?;
    let files = messages.iter().map(|message| message.attachments.len() as u64).sum();
    let nodes = messages.into_iter().map(|message| Node {
        id: message.id.0,
        parent: message.parent_id.some(),
        role: match message.role.0.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => Role::Silent,
        },
        content: with_files(message.attachments, message.content.0),
        reasoning: message.reasoning.0,
        model: message.model.some(),
        at: message.created_at.0,
    });
    Ok(Conversation {
        source: Source::Liao,
        id: conversation.id.0,
        title: conversation.title.0,
        created_at: conversation.created_at.0,
        updated_at: conversation.updated_at.0,
        pinned: conversation.pinned.0,
        archived: conversation.archived.0,
        tags: conversation.tags.into_iter().map(|tag| tag.0).collect(),
        shown: None,
        nodes: nodes.collect(),
        files,
    })
}
