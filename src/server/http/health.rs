//! Whether this process lives (`/healthz`) and whether it can do its work (`/readyz`), for whoever restarts or routes.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::server::Server;
use crate::server::service::status;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// 200 as long as the process answers at all.
pub async fn healthz() -> Response {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// 200 when the database answers, else 503.
pub async fn readyz(State(server): State<Server>) -> Response {
    let answer = tokio::time::timeout(PATIENCE, status::database_answers(&server)).await;
    let (code, database) = match answer {
        Ok(Ok(())) => (StatusCode::OK, "ok"),
        Ok(Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, "failed"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "silent"),
    };
    let word = if code.is_success() { "ok" } else { "unavailable" };
    (code, Json(json!({ "status": word, "database": database }))).into_response()
}
