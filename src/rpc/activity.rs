//! The security log, as its pages show it.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::Page;
use crate::model::activity::{ActivityQuery, LogEntry};

/// What happened with the viewer's account. `after` is the cursor of the page before.
#[server(endpoint = "activity/own", output = crate::rpc::Wire)]
pub async fn own(after: Option<String>) -> Rpc<Page<LogEntry>> {
    use crate::server::service::activity;
    let (server, viewer) = asked()?;
    answer(activity::own(&server, &viewer, after.as_deref()).await)
}

/// What happened on this server. Administrators only.
#[server(endpoint = "activity/list", output = crate::rpc::Wire)]
pub async fn list(query: ActivityQuery, after: Option<String>) -> Rpc<Page<LogEntry>> {
    use crate::server::service::activity;
    let (server, viewer, origin) = asked_from()?;
    answer(activity::list(&server, &viewer, &origin, query, after.as_deref()).await)
}
