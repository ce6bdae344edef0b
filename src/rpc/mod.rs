//! ASK: the server functions that pages call, one file per noun, a few lines each. Rules live in `server::service`.

pub mod activity;
pub mod auth;
pub mod chat;
pub mod data;
pub mod directory;
pub mod preference;
pub mod presence;
pub mod profile;
pub mod provider;

use crate::model::error::ApiError;

/// What a server function answers with.
pub type Rpc<T> = Result<T, ApiError>;

#[cfg(feature = "ssr")]
mod context {
    //! Who asks, and of which server: from the request that is being answered.

    use http::request::Parts;
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;

    use super::Rpc;
    use crate::model::error::{ApiError, Code};
    use crate::server::Server;
    use crate::server::error::{Error, Result, status};
    use crate::server::service::admission::Admission;
    use crate::server::service::session::{self, Browser};
    use crate::server::service::viewer::{Origin, Viewer};

    /// More bytes than this are no address and not worth a cookie.
    const TYPED_MAX: usize = 512;

    /// The server that answers this request.
    pub(super) fn server() -> Rpc<Server> {
        use_context().ok_or_else(|| ApiError::new(Code::Internal, "No server in this context."))
    }

    /// Who asks, if somebody is signed in.
    pub(super) fn maybe_viewer() -> Option<Viewer> {
        use_context::<Parts>()?.extensions.get::<Viewer>().cloned()
    }

    /// The server and who asks; nobody is an error.
    pub(super) fn asked() -> Rpc<(Server, Viewer)> {
        let viewer = maybe_viewer().ok_or_else(|| Error::unauthenticated().into_api()).map_err(sent)?;
        Ok((server()?, viewer))
    }

    /// The same, and where from.
    pub(super) fn asked_from() -> Rpc<(Server, Viewer, Origin)> {
        let (server, viewer) = asked()?;
        let origin = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Origin>().cloned());
        Ok((server, viewer, origin.unwrap_or_default()))
    }

    /// The browser that asks: its cookie session, and where it is.
    pub(super) fn browser() -> Rpc<Browser> {
        let parts = use_context::<Parts>();
        let session = parts.as_ref().and_then(|parts| parts.extensions.get::<tower_sessions::Session>().cloned());
        let session = session.ok_or_else(|| Error::internal("no session layer around this request").into_api())?;
        let origin = parts.and_then(|parts| parts.extensions.get::<Origin>().cloned()).unwrap_or_default();
        Ok(Browser { session, origin })
    }

    /// Hands a service's answer to the client: an error gets its HTTP status, unless a plain form posted it
    /// (then the server function redirects back with the error in the URL and must keep its 302).
    pub(super) fn answer<T>(result: Result<T>) -> Rpc<T> {
        result.map_err(|error| sent(error.into_api()))
    }

    /// What a form was filled with, for the form to come back with: any text, in characters that a cookie can hold.
    pub(super) fn remember_typed(text: &str) {
        if text.len() <= TYPED_MAX {
            remember("typed", &leptos_router::location::Url::escape(text), 60);
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
        match admission {
            Admission::In(_) => leptos_axum::redirect(&session::safe_next(next)),
            Admission::SecondFactor { .. } => leptos_axum::redirect("/login/factor"),
        }
    }

    fn sent(error: ApiError) -> ApiError {
        let Some(parts) = use_context::<Parts>() else { return error };
        let form = parts.headers.get(http::header::ACCEPT).and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html"));
        let called = parts.uri.path().starts_with("/rpc/");
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
use context::{admitted, answer, asked, asked_from, browser, maybe_viewer, remember, remember_typed, server};
