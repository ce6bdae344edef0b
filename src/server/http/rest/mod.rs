//! The REST API under `/api/`: its routes, its OpenAPI document (`/api/schema/`) and Swagger UI (`/api/docs/`).

mod activity;
mod alert;
mod assistant;
mod auth;
mod avatar;
mod catalogue;
mod comparison;
mod context;
mod conversation;
mod data;
mod digest;
mod directory;
mod draft;
mod factor;
mod feedback;
mod file;
mod file_content;
mod folder;
mod identity;
mod identity_provider;
mod import;
mod inspection;
mod job;
mod llm;
pub mod log;
mod mail;
mod operation;
mod passkey;
mod password;
pub mod problem;
mod prompt;
mod provider;
mod provider_key;
mod push;
mod queue;
mod registration;
mod report;
mod search;
mod security;
mod session;
mod share;
mod sheet;
mod shelf;
mod statistics;
mod stream;
mod suggestion;
mod system;
mod temporary;
#[cfg(test)]
mod tests;
mod trace;
mod tree;
mod unreadable;
mod usage;
mod user;
mod verification;
mod voice;

use axum::Router;
use axum::extract::DefaultBodyLimit;
pub(super) use file_content::{SANDBOX, disposition};
use http::{HeaderValue, Request, Uri, header};
use problem::Problem;
pub(super) use share::file as transcript;
pub(super) use temporary::unkept;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::model::error::{ApiError, Code};
use crate::server::Server;

/// Most bytes of a request's body, unless its router says otherwise.
const BODY_MAX: usize = 64 * 1024;

/// Every documented route: a new noun is merged here, and nowhere else.
fn documented() -> OpenApiRouter<Server> {
    OpenApiRouter::with_openapi(base())
        .merge(auth::routes())
        .merge(factor::routes())
        .merge(passkey::routes())
        .merge(session::routes())
        .merge(security::routes())
        .merge(identity::routes())
        .merge(identity_provider::routes())
        .merge(user::routes())
        .merge(avatar::routes())
        .merge(file::routes())
        .merge(file_content::routes())
        .merge(data::routes())
        .merge(directory::routes())
        .merge(activity::routes())
        .merge(llm::routes())
        .merge(conversation::routes())
        .merge(comparison::routes())
        .merge(shelf::routes())
        .merge(folder::routes())
        .merge(import::routes())
        .merge(search::routes())
        .merge(context::routes())
        .merge(tree::routes())
        .merge(share::routes())
        .merge(provider::routes())
        .merge(provider_key::routes())
        .merge(catalogue::routes())
        .merge(suggestion::routes())
        .merge(feedback::routes())
        .merge(queue::routes())
        .merge(draft::routes())
        .merge(push::routes())
        .merge(prompt::routes())
        .merge(assistant::routes())
        .merge(verification::routes())
        .merge(voice::routes())
        .merge(password::routes())
        .merge(registration::routes())
        .merge(mail::routes())
        .merge(usage::routes())
        .merge(digest::routes())
        .merge(statistics::routes())
        .merge(system::routes())
        .merge(job::routes())
        .merge(inspection::routes())
        .merge(report::routes())
        .merge(alert::routes())
        .merge(operation::routes())
        .merge(log::routes())
        .merge(trace::routes())
}

/// What the document says apart from its routes.
fn base() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(
        info(title = "Liao", description = "Sign in with `POST /api/auth/login/` and send `Authorization: Bearer <access>`. \
            Errors are problem details (RFC 9457) with a stable `code`. What asks for the role `admin` is for administrators."),
        tags((name = "auth", description = "Registration, sign-in and what it rests on"), (name = "users", description = "People"),
            (name = "files", description = "Files: sent, kept, read"),
            (name = "activity", description = "The security log"), (name = "admin", description = "What administrators set"),
            (name = "llm", description = "Models, conversations, answers")),
        components(schemas(problem::Document, problem::Wrong))
    )]
    struct Base;
    let mut base = <Base as utoipa::OpenApi>::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some("An access token.")).build();
    base.components.get_or_insert_with(Components::new).add_security_scheme("bearer", SecurityScheme::Http(bearer));
    base
}

/// The OpenAPI document.
pub fn openapi() -> OpenApi {
    documented().into_openapi()
}

/// The REST API. Everything else under `/api/` is a 404 as a problem.
pub fn router(server: &Server) -> Router {
    let (routes, openapi) = documented().split_for_parts();
    // Answers hold tokens and what only their user may see.
    let no_store = SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    routes
        .route("/api/", axum::routing::any(not_found))
        .route("/api/{*path}", axum::routing::any(not_found))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(no_store)
        .with_state(server.clone())
        .merge(SwaggerUi::new("/api/docs").url("/api/schema/", openapi))
}

async fn not_found(uri: Uri) -> Problem {
    ApiError::new(Code::NotFound, format!("There is no {} in this API; see /api/docs/.", uri.path())).into()
}

async fn method_not_allowed(method: http::Method, uri: Uri) -> Problem {
    ApiError::new(Code::MethodNotAllowed, format!("{} does not know the method {method}.", uri.path())).into()
}

/// Adds the canonical slash at the end of paths of the API: `/api/x` is answered as `/api/x/`. It has to come before routing,
/// so it goes around the router: `MapRequestLayer::new(rest::slash).layer(router)`.
pub fn slash<B>(mut request: Request<B>) -> Request<B> {
    let uri = request.uri();
    let path = uri.path();
    let ours = path == "/api" || path.starts_with("/api/");
    // Swagger UI has files, and a redirect of its own: its page names them relative to itself.
    let docs = path == "/api/docs" || path.starts_with("/api/docs/");
    if !ours || docs || path.ends_with('/') {
        return request;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{path}/{query}").parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}
