//! `/oauth/{provider}/…`: the way of a browser to another service and back. Plain links and redirects, no script. They are links
//! and not forms, because our content security policy lets no form lead to another site.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use leptos::server_fn::error::ServerFnUrlError;
use serde::Deserialize;
use tower_sessions::Session;

use super::csrf;
use super::rest::problem::{Path, Query};
use crate::i18n::Locale;
use crate::model::error::Code;
use crate::model::identity::Refusal;
use crate::server::Server;
use crate::server::service::admission::Proof;
use crate::server::service::device::Device;
use crate::server::service::identity::{self, Brought, Entry, Return, Start, Stop, callback};
use crate::server::service::session::{self, Browser, safe_next};
use crate::server::service::viewer::{Origin, Site, Viewer};

/// Where a sign-in, a newcomer and a link end or go on.
const LOGIN: &str = "/login";
const COMPLETE: &str = "/login/complete";
const SECURITY: &str = "/settings/security";
/// Remembers in the browser who set out; a state's beginning stands behind it, so that two tabs do not disturb each other.
const COOKIE_OF_TRIP: &str = "liao_oauth_";
/// Characters of the state in the cookie's name.
const STATE_PART: usize = 16;
/// How long the browser keeps it, in seconds; the server decides whether it holds.
const SECONDS_OF_TRIP: u32 = 600;
/// How long it keeps what the page that asks for an address needs, in seconds.
const SECONDS_OF_NEWCOMER: u32 = 1800;

/// The routes.
pub fn router() -> Router<Server> {
    Router::new()
        .route("/oauth/{provider}/start", get(start))
        .route("/oauth/{provider}/link", get(link))
        .route("/oauth/{provider}/callback", get(back))
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
    /// The token of an invitation, for who has no account yet.
    invitation: Option<String>,
}

/// Sets out to sign in.
#[expect(clippy::too_many_arguments, reason = "an extractor for each part of the request")]
async fn start(
    State(server): State<Server>,
    viewer: Option<axum::Extension<Viewer>>,
    origin: Origin,
    site: Site,
    Path(slug): Path<String>,
    Query(Next { next, invitation }): Query<Next>,
    parts: Parts,
) -> Response {
    let next = safe_next(next.as_deref());
    if viewer.is_some() {
        return lead(&next, None);
    }
    let brought = Brought { invitation, language: Some(Locale::of_request(&parts).tag().to_owned()) };
    let start = Start { slug: &slug, redirect_uri: callback(&site.0, &slug), next: Some(next), link: None, brought };
    set_out(&server, &origin, start).await.unwrap_or_else(|stop| stopped(LOGIN, &slug, stop))
}

/// Sets out to link. Only from a page of ours: nobody else may have an account linked to one here.
async fn link(State(server): State<Server>, origin: Origin, site: Site, Path(slug): Path<String>, request: Request) -> Response {
    let Some(viewer) = request.extensions().get::<Viewer>() else { return lead("/login?next=/settings/security", None) };
    if !csrf::is_here(&server, &request) {
        return lead(SECURITY, None);
    }
    let start = Start { slug: &slug, redirect_uri: callback(&site.0, &slug), next: None, link: Some(viewer), brought: Brought::default() };
    set_out(&server, &origin, start).await.unwrap_or_else(|stop| stopped(SECURITY, &slug, stop))
}

async fn set_out(server: &Server, origin: &Origin, start: Start<'_>) -> Result<Response, Stop> {
    let began = identity::start(server, origin, start).await?;
    let cookie = cookie(&name_of(&began.state), &began.handle, "/oauth", SECONDS_OF_TRIP);
    Ok(lead(&began.url, Some(cookie)))
}

/// What services send people back with.
#[derive(Deserialize)]
struct Arrived {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Back from the service, to sign in or to link.
#[expect(clippy::too_many_arguments, reason = "an extractor for each part of the request")]
async fn back(
    State(server): State<Server>,
    viewer: Option<axum::Extension<Viewer>>,
    session: Session,
    origin: Origin,
    device: Device,
    headers: HeaderMap,
    Path(slug): Path<String>,
    Query(arrived): Query<Arrived>,
) -> Response {
    let viewer = viewer.map(|viewer| viewer.0);
    let page = if viewer.is_some() { SECURITY } else { LOGIN };
    let state = arrived.state.unwrap_or_default();
    let name = name_of(&state);
    let browser = Browser { session, origin, device };
    let ended = match value(&headers, &name) {
        None => Err(Refusal::Expired.into()),
        Some(handle) => {
            let back = Return { handle, state, code: arrived.code, error: arrived.error, iss: arrived.iss };
            arrive(&server, viewer, &browser, &slug, back).await
        }
    };
    let mut response = ended.unwrap_or_else(|stop| stopped(page, &slug, stop));
    response.headers_mut().append(SET_COOKIE, cookie(&name, "", "/oauth", 0));
    response
}

async fn arrive(server: &Server, viewer: Option<Viewer>, browser: &Browser, slug: &str, back: Return) -> Result<Response, Stop> {
    let trip = identity::back(server, slug, back).await?;
    if trip.link.is_some() {
        let viewer = viewer.ok_or(Refusal::Expired)?;
        identity::finish_link(server, &viewer, &browser.origin, trip).await?;
        return Ok(lead(&format!("{SECURITY}?saved=1"), None));
    }
    match identity::arrive(server, &browser.origin, trip).await? {
        Entry::Known { user, next } => {
            let admission = session::enter(server, browser, user, &Proof::Identity(slug.to_owned())).await?;
            Ok(lead(&session::way(&admission, next.as_deref()), None))
        }
        Entry::AddressNeeded { handle } => {
            let cookie = cookie(crate::model::identity::NEWCOMER_COOKIE, &handle, "/", SECONDS_OF_NEWCOMER);
            Ok(lead(COMPLETE, Some(cookie)))
        }
    }
}

/// Leads back to the page that says what happened: a reason of this feature by its name, any other error as from a plain form.
fn stopped(page: &str, slug: &str, stop: Stop) -> Response {
    match stop {
        Stop::Refused(reason) => {
            let plain = slug.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            let provider = if plain { format!("&provider={slug}") } else { String::new() };
            // The panel that says it may be far down its page.
            let panel = if page == SECURITY { "#linked" } else { "" };
            lead(&format!("{page}?oauth={}{provider}{panel}", reason.name()), None)
        }
        Stop::Failed(error) => {
            let error = error.into_api();
            if error.code == Code::StepUp {
                // Not straight on from there: that page is a form, and no form may lead to another site.
                return lead(&format!("/confirm?next={page}"), None);
            }
            if error.code == Code::Pending {
                return lead("/login?pending=1", None);
            }
            let url = ServerFnUrlError::new("/oauth", error).to_url(&format!("http://localhost{page}"));
            let path = url.map_or_else(|_| page.to_owned(), |url| format!("{}?{}", url.path(), url.query().unwrap_or_default()));
            lead(&path, None)
        }
    }
}

fn name_of(state: &str) -> String {
    let part: String = state.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(STATE_PART).collect();
    format!("{COOKIE_OF_TRIP}{part}")
}

/// The value of this cookie.
fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}

/// A cookie that no script reads. It is sent when a service sends the browser back (`Lax`), which a `Strict` one is not.
fn cookie(name: &str, value: &str, path: &str, seconds: u32) -> HeaderValue {
    let text = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

fn lead(to: &str, cookie: Option<HeaderValue>) -> Response {
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static(LOGIN));
    let mut response =
        (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
