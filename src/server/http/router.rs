//! Every door that is not a page: one line each. Pages and server functions are in [`super::ssr`].

use axum::Router;
use axum::routing::get;

use super::{assets, health, middleware, problem, ssr};
use crate::server::Server;

/// All that the server answers.
pub fn router(server: &Server) -> Router {
    let doors = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .merge(assets::routes())
        // accounts, chat, schema: .nest("/api", super::rest::routes())
        // generation:             .merge(super::events::routes())
        .with_state(server.clone());
    let routes = doors.merge(ssr::routes(server)).method_not_allowed_fallback(problem::method_not_allowed);
    middleware::around(routes, server)
    // accounts: what rewrites the path (trailing slashes) has to run before routing, so it goes around the whole:
    // Router::new().fallback_service(middleware::around(routes, server)).layer(from_fn(super::slash::rewrite))
}
