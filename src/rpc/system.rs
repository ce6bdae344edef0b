//! The server about itself, for the administrators' page.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::system::System;

/// How the server stands. Administrators only.
#[server(endpoint = "system/look", output = crate::rpc::Wire)]
pub async fn look() -> Rpc<System> {
    use crate::server::service::system;
    let (server, viewer) = asked()?;
    answer(system::look(&server, &viewer).await)
}

/// Stops an answer of anybody's. Administrators only.
#[server(endpoint = "system/stop", output = crate::rpc::Wire)]
pub async fn stop(generation_id: Uuid) -> Rpc<()> {
    use crate::server::service::system;
    let (server, viewer, origin) = asked_from()?;
    answer(system::stop(&server, &viewer, &origin, generation_id).await)
}
