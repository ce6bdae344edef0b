//! How answers came about.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::trace::TracedRun;

/// One run and its trace. Administrators only.
#[server(endpoint = "trace/find", output = crate::rpc::Wire)]
pub async fn find(id: Uuid) -> Rpc<TracedRun> {
    use crate::server::service::trace;
    let (server, viewer) = asked()?;
    answer(trace::find(&server, &viewer, id).await)
}
