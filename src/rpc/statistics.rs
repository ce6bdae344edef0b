//! How the server was used, as the administrators' pages show it.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::Page;
use crate::model::statistics::{CallRow, Charts, Query, Statistics};

/// What the dashboard shows, and its charts. Administrators only.
#[server(endpoint = "statistics/report", output = crate::rpc::Wire)]
pub async fn report(query: Query) -> Rpc<(Statistics, Charts)> {
    use crate::server::service::statistics;
    let (server, viewer) = asked()?;
    let report = answer(statistics::report(&server, &viewer, &query).await)?;
    let charts = answer(statistics::charts(&report))?;
    Ok((report, charts))
}

/// The calls behind it. Administrators only. `after` is the cursor of the page before.
#[server(endpoint = "statistics/calls", output = crate::rpc::Wire)]
pub async fn calls(query: Query, after: Option<String>) -> Rpc<Page<CallRow>> {
    use crate::server::service::statistics;
    let (server, viewer) = asked()?;
    answer(statistics::rows(&server, &viewer, &query, after.as_deref()).await)
}
