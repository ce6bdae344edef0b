//! The export of one's data, and the end of one's account.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::export::Export;

/// How far the export is, and how many days of grace a deletion has.
#[server(endpoint = "data/state", output = crate::rpc::Wire)]
pub async fn state() -> Rpc<(Export, u32)> {
    use crate::server::service::export;
    let (server, viewer) = asked()?;
    let export = answer(export::state(&server, &viewer).await)?;
    Ok((export, server.settings.get().data.deletion_days))
}

/// Begins an export.
#[server(endpoint = "data/start", output = crate::rpc::Wire)]
pub async fn start() -> Rpc<Export> {
    use crate::server::service::export;
    let (server, viewer, origin) = asked_from()?;
    let export = answer(export::start(&server, &viewer, &origin).await)?;
    leptos_axum::redirect("/settings/data");
    Ok(export)
}

/// Has the account erased, and signs out. Without the password, who it is has to have been proved a short time ago.
#[server(endpoint = "data/farewell", output = crate::rpc::Wire)]
pub async fn farewell(password: Option<String>) -> Rpc<()> {
    use crate::server::service::erasure;
    let (server, viewer, origin) = asked_from()?;
    answer(erasure::request(&server, &viewer, &origin, password.filter(|password| !password.is_empty())).await)?;
    leptos_axum::redirect("/login");
    Ok(())
}
