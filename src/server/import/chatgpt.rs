//! ChatGPT's `conversations.json`: a list of conversations, each a `mapping` from the ids of nodes to nodes that name their parent.

use std::collections::HashMap;

use serde::Deserialize;

use super::lenient::{Flag, When, Words, many, named};
use super::piece::Piece;
use super::text::{Named, fenced, with_files};
use super::{Conversation, Node, Role};
use crate::model::import::Source;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Export {
    title: Words,
    create_time: When,
    update_time: When,
    #[serde(deserialize_with = "named")]
    mapping: Vec<(String, Entry)>,
    current_node: Words,
    conversation_id: Words,
    id: Words,
    is_archived: Flag,
    is_starred: Flag,
    default_model_slug: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    message: Option<Said>,
    parent: Words,
    #[serde(deserialize_with = "many")]
    children: Vec<Words>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    author: Option<Author>,
    create_time: When,
    content: Option<Content>,
    metadata: Option<Meta>,
    recipient: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Author {
    role: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    content_type: Words,
    #[serde(deserialize_with = "many")]
    parts: Vec<Piece>,
    text: Words,
    language: Words,
    #[serde(deserialize_with = "many")]
    thoughts: Vec<Thought>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Thought {
    summary: Words,
    content: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    model_slug: Words,
    is_visually_hidden_from_conversation: Flag,
    #[serde(deserialize_with = "many")]
    attachments: Vec<Named>,
}

/// Reads a conversation of ChatGPT.
pub fn read(bytes: &[u8]) -> serde_json::Result<Conversation> {
    let export: Export = serde_json::from_slice(bytes)?;
    // Some files name only the children.
    let mut above: HashMap<String, String> = HashMap::new();
    for (id, entry) in &export.mapping {
        for child in &entry.children {
            above.entry(child.0.clone()).or_insert_with(|| id.clone());
        }
    }
    let mut files = 0;
    let nodes = export.mapping.into_iter().map(|(id, entry)| {
        let parent = entry.parent.some().or_else(|| above.remove(&id));
        let (node, sent) = node(id, parent, entry.message.unwrap_or_default(), &export.default_model_slug);
        files += sent;
        node
    });
    let nodes = nodes.collect();
    Ok(Conversation {
        source: Source::Chatgpt,
        id: export.conversation_id.some().or(export.id.some()).unwrap_or_default(),
        title: export.title.0,
        created_at: export.create_time.0,
        updated_at: export.update_time.0,
        pinned: export.is_starred.0,
        archived: export.is_archived.0,
        tags: Vec::new(),
        shown: export.current_node.some(),
        nodes,
        files,
    })
}

/// The node, and how many files were sent with it.
fn node(id: String, parent: Option<String>, said: Said, default_model: &Words) -> (Node, u64) {
    let (content, meta) = (said.content.unwrap_or_default(), said.metadata.unwrap_or_default());
    let author = said.author.unwrap_or_default().role.0;
    let to_all = said.recipient.0.is_empty() || said.recipient.0 == "all";
    let role = match (author.as_str(), content.content_type.0.as_str()) {
        _ if meta.is_visually_hidden_from_conversation.0 => Role::Silent,
        (_, "user_editable_context" | "model_editable_context" | "reasoning_recap" | "thoughts") => Role::Silent,
        ("user", _) => Role::User,
        ("assistant", _) if to_all => Role::Assistant,
        // What tools were told and said.
        _ => Role::Silent,
    };
    let reasoning = if author == "assistant" { thoughts(&content.thoughts) } else { String::new() };
    let (text, mut sent) = if role == Role::Silent { (String::new(), 0) } else { spoken(content, meta.attachments.is_empty()) };
    sent += if role == Role::Silent { 0 } else { meta.attachments.len() as u64 };
    let content = if role == Role::User { with_files(meta.attachments, text) } else { text };
    let model = meta.model_slug.some().or_else(|| default_model.clone().some()).filter(|_| role == Role::Assistant);
    (Node { id, parent, role, content, reasoning, model, at: said.create_time.0 }, sent)
}

fn thoughts(thoughts: &[Thought]) -> String {
    let one = |thought: &Thought| match (thought.summary.0.trim(), thought.content.0.trim()) {
        ("", content) => content.to_owned(),
        (summary, content) => format!("**{summary}**\n\n{content}").trim_end().to_owned(),
    };
    thoughts.iter().map(one).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// What is said, and how many pictures stand in it; they are named where nothing else names them.
fn spoken(content: Content, name: bool) -> (String, u64) {
    if content.content_type.0 == "code" {
        let language = if content.language.0 == "unknown" { "" } else { &content.language.0 };
        return (fenced(language, &content.text.0), 0);
    }
    let (mut texts, mut pictures) = (Vec::new(), 0);
    for part in content.parts {
        match part {
            Piece::Text(text) => texts.push(text),
            Piece::Block(block) if block.content_type.0 == "audio_transcription" => texts.push(block.text.0),
            Piece::Block(block) if block.content_type.0 == "image_asset_pointer" && name => {
                pictures += 1;
                texts.push("[image]".to_owned());
            }
            _ => {}
        }
    }
    texts.push(content.text.0);
    texts.retain(|text| !text.trim().is_empty());
    (texts.join("\n"), pictures)
}
