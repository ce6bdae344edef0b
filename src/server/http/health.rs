//! Whether this process lives (`/healthz`) and whether it can do its work (`/readyz`), for whoever restarts or routes.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::server::Server;
use crate::server::service::status::{self, Readiness};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// 200 as long as the process answers at all.
pub async fn healthz() -> Response {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// 200 when the database answers and is up to date, and the disk has room; else 503. Each part says what is wrong with it.
pub async fn readyz(State(server): State<Server>) -> Response {
    let answer = tokio::time::timeout(PATIENCE, status::readiness(&server)).await;
    let found = answer.unwrap_or(Readiness { database: "silent", migrations: "unknown", disk: "ok" });
    let (code, word) = if found.is_ready() { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    let Readiness { database, migrations, disk } = found;
    (code, Json(json!({ "status": word, "database": database, "migrations": migrations, "disk": disk }))).into_response()
}
