//! What the next question of a conversation would take of a model's window: the prompt is built as it would be, and not sent.

use uuid::Uuid;

use super::prompt::{self, Asked};
use super::start::resolve;
use crate::model::context::Budget;
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::service::viewer::Viewer;

/// For the branch that is shown; absent, a new conversation. `model` is the one that would be asked, if not the one used last.
pub async fn budget(server: &Server, viewer: &Viewer, chat_id: Option<Uuid>, model: Option<&str>) -> Result<Budget> {
    let found = match chat_id {
        Some(id) => Some(server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?),
        None => None,
    };
    let last = found.as_ref().and_then(|found| found.chat.model.as_deref());
    let resolved = resolve(server, viewer, model.filter(|name| !name.trim().is_empty()), last)?;
    let (leaf, told) = found.map_or_else(Default::default, |found| (found.leaf_id, found.given));
    let strategy = told.strategy;
    let system = server.config.models.system_prompt.as_deref();
    let prompt = prompt::build(server, &resolved, system, told, Asked::before(leaf)).await?;
    let tokens = |n: usize| n as u64;
    let parts = prompt.parts;
    Ok(Budget {
        model: resolved.id.clone(),
        window: resolved.context,
        reserved: prompt::reserve(resolved.context.unwrap_or(prompt::UNKNOWN_CONTEXT)),
        system: tokens(parts.system),
        pinned: tokens(parts.pinned),
        summary: tokens(parts.summary),
        messages: tokens(parts.messages),
        used: prompt.tokens,
        trimmed: prompt.trimmed,
        strategy,
    })
}
