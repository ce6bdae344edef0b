//! ASK: the server functions that pages call, one file per noun, a few lines each. Rules live in `server::service`.

pub mod activity;
pub mod alert;
pub mod assistant;
pub mod auth;
pub mod catalogue;
pub mod chat;
pub mod comparison;
pub mod context;
pub mod data;
pub mod digest;
pub mod directory;
pub mod factor;
pub mod feedback;
pub mod file;
pub mod folder;
pub mod identity;
pub mod identity_provider;
pub mod import;
pub mod inspection;
pub mod log;
pub mod mail;
pub mod operation;
pub mod passkey;
pub mod password;
pub mod preference;
pub mod presence;
pub mod profile;
pub mod prompt;
pub mod provider;
pub mod push;
pub mod queue;
pub mod registration;
pub mod report;
pub mod search;
pub mod session;
pub mod setting;
pub mod share;
pub mod shelf;
pub mod statistics;
pub mod step_up;
pub mod suggestion;
pub mod system;
pub mod trace;
pub mod usage;
pub mod verification;

use leptos::server_fn::codec::Post;

use crate::model::error::ApiError;
use crate::model::wire::JsonText;

/// How a server function's answer is written.
pub type Wire = Post<JsonText>;

/// What a server function answers with.
pub type Rpc<T> = Result<T, ApiError>;

#[cfg(feature = "ssr")]
mod request {
    //! Who asks, and of which server: from the request that is being answered.

    use http::request::Parts;
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;

    use super::Rpc;
    use crate::i18n::Locale;
    use crate::model::error::{ApiError, Code};
    use crate::server::Server;
    use crate::server::error::{Error, Result, status};
    use crate::server::http::viewer::{browser as http_browser, limited, viewer};
    use crate::server::service::admission::Admission;
    use crate::server::service::session::{self, Browser};
    use crate::server::service::viewer::{Limited, Origin, Site, Viewer};

    /// More bytes than this are no address and not worth a cookie.
    const TYPED_MAX: usize = 512;

    /// The server that answers this request.
    pub(super) fn server() -> Rpc<Server> {
        use_context().ok_or_else(|| ApiError::new(Code::Internal, "No server in this context."))
    }

    /// Who asks, if somebody is signed in, also if they have to set up a second factor first.
    pub(super) fn maybe_viewer() -> Option<Viewer> {
        limited(&use_context::<Parts>()?.extensions).map(|Limited(viewer)| viewer)
    }

    /// The server and who asks; nobody is an error, and so is who has to set up a second factor first.
    pub(super) fn asked() -> Rpc<(Server, Viewer)> {
        let parts = use_context::<Parts>();
        let viewer = parts.map_or_else(|| Err(Error::unauthenticated()), |parts| viewer(&parts.extensions));
        Ok((server()?, answer(viewer)?))
    }

    /// The server and who asks, and the browser, also before a second factor is set up: for what serves to do that.
    pub(super) fn asked_limited() -> Rpc<(Server, Viewer, Browser)> {
        let viewer = maybe_viewer().ok_or_else(|| Error::unauthenticated().into_api()).map_err(sent)?;
        Ok((server()?, viewer, browser()?))
    }

