//! LibreChat's export: one conversation, its messages in a list, or each within the one before it.

use serde::Deserialize;
use serde::de::Error;

use super::lenient::{Flag, TOO_MANY, When, Words, many};
use super::piece::{Piece, said};
use super::text::{Named, with_files};
use super::{Conversation, NODES_MAX, Node, Role};
use crate::model::import::Source;

/// Under these names messages stand in others, and in the conversation.
const LISTS: [&[u8]; 3] = [b"\"children\"", b"\"messages\"", b"\"messagesTree\""];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Export {
    #[serde(rename = "conversationId")]
    conversation_id: Words,
    title: Words,
    options: Option<Options>,
    #[serde(rename = "createdAt")]
    created_at: When,
    #[serde(rename = "updatedAt")]
    updated_at: When,
    #[serde(rename = "isArchived")]
    is_archived: Flag,
    #[serde(deserialize_with = "many")]
    tags: Vec<Words>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Options {
    model: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    #[serde(rename = "messageId")]
    message_id: Words,
    #[serde(rename = "parentMessageId")]
    parent_message_id: Words,
    #[serde(rename = "isCreatedByUser")]
    is_created_by_user: Flag,
    text: Words,
    #[serde(deserialize_with = "many")]
    content: Vec<Piece>,
    model: Words,
    #[serde(rename = "createdAt")]
    created_at: When,
    #[serde(deserialize_with = "many")]
    files: Vec<Named>,
}

/// Reads a conversation of LibreChat.
pub fn read(bytes: &[u8]) -> serde_json::Result<Conversation> {
    let mut objects = flat(bytes)?;
    let export: Export = serde_json::from_slice(&objects.pop().unwrap_or_default())?;
    let model = export.options.unwrap_or_default().model.some();
    let (mut files, mut nodes) = (0, Vec::with_capacity(objects.len()));
    for object in objects {
        let message: Message = serde_json::from_slice(&object)?;
        let (text, reasoning) = said(message.content);
        let role = if message.is_created_by_user.0 { Role::User } else { Role::Assistant };
        files += message.files.len() as u64;
        nodes.push(Node {
            id: message.message_id.0,
            parent: message.parent_message_id.some(),
            role,
            content: with_files(message.files, if text.is_empty() { message.text.0 } else { text }),
            reasoning,
            model: message.model.some().or_else(|| model.clone()).filter(|_| role == Role::Assistant),
            at: message.created_at.0,
        });
    }
    Ok(Conversation {
        source: Source::Librechat,
        id: export.conversation_id.0,
        title: export.title.0,
        created_at: export.created_at.0,
        updated_at: export.updated_at.0,
        pinned: false,
        archived: export.is_archived.0,
        tags: export.tags.into_iter().map(|tag| tag.0).collect(),
        shown: None,
        nodes,
        files,
    })
}

/// An object that is being taken out.
#[derive(Default)]
struct Open {
    text: Vec<u8>,
    depth: usize,
    /// Within its list of messages, and how many lists stand around.
    list: usize,
    /// Its last string was the name of such a list.
    named: bool,
}

impl Open {
    /// Goes on by a token, which begins with this byte. True: the object ends with it.
    fn add(&mut self, byte: u8, token: &[u8]) -> bool {
        if self.list > 0 {
            match byte {
                b'[' => self.list += 1,
                b']' => self.list -= 1,
                // Between messages.
                _ => {}
            }
            if self.list > 0 {
                return false;
            }
        } else if byte == b'[' && self.depth == 1 && self.named {
            self.list = 1;
        } else {
            match byte {
                b'"' => self.named = LISTS.contains(&token),
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth -= 1,
                b':' | b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => self.named = false,
            }
        }
        self.text.extend_from_slice(token);
        self.depth == 0
    }
}

/// Takes the messages out of each other: every one's own text, and last the conversation's. A conversation of a hundred messages is two
/// hundred levels deep, more than a reader of JSON goes down; and each of them names its parent anyway.
fn flat(bytes: &[u8]) -> serde_json::Result<Vec<Vec<u8>>> {
    let (mut open, mut done, mut at): (Vec<Open>, Vec<Vec<u8>>, usize) = (Vec::new(), Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        let end = if byte == b'"' { end_of_string(bytes, at) } else { at + 1 };
        let token = bytes.get(at..end).unwrap_or_default();
        at = end;
        if byte == b'{' && open.last().is_none_or(|top| top.list > 0) {
            open.push(Open::default());
        }
        if open.last_mut().is_some_and(|top| top.add(byte, token)) {
            done.extend(open.pop().map(|done| done.text));
        }
        if done.len() > NODES_MAX {
            return Err(serde_json::Error::custom(format!("{TOO_MANY}: {NODES_MAX} messages at most")));
        }
    }
    Ok(done)
}

/// Where the string that begins there is over.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}
