//! Prompts that people keep.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::prompt::Prompt;

/// The viewer's own and those that are shared.
#[server(endpoint = "prompt/list", output = crate::rpc::Wire)]
pub async fn list() -> Rpc<Vec<Prompt>> {
    use crate::server::service::prompt;
    let (server, viewer) = asked()?;
    answer(prompt::list(&server, &viewer).await)
}

/// Keeps a prompt, or changes the one with this id. A box that is not ticked is not sent.
#[server(endpoint = "prompt/save", output = crate::rpc::Wire)]
pub async fn save(id: Option<Uuid>, title: String, command: String, body: String, shared: Option<bool>) -> Rpc<Prompt> {
    use crate::model::prompt::PromptForm;
    use crate::server::service::prompt;
    let (server, viewer) = asked()?;
    let form = PromptForm { title, command, body, shared: shared.unwrap_or(false) };
    let saved = answer(prompt::save(&server, &viewer, id, form).await)?;
    leptos_axum::redirect("/settings/prompts");
    Ok(saved)
}

/// Forgets a prompt.
#[server(endpoint = "prompt/delete", output = crate::rpc::Wire)]
pub async fn delete(id: Uuid) -> Rpc<()> {
    use crate::server::service::prompt;
    let (server, viewer) = asked()?;
    answer(prompt::delete(&server, &viewer, id).await)?;
    leptos_axum::redirect("/settings/prompts");
    Ok(())
}
