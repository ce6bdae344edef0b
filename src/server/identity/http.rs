//! The HTTP client for services to sign in with. It follows no redirect, waits for a short time, and reads short answers only.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http::{Request, Response, header};
use reqwest::Url;
use reqwest::redirect::Policy;
use serde::de::DeserializeOwned;

use super::{Result, Trouble, TroubleKind};
use crate::model::identity::is_safe_url;
use crate::server::reach::{Guard, Reach};

/// Longest answer that is read, in bytes.
const ANSWER_MAX: usize = 512 * 1024;
/// Longest words of a service that are shown, in characters.
const WORDS_MAX: usize = 200;

/// A company's own service is in its own network; what nobody signs in with (metadata services, link-local) is not asked, whatever a
/// name or a discovery document says. Where TLS is not spoken nothing but this machine is asked anyway.
static GUARD: LazyLock<Guard> = LazyLock::new(|| Guard::new(Reach::Private, Arc::default()));

static CLIENT: LazyLock<Result<reqwest::Client, reqwest::Error>> = LazyLock::new(build);

#[allow(clippy::disallowed_methods, reason = "the one place that builds the HTTP client of services to sign in with")]
fn build() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(60))
        // A redirect could lead a secret to another host, or a request of ours to one that nobody chose.
        .redirect(Policy::none())
        .dns_resolver(Arc::new(GUARD.clone()))
        .user_agent(concat!("liao/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Sends the request and reads the whole answer, whatever its status.
pub(super) async fn send(request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>> {
    let address = request.uri().to_string();
    let bare = address.split(['?', '#']).next().unwrap_or_default();
    if !is_safe_url(bare) {
        // A discovery document may name any address; secrets are not sent in the clear.
        return Err(Trouble::unverifiable(format!("{bare} is not an https:// address.")));
    }
    let client =
        CLIENT.as_ref().map_err(|error| Trouble::new(TroubleKind::Unreachable, format!("The HTTP client could not be made: {error}")))?;
    let request = reqwest::Request::try_from(request).map_err(|error| Trouble::unverifiable(format!("{bare} cannot be asked: {error}")))?;
    GUARD.check(request.url()).map_err(|blocked| Trouble::unverifiable(format!("{blocked}.")))?;
    let mut answer = client.execute(request).await.map_err(transport)?;
    let mut response = Response::builder().status(answer.status());
    if let Some(kind) = answer.headers().get(header::CONTENT_TYPE) {
        response = response.header(header::CONTENT_TYPE, kind);
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(transport)? {
        if body.len() + piece.len() > ANSWER_MAX {
            return Err(Trouble::unverifiable(format!("{bare} answered more than {ANSWER_MAX} bytes.")));
        }
        body.extend_from_slice(&piece);
    }
    response.body(body).map_err(|error| Trouble::unverifiable(error.to_string()))
}

/// The same for an answer in JSON, whatever its media type says. A status of 5xx or 429 means "not now".
pub(super) async fn json<T: DeserializeOwned>(request: Request<Vec<u8>>) -> Result<T> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let response = send(request).await?;
    let status = response.status();
    if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS {
        return Err(Trouble::new(TroubleKind::Unreachable, format!("{host} answered {status}.")));
    }
    serde_json::from_slice(response.body())
        .map_err(|_| Trouble::unverifiable(format!("{host} answered {status}, {:?}.", words(response.body()))))
}

/// The beginning of an answer in one line.
pub(super) fn words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * WORDS_MAX)]);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect()
}

/// A GET of this address.
pub(super) fn get(url: &Url) -> Result<Request<Vec<u8>>> {
    let request = Request::builder().uri(url.as_str()).header(header::ACCEPT, "application/json").body(Vec::new());
    request.map_err(|error| Trouble::unverifiable(format!("A request could not be made: {error}")))
}

/// An address below a base, with these parameters.
pub(super) fn url(base: &str, path: &str, query: &[(&str, &str)]) -> Result<Url> {
    let address = format!("{}{path}", base.trim_end_matches('/'));
    let mut url =
        Url::parse(&address).map_err(|error| Trouble::new(TroubleKind::Misconfigured, format!("{address} is no address: {error}")))?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

/// The parameters as the body of a form.
pub(super) fn form(fields: &[(&str, &str)]) -> Result<Vec<u8>> {
    // The same encoding as a query's.
    let encoded = url("http://localhost", "", fields)?;
    Ok(encoded.query().unwrap_or_default().as_bytes().to_vec())
}

/// The address is left out but for its host: a query may hold a secret.
fn transport(error: reqwest::Error) -> Trouble {
    let host = error.url().and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
    let host = host.unwrap_or_else(|| "the service".to_owned());
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let cause = cause.to_string();
    let message = match (error.is_connect(), error.is_timeout()) {
        (_, true) => format!("No answer from {host} in time."),
        (true, _) => format!("No connection to {host}: {}.", cause.trim_end_matches('.')),
        _ => format!("The connection to {host} broke: {}.", cause.trim_end_matches('.')),
    };
    Trouble::new(TroubleKind::Unreachable, message)
}
