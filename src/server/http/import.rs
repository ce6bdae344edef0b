//! `POST /import/`: a file with conversations, from a plain form; and how such a file is taken out of any request.

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::response::Response;
use axum::routing::post;
use futures::StreamExt;
use http::header::CONTENT_TYPE;
use leptos::server_fn::error::ServerFnUrlError;

use super::middleware::IMPORT_BODY_MAX;
use super::rest::problem::Problem;
use super::ssr;
use crate::model::error::{Code, Rule};
use crate::model::import::{FORM, Import};
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::service::import;
use crate::server::service::viewer::Viewer;

/// The page that the form stands on.
const PAGE: &str = "/settings/import";
/// What a file may be sent as, besides a form.
const PLAIN: [&str; 4] = ["application/json", "application/zip", "application/x-zip-compressed", "application/octet-stream"];

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route(FORM, post(form).layer(DefaultBodyLimit::max(IMPORT_BODY_MAX)))
}

/// Takes the form's file and leads back to its page, which then shows it, or what was wrong with it.
async fn form(State(server): State<Server>, viewer: std::result::Result<Viewer, Problem>, request: Request) -> Response {
    // A form is read by a person: who has to sign in first is led there.
    let Ok(viewer) = viewer else { return ssr::see_other("/login") };
    match receive(&server, &viewer, request).await {
        Ok(_) => ssr::see_other(PAGE),
        Err(error) => back_with(error),
    }
}

/// Takes the file of a form's field `file`, or the whole body where it is no form.
pub async fn receive(server: &Server, viewer: &Viewer, request: Request) -> Result<Import> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/form-data") {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !PLAIN.contains(&kind) {
            return Err(Error::new(
                Code::UnsupportedMediaType,
                "Send the file as multipart/form-data, application/zip or application/json.",
            ));
        }
        let pieces = request.into_body().into_data_stream().map(|piece| piece.map_err(|error| error.to_string()));
        return import::receive(server, viewer, "import", pieces).await;
    }
    let unread = |said: String| Error::new(Code::Malformed, format!("The request cannot be read: {said}."));
    let mut form = Multipart::from_request(request, &()).await.map_err(|refused| unread(refused.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(|error| unread(error.body_text()))? {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or("import").to_owned();
            let pieces = field.map(|piece| piece.map_err(|error| error.body_text()));
            return import::receive(server, viewer, &name, pieces).await;
        }
    }
    Err(Error::invalid("file", Rule::Required, "The form has no field file."))
}

/// Leads back to the form with the word that its file is too large; for the layer that refuses it unread.
pub fn too_large() -> Response {
    back_with(import::too_large())
}

/// Hands the error to the page as a server function does for a plain form. Only the path and the query of the URL count.
fn back_with(error: Error) -> Response {
    let url = ServerFnUrlError::new(FORM, error.into_api()).to_url(&format!("http://localhost{PAGE}"));
    url.map_or_else(|_| ssr::see_other(PAGE), |url| ssr::see_other(&format!("{}?{}", url.path(), url.query().unwrap_or_default())))
}
