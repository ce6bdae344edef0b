//! `/api/auth/oauth/…`: signing in with an account at another service, for programs; `/api/users/me/identities/`: what is linked.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{HalfIn, SignedIn, entered};
use super::problem::{Json, Path, Problem, problems};
use crate::i18n::Locale;
use crate::model::Page;
use crate::model::error::Rule;
use crate::model::identity::{Identity, OfferedProvider};
use crate::server::Server;
use crate::server::error::Error;
use crate::server::service::admission::Proof;
use crate::server::service::device::Device;
use crate::server::service::identity::{self, Brought, Entry, Return, Start, callback};
use crate::server::service::token;
use crate::server::service::viewer::{Origin, Site, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(offered))
        .routes(routes!(start))
        .routes(routes!(back))
        .routes(routes!(complete))
        .routes(routes!(link))
        .routes(routes!(unlink))
        .routes(routes!(identities))
}

problems!(OfferedProblems: Internal);
problems!(ListProblems: Unauthenticated, Forbidden, Internal);
problems!(StartProblems: Malformed, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Upstream, Internal);
problems!(BackProblems: Malformed, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, RateLimited, Upstream, Internal);
problems!(LinkProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Upstream, Internal);
problems!(UnlinkProblems: Unauthenticated, Forbidden, NotFound, Conflict, Internal);

/// Services to sign in with
#[utoipa::path(get, path = "/api/auth/oauth/", tag = "auth", operation_id = "oauth_providers",
    responses((status = 200, description = "The services that are switched on, in the order of their buttons.", body = Page<OfferedProvider>), OfferedProblems))]
async fn offered(State(server): State<Server>) -> Result<Json<Page<OfferedProvider>>, Problem> {
    Ok(Json(Page { items: identity::offered(&server).await?, next: None }))
}

/// What a way to a service is for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OauthPurpose)]
enum Purpose {
    #[default]
    SignIn,
    /// To link the account there to the bearer's.
    Link,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OauthStart)]
struct Begin {
    /// `sign_in` if absent.
    #[serde(default)]
    purpose: Purpose,
    /// Where the service is to send the browser back to: an address of this machine (`http://127.0.0.1:…`), as RFC 8252 asks of
    /// native programs, that is registered with the service. Absent: `{server}/oauth/{provider}/callback`.
    #[schema(example = "http://127.0.0.1:7777/back")]
    redirect_uri: Option<String>,
    /// The token in the link of an invitation, for who has no account yet where registration needs one.
    invitation: Option<String>,
}

/// The way to a service.
#[derive(Serialize, ToSchema)]
#[schema(as = OauthStarted)]
struct Begun {
    /// To be opened in a browser.
    #[schema(example = "https://github.com/login/oauth/authorize?client_id=…&state=…")]
    url: String,
    /// Proves afterwards that it was you who began. It goes nowhere but into the next call.
    #[schema(example = "T2x2aWEg8J-Ml3NlY3JldC1yYW5kb20tYnl0ZXM")]
    handle: String,
    /// Where the service sends the browser back to, with `code` and `state`.
    #[schema(example = "http://127.0.0.1:7777/back")]
    redirect_uri: String,
    /// Seconds that the handle holds.
    #[schema(example = 600)]
    expires_in: u32,
}

/// Begin
///
/// Answers the address to open in a browser. The service sends the browser back to `redirect_uri` with `code` and `state`; these
/// and the `handle` go to `callback/` (or, for linking, to `link/`).
#[utoipa::path(post, path = "/api/auth/oauth/{provider}/start/", tag = "auth", operation_id = "oauth_start", request_body = Begin,
    params(("provider" = String, Path, description = "The service's short name", example = "github")), security((), ("bearer" = [])),
    responses((status = 200, description = "Where to go.", body = Begun), StartProblems))]
#[expect(clippy::too_many_arguments, reason = "an extractor for each part of the request")]
async fn start(
    State(server): State<Server>,
    viewer: Option<axum::Extension<Viewer>>,
    origin: Origin,
    site: Site,
    Path(slug): Path<String>,
    headers: HeaderMap,
    Json(begin): Json<Begin>,
) -> Result<Json<Begun>, Problem> {
    let link = match begin.purpose {
        Purpose::SignIn => None,
        Purpose::Link => Some(viewer.as_ref().map(|viewer| &viewer.0).ok_or_else(Error::unauthenticated)?),
    };
    let redirect_uri = match begin.redirect_uri {
        None => callback(&site.0, &slug),
        Some(uri) if uri.starts_with("http://") && uri.len() <= 500 && crate::model::identity::is_safe_url(&uri) => uri,
        Some(_) => {
            return Err(Error::invalid("redirect_uri", Rule::Format, "redirect_uri must be an http:// address of this machine.").into());
        }
    };
    let language = Locale::asked_for(&headers).map(|locale| locale.tag().to_owned());
    let brought = Brought { invitation: begin.invitation, language };
    let start = Start { slug: &slug, redirect_uri: redirect_uri.clone(), next: None, link, brought };
    let began = identity::start(&server, &origin, start).await.map_err(Error::from)?;
    Ok(Json(Begun { url: began.url, handle: began.handle, redirect_uri, expires_in: 600 }))
}

