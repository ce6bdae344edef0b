//! What administrators say of models.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::catalogue::{CatalogueEntry, ModelSettings};
use crate::model::setup::Typed;

/// The models of the enabled providers, and the defaults. Administrators only, like all here.
#[server(endpoint = "catalogue/list", output = crate::rpc::Wire)]
pub async fn list(search: Option<String>) -> Rpc<(Vec<CatalogueEntry>, ModelSettings)> {
    use crate::server::service::catalogue;
    let (server, viewer) = asked()?;
    let entries = answer(catalogue::list(&server, &viewer, search.as_deref()).await)?;
    Ok((entries, answer(catalogue::defaults(&server, &viewer))?))
}

/// One of them.
#[server(endpoint = "catalogue/find", output = crate::rpc::Wire)]
pub async fn find(id: Uuid, name: String) -> Rpc<CatalogueEntry> {
    use crate::server::service::catalogue;
    let (server, viewer) = asked()?;
    answer(catalogue::find(&server, &viewer, id, &name).await)
}

/// Says something of a model. A box that is not ticked is not sent.
#[server(endpoint = "catalogue/save", output = crate::rpc::Wire)]
pub async fn save(
    id: Uuid,
    name: String,
    enabled: Option<String>,
    title: String,
    icon: String,
    position: String,
    access: String,
    people: String,
    context: String,
    output: String,
    price_input: String,
    price_output: String,
    price_cached: String,
    price_minute: String,
    price_characters: String,
    vision: String,
    tools: String,
    reasoning: String,
    files: String,
    task: String,
    setup: Option<Typed>,
) -> Rpc<()> {
    use crate::model::catalogue::TypedModel;
    use crate::server::service::catalogue;
    let (server, viewer, origin) = asked_from()?;
    // Before what was typed is read: whoever may not say anything is not told what is wrong with it.
    answer(viewer.require_admin())?;
    let enabled = enabled.unwrap_or_default();
    let typed = TypedModel {
        enabled,
        title,
        icon,
        position,
        access,
        people,
        context,
        output,
        price_input,
        price_output,
        price_cached,
        price_minute,
        price_characters,
        vision,
        tools,
        reasoning,
        files,
        task,
    };
    let form = answer(typed.read(setup.unwrap_or_default()).map_err(Into::into))?;
    answer(catalogue::save(&server, &viewer, &origin, (id, &name), form).await)?;
    leptos_axum::redirect("/admin/models?saved=1");
    Ok(())
}

/// Forgets what was said of a model.
#[server(endpoint = "catalogue/forget", output = crate::rpc::Wire)]
pub async fn forget(id: Uuid, name: String) -> Rpc<()> {
    use crate::server::service::catalogue;
    let (server, viewer, origin) = asked_from()?;
    answer(catalogue::forget(&server, &viewer, &origin, (id, &name)).await)?;
    leptos_axum::redirect("/admin/models?saved=1");
    Ok(())
}

/// Sets the models that are used where nobody chose one.
#[server(endpoint = "catalogue/set_defaults", output = crate::rpc::Wire)]
pub async fn set_defaults(
    chat: Option<String>,
    title: Option<String>,
    vision: Option<String>,
    transcription: Option<String>,
    speech: Option<String>,
    embedding: Option<String>,
    voice: Option<String>,
) -> Rpc<()> {
    use crate::server::service::catalogue;
    let (server, viewer, origin) = asked_from()?;
    let group = ModelSettings { chat, title, vision, transcription, speech, embedding, voice };
    answer(catalogue::set_defaults(&server, &viewer, &origin, group).await)?;
    leptos_axum::redirect("/admin/models?saved=1");
    Ok(())
}
