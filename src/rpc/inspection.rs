//! Other people's conversations, for administrators.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::Page;
use crate::model::inspection::{Inspected, InspectionQuery, Metadata};

/// What is known of everybody's conversations. Administrators only.
#[server(endpoint = "inspection/list", output = crate::rpc::Wire)]
pub async fn list(query: InspectionQuery, after: Option<String>) -> Rpc<Page<Metadata>> {
    use crate::server::service::inspection;
    let (server, viewer) = asked()?;
    answer(inspection::list(&server, &viewer, query, after.as_deref(), None).await)
}

/// What is known of one conversation, and what was said in it if it is open to the viewer. Administrators only.
#[server(endpoint = "inspection/look", output = crate::rpc::Wire)]
pub async fn look(id: Uuid, at: Option<Uuid>, before: Option<Uuid>) -> Rpc<Inspected> {
    use crate::server::service::inspection;
    let (server, viewer) = asked()?;
    answer(inspection::look(&server, &viewer, id, at, before).await)
}

/// Opens a conversation. `at` names the message that is looked for. Administrators only.
#[server(endpoint = "inspection/open", output = crate::rpc::Wire)]
pub async fn open(id: Uuid, reason: String, at: Option<Uuid>) -> Rpc<()> {
    use crate::model::inspection::ReasonForm;
    use crate::server::service::inspection;
    let (server, viewer, origin) = asked_from()?;
    answer(inspection::open(&server, &viewer, &origin, id, ReasonForm { reason }).await)?;
    let at = at.map(|at| format!("?at={at}")).unwrap_or_default();
    leptos_axum::redirect(&format!("/admin/messages/{id}{at}"));
    Ok(())
}

/// Deletes a conversation for good. Administrators only.
#[server(endpoint = "inspection/erase", output = crate::rpc::Wire)]
pub async fn erase(id: Uuid, reason: String) -> Rpc<()> {
    use crate::model::inspection::ReasonForm;
    use crate::server::service::inspection;
    let (server, viewer, origin) = asked_from()?;
    answer(inspection::erase(&server, &viewer, &origin, id, ReasonForm { reason }).await)?;
    leptos_axum::redirect("/admin/messages?saved=1");
    Ok(())
}