/// What came back, and who began.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OauthReturn)]
struct Arrived {
    /// Of `start/`.
    #[schema(example = "q5Yk0dGJm0b2m7pY1tqkq1Wb0hXr3v1r8m0O6xY5c2A")]
    handle: String,
    /// As the service sent it.
    #[schema(example = "Zk3xT9bq1vLw")]
    state: String,
    /// As the service sent it.
    #[schema(example = "4/0AVMBsJg1")]
    code: Option<String>,
    /// As the service sent it, instead of a code.
    error: Option<String>,
    /// As the service sent it, if it did.
    iss: Option<String>,
}

impl From<Arrived> for Return {
    fn from(Arrived { handle, state, code, error, iss }: Arrived) -> Self {
        Self { handle, state, code, error, iss }
    }
}

/// Somebody who has no account yet, because the service told no address.
#[derive(Serialize, ToSchema)]
#[schema(as = OauthNewcomer)]
struct AddressNeeded {
    /// For `complete/`, together with an address. It holds for half an hour.
    handle: String,
}

/// More is needed first: an address, or the second factor.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = OauthUnfinished)]
#[expect(dead_code, reason = "describes what two places answer")]
enum Unfinished {
    AddressNeeded(AddressNeeded),
    SecondFactor(HalfIn),
}

/// Sign in
///
/// Exchanges what the service sent back for tokens; who has no account gets one, where that is allowed. It works once. 202: the
/// service told no address (WeChat never does); ask for one and call `complete/`. Or a second factor is asked for; call `2fa/verify/`.
#[utoipa::path(post, path = "/api/auth/oauth/{provider}/callback/", tag = "auth", operation_id = "oauth_callback", request_body = Arrived,
    params(("provider" = String, Path, description = "The service's short name", example = "github")),
    responses((status = 200, description = "Signed in.", body = SignedIn), (status = 202, description = "An address, or a second factor, is needed.", body = Unfinished),
        BackProblems))]
async fn back(
    State(server): State<Server>,
    origin: Origin,
    device: Device,
    Path(slug): Path<String>,
    Json(arrived): Json<Arrived>,
) -> Result<Response, Problem> {
    let trip = identity::back(&server, &slug, arrived.into()).await.map_err(Error::from)?;
    match identity::arrive(&server, &origin, trip).await.map_err(Error::from)? {
        Entry::Known { user, .. } => Ok(entered(token::enter(&server, &origin, Some(&device), user, &Proof::Identity(slug)).await?)?),
        Entry::AddressNeeded { handle } => Ok((StatusCode::ACCEPTED, Json(AddressNeeded { handle })).into_response()),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OauthAddress)]
struct Complete {
    /// Of the 202 of `callback/`.
    handle: String,
    #[schema(example = "ada@example.org", max_length = 254)]
    email: String,
    /// Absent: as the service tells.
    #[schema(example = "Ada Lovelace", max_length = 80)]
    name: Option<String>,
}

/// Name an address
///
/// Makes the account of somebody whose service told no address, and signs in. The address counts as not verified.
#[utoipa::path(post, path = "/api/auth/oauth/{provider}/complete/", tag = "auth", operation_id = "oauth_complete", request_body = Complete,
    params(("provider" = String, Path, description = "The service's short name", example = "wechat")),
    responses((status = 201, description = "The account was made.", body = SignedIn), BackProblems))]
async fn complete(
    State(server): State<Server>,
    origin: Origin,
    device: Device,
    Path(_provider): Path<String>,
    Json(body): Json<Complete>,
) -> Result<Response, Problem> {
    let made = identity::complete(&server, &origin, &body.handle, &body.email, body.name.as_deref()).await;
    let (user, _, slug) = made.map_err(Error::from)?;
    let entry = token::enter(&server, &origin, Some(&device), user, &Proof::Identity(slug)).await?;
    Ok((StatusCode::CREATED, entered(entry)?).into_response())
}

/// Link
///
/// Links the account there to mine. The way has to be begun with the purpose `link`, by me.
#[utoipa::path(post, path = "/api/auth/oauth/{provider}/link/", tag = "auth", operation_id = "oauth_link", request_body = Arrived,
    params(("provider" = String, Path, description = "The service's short name", example = "github")), security(("bearer" = [])),
    responses((status = 200, description = "Linked.", body = Identity), LinkProblems))]
async fn link(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(slug): Path<String>,
    Json(arrived): Json<Arrived>,
) -> Result<Json<Identity>, Problem> {
    let trip = identity::back(&server, &slug, arrived.into()).await.map_err(Error::from)?;
    Ok(Json(identity::finish_link(&server, &viewer, &origin, trip).await.map_err(Error::from)?))
}

/// Unlink
///
/// 409 if there would be no way to sign in without it.
#[utoipa::path(post, path = "/api/auth/oauth/{provider}/unlink/", tag = "auth", operation_id = "oauth_unlink",
    params(("provider" = String, Path, description = "The service's short name", example = "github")), security(("bearer" = [])),
    responses((status = 204, description = "Unlinked."), UnlinkProblems))]
async fn unlink(State(server): State<Server>, viewer: Viewer, origin: Origin, Path(slug): Path<String>) -> Result<StatusCode, Problem> {
    identity::unlink(&server, &viewer, &origin, &slug).await.map_err(Error::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// My linked accounts
#[utoipa::path(get, path = "/api/users/me/identities/", tag = "users", operation_id = "identities", security(("bearer" = [])),
    responses((status = 200, description = "What may sign in as me.", body = Page<Identity>), ListProblems))]
async fn identities(State(server): State<Server>, viewer: Viewer) -> Result<Json<Page<Identity>>, Problem> {
    Ok(Json(Page { items: identity::list(&server, &viewer).await?.linked, next: None }))
}