    /// The host that the browser asked.
    pub(super) fn host() -> Option<String> {
        let parts = use_context::<Parts>()?;
        parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned)
    }

    /// The same, and where from.
    pub(super) fn asked_from() -> Rpc<(Server, Viewer, Origin)> {
        let (server, viewer) = asked()?;
        Ok((server, viewer, origin()))
    }

    /// Where the browser sees this server.
    pub(super) fn site() -> String {
        use_context::<Parts>().and_then(|parts| parts.extensions.get::<Site>().cloned()).unwrap_or_default().0
    }

    /// What proves that this browser is the newcomer's.
    pub(super) fn newcomer_handle() -> Option<String> {
        crate::i18n::cookie(&use_context::<Parts>()?, crate::model::identity::NEWCOMER_COOKIE)
    }

    /// Has the browser forget a cookie.
    pub(super) fn forget(name: &str) {
        let Some(response) = use_context::<ResponseOptions>() else { return };
        if let Ok(cookie) = http::HeaderValue::from_str(&format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")) {
            response.append_header(http::header::SET_COOKIE, cookie);
        }
    }

    /// The browser that asks: its cookie session, and where it is.
    pub(super) fn browser() -> Rpc<Browser> {
        let browser = use_context::<Parts>().and_then(|parts| http_browser(&parts.extensions));
        browser.ok_or_else(|| Error::internal("no session layer around this request").into_api())
    }

    /// BCP 47 tag of the language of the page that asks.
    pub(super) fn language() -> &'static str {
        use_context::<Parts>().map(|parts| Locale::of_request(&parts)).unwrap_or_default().tag()
    }

    /// Where the request comes from.
    pub(super) fn origin() -> Origin {
        use_context::<Parts>().and_then(|parts| parts.extensions.get::<Origin>().cloned()).unwrap_or_default()
    }

    /// Hands a service's answer to the client: an error gets its HTTP status, unless a plain form posted it
    /// (then the server function redirects back with the error in the URL and must keep its 302).
    pub(super) fn answer<T>(result: Result<T>) -> Rpc<T> {
        result.map_err(|error| sent(error.into_api()))
    }

    /// The address that a form was filled with, for the form to come back with.
    pub(super) fn remember_typed(email: &str) {
        remember_text("typed", email);
    }

    /// The same of the name.
    pub(super) fn remember_typed_name(name: Option<&str>) {
        remember_text("typed_name", name.unwrap_or_default());
    }

    /// Any text, in characters that a cookie can hold.
    fn remember_text(cookie: &str, text: &str) {
        if text.len() <= TYPED_MAX {
            remember(cookie, &leptos_router::location::Url::escape(text), 60);
        }
    }

    /// Has the browser remember a small value that is no secret, for so many seconds. Only cookie-safe values are kept.
    pub(super) fn remember(name: &str, value: &str, seconds: u32) {
        let safe = value.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b',' | b';' | b'\\'));
        let Some(response) = use_context::<ResponseOptions>().filter(|_| safe) else { return };
        let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax");
        if let Ok(cookie) = http::HeaderValue::from_str(&cookie) {
            response.append_header(http::header::SET_COOKIE, cookie);
        }
    }

    /// Leads a browser on after it proved who it is: in, or to the page that asks for the second factor.
    pub(super) fn admitted(admission: &Admission, next: Option<&str>) {
        leptos_axum::redirect(&session::way(admission, next));
    }

    /// The path of the page whose form was posted.
    fn page_before(parts: &Parts) -> String {
        let referer = parts.headers.get(http::header::REFERER).and_then(|referer| referer.to_str().ok()).unwrap_or_default();
        let path = referer.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("/");
        path.split(['?', '#']).next().unwrap_or("/").to_owned()
    }

    fn sent(error: ApiError) -> ApiError {
        let Some(parts) = use_context::<Parts>() else { return error };
        let form = parts.headers.get(http::header::ACCEPT).and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html"));
        let called = parts.uri.path().starts_with("/rpc/");
        if called && form && error.code == Code::StepUp {
            // Instead of back with an error: to the page that asks for the proof, and from there back.
            leptos_axum::redirect(&format!("/confirm?next={}", page_before(&parts)));
            return error;
        }
        // A page that cannot show what was asked for says so in its status too; nobody being signed in redirects instead.
        let page = !called && matches!(error.code, Code::NotFound | Code::Forbidden | Code::Internal | Code::Unavailable);
        if (page || (called && !form))
            && let Some(response) = use_context::<ResponseOptions>()
        {
            response.set_status(status(error.code));
        }
        error
    }
}

#[cfg(feature = "ssr")]
mod form {
    //! What plain forms send, as what is meant.

    use chrono::{DateTime, NaiveDateTime, Utc};

    use crate::model::announcement::Words;
    use crate::model::error::Rule;
    use crate::server::error::{Error, Result};

    /// The texts of a form that has a field for each language.
    pub fn words(en: Option<String>, zh_cn: Option<String>) -> Words {
        [("en", en), ("zh-CN", zh_cn)].into_iter().filter_map(|(language, text)| Some((language.to_owned(), text?))).collect()
    }

    /// The moment that a field for date and time names, in UTC; empty: none. Errors: `Invalid`.
    pub fn time(field: &str, text: Option<String>) -> Result<Option<DateTime<Utc>>> {
        let Some(text) = text.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ"];
        let found = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        let wrong = || Error::invalid(field, Rule::Format, format!("{field} must look like 2026-11-26T20:00, in UTC."));
        found.map(|time| Some(time.and_utc())).ok_or_else(wrong)
    }
}

#[cfg(feature = "ssr")]
use request::{
    admitted, answer, asked, asked_from, asked_limited, browser, forget, host, language, maybe_viewer, newcomer_handle, origin, remember,
    remember_typed, remember_typed_name, server, site,
};
