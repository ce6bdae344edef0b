//! Tags and questions that a model suggests.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::suggestion::SuggestionSettings;

/// What models are asked beside answers. Administrators only.
#[server(endpoint = "suggestion/read", output = crate::rpc::Wire)]
pub async fn read() -> Rpc<SuggestionSettings> {
    use crate::server::service::suggestion;
    let (server, viewer) = asked()?;
    answer(suggestion::settings(&server, &viewer))
}

/// Sets it. A box that is not ticked is not sent. Administrators only.
#[server(endpoint = "suggestion/save", output = crate::rpc::Wire)]
pub async fn save(tags: Option<bool>, follow_ups: Option<bool>) -> Rpc<()> {
    use crate::server::service::suggestion;
    let (server, viewer, origin) = asked_from()?;
    let group = SuggestionSettings { tags: tags.is_some(), follow_ups: follow_ups.is_some() };
    answer(suggestion::update(&server, &viewer, &origin, group).await)?;
    leptos_axum::redirect("/admin/models?saved=1");
    Ok(())
}

/// The questions that may follow the viewer's answer. `public/follow.js` asks.
#[server(endpoint = "suggestion/follow_ups", output = crate::rpc::Wire)]
pub async fn follow_ups(message_id: Uuid) -> Rpc<Vec<String>> {
    use crate::server::service::suggestion;
    let (server, viewer) = asked()?;
    answer(suggestion::follow_ups(&server, &viewer, message_id).await)
}
