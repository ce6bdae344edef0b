//! A temporary chat that its person wants to keep after all: it is stored as what they bring along, with a tag that says so. Nobody vouches
//! for who wrote which of it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::error::Rule;
use crate::model::import::Source;
use crate::model::message::Author;
use crate::model::presence::Happened;
use crate::model::temporary::{Said, check_history};
use crate::server::Server;
use crate::server::crypto::content_hash;
use crate::server::db::Arrival;
use crate::server::error::{Error, Result};
use crate::server::import::{Conversation, Grown, Node, Role, grow};
use crate::server::service::viewer::Viewer;
use crate::server::service::{maintenance, presence};

/// Stores it; the conversation's id. The same once more is the same conversation. Errors: `Invalid` (field `history`).
pub async fn keep(server: &Server, viewer: &Viewer, said: Vec<Said>, tag: &str) -> Result<Uuid> {
    maintenance::admit(server, Some(&viewer.user))?;
    check_history(&said)?;
    let nothing = || Error::invalid("history", Rule::Required, "There is nothing to keep yet.");
    let (user_id, now) = (viewer.user.id, server.clock.now());
    let said_by = |role| if role == Author::User { b"user".as_slice() } else { b"assistant".as_slice() };
    let parts: Vec<&[u8]> = said.iter().flat_map(|one| [said_by(one.role), one.content.as_bytes()]).collect();
    let name = format!("temporary:{}", content_hash(&parts));
    // What came so is remembered by the conversation itself: there was no file.
    if let Some(chat) = server.db.imports().known(user_id, Source::Liao, &name).await? {
        return Ok(chat);
    }
    let conversation = conversation(said, tag, now);
    let Grown { id, source, title, leaf_id, pinned, archived, tags, created_at, updated_at, messages, .. } =
        grow(conversation, now).map_err(|_| nothing())?;
    let (source_id, title, tags, messages) = (name.as_str(), title.as_str(), tags.as_slice(), messages.as_slice());
    let (import_id, leaf) = (id, leaf_id);
    let arrival = Arrival {
        user_id,
        import_id,
        id,
        source,
        source_id,
        title,
        leaf_id: leaf,
        pinned,
        archived,
        tags,
        created_at,
        updated_at,
        messages,
    };
    server.db.chats().receive(&arrival).await?;
    presence::news(server, user_id, Some(id), Happened::Changed);
    Ok(id)
}

/// What was said, as something that comes from elsewhere.
fn conversation(said: Vec<Said>, tag: &str, now: DateTime<Utc>) -> Conversation {
    Conversation {
        source: Source::Liao,
        id: String::new(),
        title: String::new(),
        created_at: Some(now),
        updated_at: Some(now),
        pinned: false,
        archived: false,
        tags: vec![tag.to_owned()],
        shown: None,
        nodes: said.into_iter().enumerate().map(node).collect(),
        files: 0,
    }
}

/// A turn, below the one before it.
fn node((at, said): (usize, Said)) -> Node {
    let role = match said.role {
        Author::User => Role::User,
        Author::Assistant => Role::Assistant,
    };
    let parent = at.checked_sub(1).map(|before| before.to_string());
    Node { id: at.to_string(), parent, role, content: said.content, reasoning: String::new(), model: None, at: None }
}
