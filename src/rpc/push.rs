//! Devices that are told of finished answers, for the page that lists them; a script adds them over REST.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::push::PushDevices;

/// The viewer's devices.
#[server(endpoint = "push/list", output = crate::rpc::Wire)]
pub async fn devices() -> Rpc<PushDevices> {
    use crate::server::service::push;
    let (server, viewer) = asked()?;
    answer(push::list(&server, &viewer).await)
}

/// Tells one of them no more.
#[server(endpoint = "push/remove", output = crate::rpc::Wire)]
pub async fn remove_device(id: Uuid) -> Rpc<()> {
    use crate::server::service::push;
    let (server, viewer) = asked()?;
    answer(push::remove(&server, &viewer, id).await)?;
    leptos_axum::redirect("/settings/preferences#devices");
    Ok(())
}
