//! Conversations from elsewhere: the file comes by a form of its own (`server/http/import.rs`).

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::import::Import;

/// The viewer's last import, if there is one.
#[server(endpoint = "import/last", output = crate::rpc::Wire)]
pub async fn last() -> Rpc<Option<Import>> {
    use crate::server::service::import;
    let (server, viewer) = asked()?;
    Ok(answer(import::list(&server, &viewer, None, Some(1)).await)?.items.pop())
}

/// Has the conversations taken that were found.
#[server(endpoint = "import/confirm", output = crate::rpc::Wire)]
pub async fn confirm(id: Uuid) -> Rpc<()> {
    use crate::server::service::import;
    let (server, viewer, origin) = asked_from()?;
    answer(import::confirm(&server, &viewer, &origin, id).await)?;
    leptos_axum::redirect("/settings/import");
    Ok(())
}

/// Forgets an import and its file.
#[server(endpoint = "import/discard", output = crate::rpc::Wire)]
pub async fn discard(id: Uuid) -> Rpc<()> {
    use crate::server::service::import;
    let (server, viewer) = asked()?;
    answer(import::discard(&server, &viewer, id).await)?;
    leptos_axum::redirect("/settings/import");
    Ok(())
}
