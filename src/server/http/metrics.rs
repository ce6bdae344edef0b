//! `/metrics` for Prometheus, on a listener of its own, with the two words about health beside it.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;

use super::health;
use super::rest::problem::Problem;
use crate::server::Server;
use crate::server::metrics::Now;
use crate::server::service::status;

/// What is answered, in words that Prometheus knows.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// How long what is looked up may take; what was counted is told anyway.
const PATIENCE: Duration = Duration::from_secs(3);

/// The routes of that listener.
pub fn router(server: &Server) -> Router {
    let routes =
        Router::new().route("/metrics", get(metrics)).route("/healthz", get(health::healthz)).route("/readyz", get(health::readyz));
    routes.with_state(server.clone())
}

async fn metrics(State(server): State<Server>) -> Result<Response, Problem> {
    let now = tokio::time::timeout(PATIENCE, status::now(&server)).await.unwrap_or_else(|_| Now::default());
    Ok(([(CONTENT_TYPE, TEXT)], server.metrics.text(&now)?).into_response())
}
