//! What is answered while the server is being maintained: a page for people, a problem for programs, both with when to come back. A way
//! stays open for administrators to sign in, and for answers that are being written to be read to their end.

use axum::extract::Request;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use leptos::server_fn::ServerFn;

use super::assets;
use super::notice::locale;
use super::rest::problem;
use super::viewer::limited;
use crate::i18n::cookie;
use crate::model::announcement::text_for;
use crate::model::error::ApiError;
use crate::model::preference::{Chosen, THEME_COOKIE, Theme};
use crate::rpc::auth::Logout;
use crate::server::Server;
use crate::server::render;
use crate::server::service::maintenance;

/// What everybody may ask for: signing in and out, and what an answer says that is being written. By the start of the path; one that ends
/// with a slash is a folder.
const OPEN: [&str; 17] = [
    "/login",
    "/rpc/auth/login",
    "/rpc/auth/factor",
    "/rpc/auth/challenge",
    "/rpc/auth/logout",
    "/rpc/passkey/ask",
    "/rpc/passkey/sign_in",
    "/rpc/preference/",
    "/rpc/identity/awaited",
    "/rpc/identity/offered",
    "/oauth/",
    "/api/auth/login/",
    "/api/auth/logout/",
    "/api/auth/2fa/verify/",
    "/api/auth/passkeys/login/",
    "/api/auth/token/",
    "/events/generations/",
];

/// Without a style of ours the page would still be one: nothing else is loaded.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Marks an answer that is meant to be what it is.
#[derive(Clone, Copy)]
pub struct TurnedAway;

/// The answer to who does not get in now; none: they do.
pub fn refused(server: &Server, request: &Request) -> Option<Response> {
    let mut refused = answer(server, request)?;
    refused.extensions_mut().insert(TurnedAway);
    Some(refused)
}

fn answer(server: &Server, request: &Request) -> Option<Response> {
    let path = request.uri().path();
    if !server.settings.get().maintenance.on || OPEN.iter().any(|open| path.starts_with(open)) {
        return None;
    }
    let viewer = limited(request.extensions());
    let refusal = maintenance::admit(server, viewer.as_ref().map(|viewer| &viewer.0.user)).err()?.into_api();
    let wants_page = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|a| a.contains("text/html"));
    if !wants_page || path.starts_with("/api/") || path.starts_with("/v1/") {
        return Some(problem::refusal(path, refusal));
    }
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.headers = request.headers().clone();
    parts.extensions = request.extensions().clone();
    let again = matches!(*request.method(), Method::GET | Method::HEAD);
    Some(page(server, &parts, (viewer.is_some(), again), &refusal))
}

/// The page. `again`: it may ask for itself again after a minute.
fn page(server: &Server, parts: &Parts, (signed_in, again): (bool, bool), refusal: &ApiError) -> Response {
    let (settings, locale) = (server.settings.get(), locale(parts));
    let words = locale.texts().operation();
    let told = text_for(&settings.maintenance.texts, locale.tag()).unwrap_or(words.closed_lead);
    let until = settings.maintenance.until.map(|at| {
        let iso = at.format("%Y-%m-%dT%H:%M:%SZ");
        format!("<p>{} <time datetime=\"{iso}\">{}</time></p>", words.closed_until, at.format("%Y-%m-%d %H:%M UTC"))
    });
    let way = match signed_in {
        true => format!(
            "<form method=\"post\" action=\"{}\" class=\"door-form\"><button type=\"submit\" class=\"button\">{}</button></form>",
            Logout::PATH,
            locale.texts().auth.sign_out
        ),
        false => format!("<p class=\"door-other\"><a href=\"/login\">{}</a></p>", words.closed_way),
    };
    let back = if again { String::new() } else { format!("<p>{}</p>", words.closed_back) };
    let html = format!(
        "<!DOCTYPE html><html lang=\"{tag}\" data-theme=\"{theme}\"><head><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
        <title>{title} · Liao</title><link rel=\"stylesheet\" href=\"/{folder}/liao.css\"><link rel=\"icon\" href=\"/favicon.svg\"></head>\
        <body><main class=\"door\"><div class=\"door-card\"><h1>{title}</h1><div class=\"lead\">{told}</div>{until}{back}{way}</div></main></body></html>",
        tag = locale.tag(),
        theme = theme(parts).name(),
        title = words.closed_title,
        folder = assets::folder(),
        told = render::html(told),
        until = until.unwrap_or_default(),
    );
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if let Some(seconds) = refusal.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The account's, else the browser's.
pub(super) fn theme(parts: &Parts) -> Theme {
    let chosen = parts.extensions.get::<Chosen>().and_then(|chosen| chosen.theme);
    Theme::of_page(chosen, cookie(parts, THEME_COOKIE).as_deref()).unwrap_or_default()
}
