//! Every door that is not a page: one line each. Pages and server functions are in [`super::ssr`].

use axum::Router;
use axum::routing::get;
use tower::util::MapRequestLayer;

use super::{
    assets, avatar, date, digest, events, export, frame, health, import, log, message, middleware, notice, oauth, problem, queue, rest,
    share, socket, ssr, viewer,
};
use crate::server::Server;
use crate::server::config::Role;

/// All that the server answers.
pub fn router(server: &Server) -> Router {
    // The canonical slash has to be there before routing, so this goes around the whole.
    Router::new().fallback_service(middleware::around(routes(server), server)).layer(MapRequestLayer::new(rest::slash))
}

/// Every route, with who asks looked up where it matters.
pub(super) fn routes(server: &Server) -> Router {
    let state = server.clone();
    let doors = Router::new()
        .merge(events::router())
        .merge(avatar::router())
        .merge(export::router())
        .merge(share::router())
        .merge(message::router())
        .merge(queue::router())
        .merge(notice::router())
        .merge(log::router())
        .merge(import::router())
        .merge(date::router())
        .merge(digest::router())
        .merge(oauth::router())
        .merge(socket::router())
        .with_state(state.clone());
    let guarded = match server.config.role {
        // It answers nobody but who asks how it stands.
        Role::Worker => Router::new(),
        Role::Gateway => rest::router(server),
        Role::All | Role::Web => doors.merge(rest::router(server)).merge(ssr::routes(server)),
    };
    let guarded = guarded.method_not_allowed_fallback(problem::method_not_allowed);
    // Assets, the frames of what models made, and health are for everybody: who asks is not looked up for them.
    let public = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .merge(assets::routes())
        .merge(frame::routes());
    let public = public.method_not_allowed_fallback(problem::method_not_allowed).with_state(state);
    viewer::guarded(guarded, server).merge(public)
}
