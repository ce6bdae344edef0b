//! The server's own log.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::log::{LogPage, LogQuery};

/// A page of it. Administrators only.
#[server(endpoint = "log/list", output = crate::rpc::Wire)]
pub async fn list(query: LogQuery, after: Option<u64>) -> Rpc<LogPage> {
    use crate::server::service::log;
    let (server, viewer) = asked()?;
    answer(log::page(&server, &viewer, query, after, None).await)
}

/// Sets how much of it is kept. Administrators only.
#[server(endpoint = "log/settings", output = crate::rpc::Wire)]
pub async fn save_logs(days: u32, mb: u32) -> Rpc<()> {
    use crate::model::log::LogSettings;
    use crate::server::service::setting;
    let (server, viewer, origin) = asked_from()?;
    answer(setting::update_logs(&server, &viewer, &origin, LogSettings { days, mb }).await)?;
    leptos_axum::redirect("/admin/logs?saved=1");
    Ok(())
}
