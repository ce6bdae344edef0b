//! Who is asking, and from where: put into the request's extensions as [`Viewer`] and [`Origin`], once per request.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, header};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use super::rest::problem::{self, Problem};
use super::{csrf, maintenance};
use crate::model::error::{ApiError, Code};
use crate::model::preference::Chosen;
use crate::model::user::User;
use crate::server::Server;
use crate::server::config::Network;
use crate::server::error::Error;
use crate::server::service::device::{self, Device};
use crate::server::service::session::{Browser, Store};
use crate::server::service::viewer::{Limited, Origin, Site, USER_AGENT_MAX, Viewer};
use crate::server::service::{factor, presence, session, token};

/// Name of the session cookie.
pub const COOKIE: &str = "liao_session";

/// How long the browser keeps the cookie, in days (the longest that browsers allow). The server decides when the session ends.
const COOKIE_DAYS: i64 = 400;

/// Attributes of the cookie of a known browser.
const DEVICE_COOKIE: &str = "Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax";

/// The four layers in their order, outermost first: where from, same origin, session, who.
pub fn guarded(router: Router, server: &Server) -> Router {
    router
        .layer(from_fn_with_state(server.clone(), layer))
        .layer(sessions(server))
        .layer(from_fn_with_state(server.clone(), csrf::layer))
        .layer(from_fn_with_state(server.clone(), origin))
}

/// The cookie session as a layer. [`origin`] adds `Secure` where the browser came over TLS.
pub fn sessions(server: &Server) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(Store::new(server))
        .with_name(COOKIE)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_secure(false)
        .with_expiry(Expiry::OnInactivity(Duration::days(COOKIE_DAYS)))
}

/// Notes where the request comes from, and marks the answer's cookies `Secure` if the browser came over TLS.
pub async fn origin(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let site = &server.config.site;
    let (peer, behind_proxy) = (peer(&request), behind_proxy(&server, &request));
    let ip = if behind_proxy { peer.map(|peer| client(peer, request.headers(), &site.trusted_proxies)) } else { peer };
    let forwarded = request.headers().get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
    let tls = site.is_https() || behind_proxy && forwarded;
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let user_agent = agent.map(|agent| agent.chars().take(USER_AGENT_MAX).collect());
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    let here = Site::new(site.public_url.as_deref(), tls, host);
    request.extensions_mut().insert(Origin { ip, user_agent });
    request.extensions_mut().insert(here);
    let device = Device::of(cookie(request.headers(), device::COOKIE));
    request.extensions_mut().insert(device.clone());
    let mut response = next.run(request).await;
    // Somebody signed in.
    let kept = device.cookie().map(|token| format!("{}={token}; {DEVICE_COOKIE}", device::COOKIE));
    if let Some(kept) = kept.and_then(|kept| HeaderValue::from_str(&kept).ok()) {
        response.headers_mut().append(header::SET_COOKIE, kept);
    }
    if tls {
        secure_cookies(response.headers_mut());
    }
    response
}

/// The value of a cookie of this request.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// Who has connected.
fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical())
}

/// Whether it was a proxy whose word is believed.
pub(super) fn behind_proxy(server: &Server, request: &Request) -> bool {
    peer(request).is_some_and(|peer| trusted(&server.config.site.trusted_proxies, peer))
}

fn trusted(proxies: &[Network], ip: IpAddr) -> bool {
    proxies.iter().any(|network| network.contains(ip))
}

/// The client's address. Each proxy appends the address it was called from to `X-Forwarded-For`, so the list is read from its
/// end for as long as the one who wrote an entry is trusted; what stands before that, anybody could have written.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let mut client = peer;
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted(proxies, client) {
            break;
        }
        let entry = entry.trim();
        let address = entry.parse::<IpAddr>().or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip()));
        let Ok(address) = address else { break };
        client = address.to_canonical();
    }
    client
}

fn secure_cookies(headers: &mut HeaderMap) {
    let header::Entry::Occupied(mut cookies) = headers.entry(header::SET_COOKIE) else { return };
    for cookie in cookies.iter_mut() {
        let text = cookie.to_str().unwrap_or_default();
        let marked = text.split(';').any(|part| part.trim().eq_ignore_ascii_case("secure"));
        if let (false, Ok(secure)) = (marked, HeaderValue::from_str(&format!("{text}; Secure"))) {
            *cookie = secure;
        }
    }
}

