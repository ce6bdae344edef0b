//! Assistants, and the page of a new conversation, which offers them.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::assistant::{Assistant, Start};
use crate::model::setup::Typed;

/// The viewer's own and those that are shared.
#[server(endpoint = "assistant/list", output = crate::rpc::Wire)]
pub async fn list() -> Rpc<Vec<Assistant>> {
    use crate::server::service::assistant;
    let (server, viewer) = asked()?;
    answer(assistant::list(&server, &viewer).await)
}

/// Keeps an assistant, or changes the one with this id. A box that is not ticked is not sent; questions stand one a line.
#[server(endpoint = "assistant/save", output = crate::rpc::Wire)]
pub async fn save(
    id: Option<Uuid>,
    name: String,
    icon: String,
    model: Option<String>,
    greeting: String,
    starters: String,
    shared: Option<bool>,
    setup: Option<Typed>,
) -> Rpc<Assistant> {
    use crate::model::assistant::AssistantForm;
    use crate::server::service::assistant;
    let (server, viewer) = asked()?;
    let setup = answer(setup.unwrap_or_default().read().map_err(Into::into))?;
    let starters = starters.lines().map(str::to_owned).collect();
    let form = AssistantForm { name, icon, model, greeting, starters, shared: shared.unwrap_or(false), setup };
    let saved = answer(assistant::save(&server, &viewer, id, form).await)?;
    leptos_axum::redirect("/settings/assistants");
    Ok(saved)
}

/// Forgets an assistant; its conversations stay.
#[server(endpoint = "assistant/delete", output = crate::rpc::Wire)]
pub async fn delete(id: Uuid) -> Rpc<()> {
    use crate::server::service::assistant;
    let (server, viewer) = asked()?;
    answer(assistant::delete(&server, &viewer, id).await)?;
    leptos_axum::redirect("/settings/assistants");
    Ok(())
}

/// What the page of a new conversation shows: the assistants, the chosen one, and a prompt's text with these values, one a place.
#[server(endpoint = "chat/start", output = crate::rpc::Wire)]
pub async fn begin(assistant: Option<Uuid>, prompt: Option<Uuid>, values: Option<Vec<String>>, folder: Option<Uuid>) -> Rpc<Start> {
    use crate::server::service;
    let (server, viewer) = asked()?;
    let prompt = prompt.map(|id| (id, values.unwrap_or_default()));
    answer(service::assistant::start(&server, &viewer, assistant, prompt, folder).await)
}
