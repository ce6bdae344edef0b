//! `/chat/{id}/date?on=2026-11-26`: leads to the first message of that day.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::{Datelike, NaiveDate};
use http::request::Parts;
use serde::Deserialize;
use uuid::Uuid;

use super::rest::problem::{Path, Problem, Query};
use super::ssr::see_other;
use crate::i18n::cookie;
use crate::model::preference::OFFSET_COOKIE;
use crate::server::Server;
use crate::server::service::chat;
use crate::server::service::viewer::Viewer;

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route("/chat/{id}/date", get(lead))
}

/// As a form sends it.
#[derive(Deserialize)]
struct Day {
    on: Option<String>,
}

async fn lead(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(day): Query<Day>,
    parts: Parts,
) -> Result<Response, Problem> {
    // Without a day that a calendar has, to the newest messages.
    let day = day.on.and_then(|day| day.parse().ok()).filter(|day: &NaiveDate| (1..=9999).contains(&day.year()));
    let day = day.or(NaiveDate::from_ymd_opt(9999, 12, 31)).unwrap_or_default();
    let offset = cookie(&parts, OFFSET_COOKIE).and_then(|minutes| minutes.parse().ok()).filter(|minutes: &i32| minutes.abs() <= 14 * 60);
    let found = chat::since(&server, &viewer, id, day, offset.unwrap_or(0)).await?;
    Ok(see_other(&found.map_or_else(|| format!("/chat/{id}"), |message| format!("/chat/{id}?at={message}"))))
}
