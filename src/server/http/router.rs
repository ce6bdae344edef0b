//! Every door that is not a page: one line each. Pages and server functions are in [`super::ssr`].

use axum::Router;
use axum::routing::get;
use tower::util::MapRequestLayer;

use super::{assets, events, health, middleware, problem, rest, ssr};
use crate::server::Server;

/// All that the server answers.
pub fn router(server: &Server) -> Router {
    let doors = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .merge(events::router())
        .merge(assets::routes())
        .with_state(server.clone());
    let routes = doors.merge(rest::router(server)).merge(ssr::routes(server)).method_not_allowed_fallback(problem::method_not_allowed);
    // The canonical slash has to be there before routing, so this goes around the whole.
    Router::new().fallback_service(middleware::around(routes, server)).layer(MapRequestLayer::new(rest::slash))
}
