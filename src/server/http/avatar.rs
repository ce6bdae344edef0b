//! `/avatar/…`: pictures of people for who is signed in, and the plain form that sends one without a script.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode};
use leptos::server_fn::error::ServerFnUrlError;
use uuid::Uuid;

use super::middleware::UPLOAD_MAX;
use super::rest::problem::{Path, Problem};
use super::upload;
use crate::model::avatar::FORM;
use crate::server::Server;
use crate::server::error::Error;
use crate::server::service::avatar;
use crate::server::service::viewer::{Origin, Viewer};

/// The page that the form stands on.
const PAGE: &str = "/settings/profile";
/// What an address shows never changes; but it is for who is signed in.
const FOREVER: &str = "private, max-age=31536000, immutable";

/// The routes of pictures.
pub fn router() -> Router<Server> {
    Router::new()
        .route(FORM, post(form).layer(DefaultBodyLimit::max(UPLOAD_MAX)))
        .route("/avatar/{file}", get(picture))
        .route("/avatar/initials/{file}", get(initials))
}

async fn picture(State(server): State<Server>, _: Viewer, Path(file): Path<String>) -> Result<Response, Problem> {
    let bytes = avatar::find(&server, &file).await?;
    Ok(([(CONTENT_TYPE, "image/webp"), (CACHE_CONTROL, FOREVER)], bytes).into_response())
}

async fn initials(State(server): State<Server>, _: Viewer, Path(file): Path<String>) -> Result<Response, Problem> {
    let id = file.strip_suffix(".svg").and_then(|id| Uuid::parse_str(id).ok()).ok_or_else(|| Error::not_found("picture"))?;
    let svg = avatar::initials(&server, id).await?;
    // An SVG that is opened by itself is a document: one that may do nothing.
    let headers = [
        (CONTENT_TYPE, "image/svg+xml; charset=utf-8"),
        (CACHE_CONTROL, FOREVER),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    Ok((headers, svg).into_response())
}

/// Takes the form's picture and leads back to its page, which then shows it, or what was wrong with it.
async fn form(State(server): State<Server>, viewer: Viewer, origin: Origin, request: Request) -> Response {
    let sent = async {
        let file = upload::file(request, "avatar", avatar::too_large).await?;
        avatar::set(&server, &viewer, &origin, file).await
    };
    match sent.await {
        Ok(_) => back(PAGE),
        Err(error) => back_with(error),
    }
}

/// Leads back to the form with the word that its picture is too large; for the layer that refuses it unread.
pub fn too_large() -> Response {
    back_with(avatar::too_large())
}

/// Hands the error to the page as a server function does for a plain form. Only the path and the query of the URL count.
fn back_with(error: Error) -> Response {
    let url = ServerFnUrlError::new(FORM, error.into_api()).to_url(&format!("http://localhost{PAGE}"));
    url.map_or_else(|_| back(PAGE), |url| back(&format!("{}?{}", url.path(), url.query().unwrap_or_default())))
}

fn back(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static(PAGE));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}
