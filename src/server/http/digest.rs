//! `/unsubscribe/{token}`: where a mail with a report leads who wants no more of them. Being looked at ends nothing, since programs look at
//! what is in mails; the button does, and so does the mail program's own (RFC 8058), for which nobody has to sign in.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use super::assets;
use super::maintenance::{POLICY, theme};
use super::notice::locale;
use super::rest::problem::{Path, Problem};
use crate::server::Server;
use crate::server::service::digest;

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route("/unsubscribe/{token}", get(ask).post(stop))
}

async fn ask(State(server): State<Server>, Path(token): Path<String>, parts: Parts) -> Result<Response, Problem> {
    let Some((_, scope, period)) = digest::of_link(&server, &token).await? else { return Ok(unknown(&parts)) };
    let words = locale(&parts).texts().digest();
    let body = format!(
        "<p class=\"lead\">{}</p><form method=\"post\" class=\"door-form\"><button type=\"submit\" class=\"button seal-button\">{}</button></form>",
        (words.stop)(scope, period),
        words.stop_button
    );
    Ok(page(&parts, StatusCode::OK, words.stop_title, &body))
}

async fn stop(State(server): State<Server>, Path(token): Path<String>, parts: Parts) -> Result<Response, Problem> {
    if !digest::stop(&server, &token).await? {
        return Ok(unknown(&parts));
    }
    let words = locale(&parts).texts().digest();
    Ok(page(&parts, StatusCode::OK, words.stopped_title, &format!("<p class=\"lead\">{}</p>", words.stopped)))
}

fn unknown(parts: &Parts) -> Response {
    let words = locale(parts).texts().digest();
    page(parts, StatusCode::NOT_FOUND, words.unknown_title, &format!("<p class=\"lead\">{}</p>", words.unknown))
}

fn page(parts: &Parts, status: StatusCode, title: &str, body: &str) -> Response {
    let locale = locale(parts);
    let html = format!(
        "<!DOCTYPE html><html lang=\"{tag}\" data-theme=\"{theme}\"><head><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
        <meta name=\"robots\" content=\"noindex\">\
        <title>{title} · Liao</title><link rel=\"stylesheet\" href=\"/{folder}/liao.css\"><link rel=\"icon\" href=\"/favicon.svg\"></head>\
        <body><main class=\"door\"><div class=\"door-card\"><h1>{title}</h1>{body}<p class=\"door-other\"><a href=\"/settings/usage#reports\">{settings}</a></p>\
        </div></main></body></html>",
        tag = locale.tag(),
        theme = theme(parts).name(),
        folder = assets::folder(),
        settings = locale.texts().digest().settings,
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
