//! No other site can make a browser change something here: besides `SameSite=Lax` cookies, every request that may change
//! something has to come from this origin.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, Method, Uri, header};

use super::cors;
use super::viewer::{COOKIE, bearer, foreign};
use crate::server::Server;

/// Where a request was made, as far as the browser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Here,
    Elsewhere,
    /// No header tells. Browsers send one with everything that is not a GET, so this is a program.
    Unsaid,
}

/// Refuses (403) what another site made, and what carries a session cookie without telling where it was made. Requests with a
/// bearer token pass: a foreign page cannot add one, and the cookie beside it is not looked at.
pub async fn layer(State(server): State<Server>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if safe || bearer(request.headers()).is_some() {
        return next.run(request).await;
    }
    let public = server.config.site.public_url.as_deref();
    match made(request.headers(), request.uri(), public) {
        Made::Here => next.run(request).await,
        Made::Unsaid if !has_session(request.headers()) => next.run(request).await,
        // A page that is named brings no cookie: what asks for a token has none yet.
        Made::Elsewhere
            if !has_session(request.headers()) && cors::lets(&server, request.headers().get(header::ORIGIN), request.uri().path()) =>
        {
            next.run(request).await
        }
        _ => foreign(request.uri().path()),
    }
}

/// Whether this request was made by a page of ours, for requests that browsers make from any page: unsaid is not enough.
pub fn is_here<B>(server: &Server, request: &http::Request<B>) -> bool {
    made(request.headers(), request.uri(), server.config.site.public_url.as_deref()) == Made::Here
}

/// `Sec-Fetch-Site` is the browser's own judgement and no page can write it; `Origin` and `Referer` are for browsers (and plain
/// HTTP addresses) without it.
fn made(headers: &HeaderMap, uri: &Uri, public: Option<&str>) -> Made {
    let text = |name| headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        // `none`: the user's own doing, like reloading a posted form from the history.
        return if matches!(site, "same-origin" | "none") { Made::Here } else { Made::Elsewhere };
    }
    let Some(source) = text("origin").or_else(|| text("referer")) else { return Made::Unsaid };
    let Some((scheme, authority)) = origin_of(source) else { return Made::Elsewhere };
    let host = text("host").or_else(|| uri.authority().map(|a| a.as_str())).unwrap_or_default();
    let here = authority.eq_ignore_ascii_case(host) || public.is_some_and(|public| public == format!("{scheme}://{authority}"));
    if here { Made::Here } else { Made::Elsewhere }
}

/// Scheme and authority of `https://host:port/…`; `null` and the like have none.
fn origin_of(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())?;
    matches!(scheme, "http" | "https").then_some((scheme, authority))
}

fn has_session(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    cookies.into_iter().any(|cookie| cookie.trim().split_once('=').is_some_and(|(name, _)| name == COOKIE))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn judged(headers: &[(&'static str, &'static str)], public: Option<&str>) -> Made {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        made(&headers.collect(), &Uri::from_static("/rpc/auth/logout"), public)
    }

    #[test]
    fn the_browsers_own_word_comes_first() {
        assert_eq!(judged(&[("sec-fetch-site", "same-origin"), ("origin", "null"), ("host", "a.example")], None), Made::Here);
        assert_eq!(judged(&[("sec-fetch-site", "none")], None), Made::Here);
        for site in ["cross-site", "same-site", "", "nonsense"] {
            let site = HeaderMap::from_iter([(HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static(site))]);
            assert_eq!(made(&site, &Uri::from_static("/"), None), Made::Elsewhere);
        }
    }

    #[test]
    fn the_origin_has_to_be_the_host_or_the_public_address() {
        assert_eq!(judged(&[("origin", "http://a.example:3000"), ("host", "a.example:3000")], None), Made::Here);
        assert_eq!(judged(&[("origin", "http://a.example:3001"), ("host", "a.example:3000")], None), Made::Elsewhere);
        assert_eq!(judged(&[("origin", "https://a.example.evil.test"), ("host", "a.example")], None), Made::Elsewhere);
        assert_eq!(judged(&[("origin", "null"), ("host", "a.example")], None), Made::Elsewhere);
        let proxied = [("origin", "https://chat.example"), ("host", "10.0.0.5:3000")];
        assert_eq!(judged(&proxied, Some("https://chat.example")), Made::Here);
        assert_eq!(judged(&proxied, Some("http://chat.example")), Made::Elsewhere);
        assert_eq!(judged(&proxied, None), Made::Elsewhere);
    }

    #[test]
    fn the_referer_stands_in_for_the_origin() {
        assert_eq!(judged(&[("referer", "http://a.example/login?x=1"), ("host", "a.example")], None), Made::Here);
        assert_eq!(judged(&[("referer", "http://evil.test/a.example"), ("host", "a.example")], None), Made::Elsewhere);
        assert_eq!(judged(&[("host", "a.example")], None), Made::Unsaid);
    }
}