/// Recognises the viewer by `Authorization: Bearer`, else by the cookie session. Asks the database only if there is one.
/// A bearer token that does not hold is refused where programs ask, save where they sign in; a page is shown as to anybody.
pub async fn layer(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    // Who sends a token means the token: a cookie beside it is not looked at (and so needs no check of the origin).
    let token = bearer(request.headers()).map(str::to_owned);
    let session = request.extensions().get::<Session>().cloned();
    let found = match (token, session) {
        (Some(token), _) => token::viewer(&server, &token).await.map(Some),
        (None, Some(session)) => session::viewer(&server, &session).await,
        (None, None) => Ok(None),
    };
    let path = &request.uri().path().to_owned();
    match found {
        Ok(Some(viewer)) => {
            presence::seen(&server, viewer.user.id);
            tracing::Span::current().record("user", tracing::field::display(viewer.user.id));
            let User { language, preferences, look, .. } = &viewer.user;
            let chosen = Chosen { language: language.clone(), theme: preferences.theme, look: Some(*look) };
            request.extensions_mut().insert(chosen);
            // Everything asks for a `Viewer`; only what may be done before a second factor is set up asks for a `Limited`.
            match factor::is_missing(&server, &viewer.user).await {
                Ok(false) => _ = request.extensions_mut().insert(viewer),
                Ok(true) => _ = request.extensions_mut().insert(Limited(viewer)),
                Err(error) => return problem::refusal(path, error.into_api()),
            }
        }
        Ok(None) => {}
        Err(error) => {
            let error = error.into_api();
            // Where one signs in, and where anybody may read.
            let open = path.starts_with("/api/auth/") || path.starts_with("/api/shares/");
            let refused = path.starts_with("/v1/") || path.starts_with("/api/") && !open;
            if error.code != Code::Unauthenticated || refused {
                return problem::refusal(path, error);
            }
        }
    }
    match maintenance::refused(&server, &request) {
        Some(refused) => refused,
        None => next.run(request).await,
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The viewer, for handlers that need one; nobody is a 401, and who has to set up a second factor first a 403.
impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        viewer(&parts.extensions).map_err(Problem::from)
    }
}

/// The same also before a second factor is set up, for handlers that serve to do that.
impl<S: Send + Sync> FromRequestParts<S> for Limited {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        limited(&parts.extensions).ok_or_else(|| Error::unauthenticated().into())
    }
}

/// Who asks. Errors: `Unauthenticated`, `FactorMissing`.
pub fn viewer(extensions: &Extensions) -> Result<Viewer, Error> {
    let missing = || if limited(extensions).is_some() { factor::missing() } else { Error::unauthenticated() };
    extensions.get::<Viewer>().cloned().ok_or_else(missing)
}

/// Who asks, whether or not they have to set up a second factor first.
pub fn limited(extensions: &Extensions) -> Option<Limited> {
    let waiting = || extensions.get::<Limited>().cloned();
    extensions.get::<Viewer>().cloned().map(Limited).or_else(waiting)
}

/// The browser that asks.
impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        browser(&parts.extensions).ok_or_else(|| Error::internal("no session layer around this request").into())
    }
}

/// The browser that asks, where there is a session layer around the request.
pub fn browser(extensions: &Extensions) -> Option<Browser> {
    let session = extensions.get::<Session>()?.clone();
    let origin = extensions.get::<Origin>().cloned().unwrap_or_default();
    let device = extensions.get::<Device>().cloned().unwrap_or_default();
    Some(Browser { session, origin, device })
}

/// The same for doors that need no session.
impl<S: Send + Sync> FromRequestParts<S> for Device {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Device>().cloned().unwrap_or_default())
    }
}

/// Where the request comes from.
impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Origin>().cloned().unwrap_or_default())
    }
}

/// Where the browser sees this server.
impl<S: Send + Sync> FromRequestParts<S> for Site {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Site>().cloned().unwrap_or_default())
    }
}

/// A 403 for a request that another site made.
pub(super) fn foreign(path: &str) -> Response {
    problem::refusal(path, ApiError::new(Code::Forbidden, "This request was made by another site, or hides where it was made."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str]) -> String {
        let proxies = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        client(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn only_what_a_trusted_proxy_wrote_is_believed() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"]), "192.0.2.1", "the peer is no proxy of ours");
        assert_eq!(seen("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 198.51.100.7"]), "198.51.100.7", "what the client wrote itself");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 198.51.100.7, 10.0.0.2"]), "198.51.100.7", "two proxies");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "198.51.100.7"]), "198.51.100.7", "two lines");
        assert_eq!(seen("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn cookies_are_marked_secure_once() {
        let mut headers = HeaderMap::new();
        for cookie in ["a=1; Path=/", "b=2; Secure", "c=secure"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        secure_cookies(&mut headers);
        let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; Path=/; Secure", "b=2; Secure", "c=secure; Secure"]);
    }

    #[test]
    fn the_bearer_scheme_is_read_in_any_case() {
        let with = |value: &'static str| HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
        assert_eq!(bearer(&with("bearer abc")), Some("abc"));
        assert_eq!(bearer(&with("Basic abc")), None);
        assert_eq!(bearer(&with("Bearer")), None);
    }
}
