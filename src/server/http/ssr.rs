//! Pages: Leptos renders them here, and the server functions that they call answer under `/rpc/`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERER};
use http::{HeaderValue, Method, StatusCode, Uri};
use leptos::config::{Env, LeptosOptions};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, handle_server_fns_with_context, render_route_with_context};
use tokio_util::task::LocalPoolHandle;

use super::problem::{no_such_page, problem};
use super::rest::unkept;
use super::viewer::limited;
use super::{assets, notice, page_thread, queue, reader, returned, temporary};
use crate::app::{Files, FollowUps, Off, shell, temporary_shell};
use crate::model::error::{ApiError, Code};
use crate::server::Server;
use crate::server::error::status as http_status;
use crate::server::service::viewer::Viewer;
use crate::server::service::{feature, status};

/// Largest error that a server function answers with, in bytes; more is not ours.
const ERROR_MAX: usize = 64 * 1024;

/// Every page of the app, its server functions, and the page that says there is no such page.
pub fn routes(server: &Server) -> Router {
    let options = options();
    let shell = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let pages = generate_route_list({
        let shell = shell.clone();
        move || shell()
    });
    let render = render_route_with_context(pages.clone(), page_context(server), shell.clone());
    let not_found = leptos_axum::render_app_async_stream_with_context(page_context(server), shell);
    let threads = page_thread::threads();
    let temporary = temporary(server, &options, &threads);
    let not_found = Router::new().fallback(move |request: Request| fallback(request, not_found.clone()));
    let not_found = not_found.layer(from_fn_with_state(threads.clone(), page_thread::layer));
    Router::new()
        .leptos_routes_with_handler(pages, render)
        .route_layer(from_fn_with_state(threads, page_thread::layer))
        .route_layer(from_fn_with_state(Guard::new(server), guard))
        .route("/rpc/{*name}", any(rpc).with_state(server.clone()))
        .fallback_service(not_found)
        .with_state(options)
        .merge(temporary)
}

/// The page of a temporary chat, and what is asked there. It is outside of the app, whose pages know of it only as of a link.
fn temporary(server: &Server, options: &LeptosOptions, threads: &LocalPoolHandle) -> Router {
    let options = options.clone();
    let shell = move || temporary_shell(options.clone());
    let render = leptos_axum::render_app_async_stream_with_context(page_context(server), shell);
    let page = move |request: Request| {
        let rendered = render(request);
        async move { unkept(rendered.await) }
    };
    let page = Router::new()
        .route(temporary::PATH, get(page))
        .route_layer(from_fn_with_state(threads.clone(), page_thread::layer))
        .route_layer(from_fn_with_state(Guard::new(server), guard));
    temporary::router(server, page)
}

/// The paths of the pages.
#[cfg(test)]
pub(super) fn pages() -> Vec<String> {
    let outside = [temporary::PATH, temporary::KEEP].map(str::to_owned);
    generate_route_list(|| shell(options())).iter().map(|page| page.path().to_owned()).chain(outside).collect()
}

/// What Leptos has to know; nothing of it is read from files or the environment.
fn options() -> LeptosOptions {
    let env = if cfg!(debug_assertions) { Env::DEV } else { Env::PROD };
    LeptosOptions::builder().output_name("liao").site_pkg_dir(assets::folder()).env(env).build()
}

/// What every page can reach while it is rendered; it also sets the page's headers.
fn page_context(server: &Server) -> impl Fn() + Clone + Send + Sync + 'static {
    let server = server.clone();
    move || {
        provide_context(server.clone());
        provide_context(Files(assets::chunks()));
        provide_context(FollowUps(server.settings.get().suggestions.follow_ups));
        provide_context(Off(feature::off(&server)));
        let Some(response) = use_context::<ResponseOptions>() else { return };
        // A page is somebody's: it may be kept for the back button, but not shown again unasked.
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        let policy = use_nonce().and_then(|nonce| HeaderValue::from_str(&content_security_policy(&nonce)).ok());
        if let Some(policy) = policy {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// Scripts are ours or carry the page's nonce; nothing is loaded from elsewhere.
fn content_security_policy(nonce: &str) -> String {
    // `make dev` tells the page over a socket at another port when to load again.
    let connect = if cfg!(debug_assertions) { "connect-src 'self' ws:; " } else { "" };
    // Inline styles are allowed: rendered formulas and highlighted code carry style attributes, which take no nonce.
    format!(
        "default-src 'self'; {connect}script-src 'self' 'wasm-unsafe-eval' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// The page that says that there is no such page, or the same as a problem for who does not want a page.
async fn fallback<F, R>(request: Request, render: F) -> Response
where
    F: Fn(Request<Body>) -> R,
    R: Future<Output = Response>,
{
    let path = request.uri().path();
    let machine = ["/api/", "/rpc/", "/pkg/", "/v1/"].iter().any(|prefix| path.starts_with(prefix));
    if machine || !wants_html(&request) || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return no_such_page();
    }
    let mut response = render(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

fn wants_html(request: &Request) -> bool {
    request.headers().get(ACCEPT).and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html"))
}

/// Calls a server function.
pub(super) async fn rpc(State(server): State<Server>, request: Request) -> Response {
    with_status(called(server, request).await).await
}

async fn called(server: Server, mut request: Request) -> Response {
    use leptos::server_fn::axum::server_fn_paths;
    let (path, method) = (request.uri().path(), request.method());
    if !server_fn_paths().any(|(known, by)| known == path && by == *method) {
        return no_such_page();
    }
    let page = page_of(path);
    // A browser may be told to say nothing, and then the error would have nowhere to go.
    let silent = wants_html(&request) && !request.headers().contains_key(REFERER);
    match HeaderValue::from_str(&format!("{NOWHERE}{page}")) {
        Ok(page) if silent => _ = request.headers_mut().insert(REFERER, page),
        _ => forget_last_error(&mut request),
    }
    let mut response = handle_server_fns_with_context(move || provide_context(server.clone()), request).await.into_response();
    let here = response.headers().get(LOCATION).and_then(|l| l.to_str().ok()?.strip_prefix(NOWHERE)?.parse().ok());
    if let Some(here) = here {
        response.headers_mut().insert(LOCATION, here);
    }
    response
}

/// Stands for this server in the address of a page that is not told: only a whole address can take an error along.
pub(super) const NOWHERE: &str = "http://nowhere.invalid";

/// The page whose form calls a server function.
fn page_of(function: &str) -> &'static str {
    match function.trim_start_matches("/rpc/").split('/').next().unwrap_or_default() {
        "auth" => door_of(function),
        "step_up" => "/confirm",
        "factor" | "session" => SECURITY,
        "passkey" if function.ends_with("/sign_in") => "/login",
        "passkey" => SECURITY,
        "setting" => "/admin/settings/security",
        "identity" if function.ends_with("/complete") => "/login/complete",
        "identity" => "/settings/security",
        "identity_provider" => "/admin/settings/oauth",
        "assistant" => "/settings/assistants",
        "prompt" => "/settings/prompts",
        "share" => "/settings/shares",
        "comparison" => "/compare/new",
        "folder" => "/chats/folders",
        "shelf" => "/chats",
        "provider" if function.ends_with("/pull") => "/admin/models",
        "provider" => "/admin/providers",
        "catalogue" | "suggestion" => "/admin/models",
        "push" => "/settings/preferences",
        "profile" if function.ends_with("/preferences") || function.ends_with("/look") => "/settings/preferences",
        "profile" => "/settings/profile",
        "data" => "/settings/data",
        "digest" => "/settings/usage",
        "file" => "/settings/files",
        "import" => "/settings/import",
        "verification" if function.ends_with("/redeem") => "/verify",
        "verification" => "/settings/security",
        "password" if function.ends_with("/change") => "/settings/security",
        "password" if function.ends_with("/confirm") => "/reset/confirm",
        "password" => "/reset",
        "registration" => "/admin/settings/registration",
        "mail" => "/admin/settings/mail",
        "directory" if function.ends_with("/create") => "/admin/users/new",
        "directory" => "/admin/users",
        "report" if function.ends_with("/make") => "/settings/report",
        "report" => "/admin/reports",
        noun => operated(noun),
    }
}

/// The same of those by which administrators run the server.
fn operated(noun: &str) -> &'static str {
    match noun {
        "system" => "/admin/system",
        "inspection" => "/admin/messages",
        "alert" => "/admin/alerts",
        "operation" => "/admin/operation",
        "log" => "/admin/logs",
        _ => "/",
    }
}

fn door_of(function: &str) -> &'static str {
    match function.rsplit('/').next().unwrap_or_default() {
        "register" => "/register",
        "welcome" => "/welcome",
        "factor" => "/login/factor",
        _ => "/login",
    }
}

/// A form's error travels in the query of the page it came from. Sent again, that page would add the next error behind
/// the last one, and show the last one for ever.
fn forget_last_error(request: &mut Request) {
    let referer = request.headers().get(REFERER).and_then(|r| r.to_str().ok());
    let Some((page, query)) = referer.and_then(|r| r.split_once('?')) else { return };
    let kept: Vec<_> =
        query.split('&').filter(|pair| !["__path=", "__err=", returned::PARAMETER].iter().any(|of| pair.starts_with(of))).collect();
    let clean = if kept.is_empty() { page.to_owned() } else { format!("{page}?{}", kept.join("&")) };
    if let Ok(clean) = HeaderValue::from_str(&clean) {
        request.headers_mut().insert(REFERER, clean);
    }
}

/// Gives an error of a server function its own status: Leptos says 500 for all of them, also for arguments that cannot be read.
async fn with_status(response: Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !response.headers().contains_key("serverfnerror") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, ERROR_MAX).await else {
        return problem(ApiError::new(Code::Internal, "Something went wrong on the server."));
    };
    if let Ok(error) = serde_json::from_slice::<ApiError>(&bytes) {
        parts.status = http_status(error.code);
        if let Some(seconds) = error.retry_after {
            parts.headers.insert(http::header::RETRY_AFTER, seconds.into());
        }
    }
    Response::from_parts(parts, bytes.into())
}

/// Who may see which page.
#[derive(Clone)]
struct Guard {
    server: Server,
    /// Whether anybody has registered yet. It is asked of the database until it is true, then no more.
    has_users: Arc<AtomicBool>,
}

impl Guard {
    fn new(server: &Server) -> Self {
        Self { server: server.clone(), has_users: Arc::default() }
    }

    async fn has_users(&self) -> bool {
        if self.has_users.load(Ordering::Relaxed) {
            return true;
        }
        // When the database cannot say, the sign-in page is the harmless answer.
        let known = status::has_users(&self.server).await.unwrap_or(true);
        self.has_users.store(known, Ordering::Relaxed);
        known
    }
}

/// Where a second factor is set up.
const SECURITY: &str = "/settings/security";

/// Leads who is not signed in to the sign-in page (on a new server: to the first account), and who is signed in away from it.
async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let request = notice::bring(&guard.server, request).await;
    let uri = request.uri();
    let viewer = limited(request.extensions());
    let (signed_in, free) = (viewer.is_some(), request.extensions().get::<Viewer>().is_some());
    match uri.path() {
        "/login" | "/register" | "/welcome" | "/login/factor" | "/login/complete" if signed_in => see_other("/"),
        "/confirm" | SECURITY if signed_in => next.run(request).await,
        // Who has the link may read.
        path if path.starts_with("/share/") => next.run(request).await,
        // Links of letters, which are opened anywhere.
        "/verify" | "/reset" | "/reset/confirm" => next.run(request).await,
        _ if signed_in && !free => see_other(SECURITY),
        // On a new server everything begins with the first account.
        "/login" | "/register" if !guard.has_users().await => see_other("/welcome"),
        "/welcome" if guard.has_users().await => see_other("/login"),
        "/login" | "/register" | "/welcome" | "/login/factor" | "/login/complete" => next.run(request).await,
        _ if signed_in => {
            let request = queue::bring(&guard.server, returned::bring(&guard.server, request).await).await;
            let request = reader::bring(&guard.server, request).await;
            next.run(request).await
        }
        _ => see_other(&sign_in(uri)),
    }
}

/// The sign-in page that leads back to this one.
fn sign_in(uri: &Uri) -> String {
    let here = uri.path_and_query().map_or("/", |p| p.as_str());
    if here == "/" { "/login".to_owned() } else { format!("/login?next={}", percent_encoded(here)) }
}

pub(super) fn percent_encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub(super) fn see_other(path: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(path) else { return no_such_page() };
    (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_back_to_the_page_and_its_query() {
        assert_eq!(sign_in(&"/chat/1?after=a&b=%20".parse().unwrap()), "/login?next=/chat/1%3Fafter%3Da%26b%3D%2520");
        assert_eq!(sign_in(&"/".parse().unwrap()), "/login");
    }

    #[test]
    fn the_last_error_of_a_form_is_forgotten_and_the_rest_of_the_query_kept() {
        let cleaned = |referer: &str| {
            let mut request = Request::builder().header(REFERER, referer).body(Body::empty()).unwrap();
            forget_last_error(&mut request);
            request.headers()[REFERER].to_str().unwrap().to_owned()
        };
        assert_eq!(cleaned("http://h/login?next=%2Fx&__path=%2Frpc&__err=abc&returned=xyz"), "http://h/login?next=%2Fx");
        assert_eq!(cleaned("http://h/login?__path=a&__err=b"), "http://h/login");
        assert_eq!(cleaned("http://h/login"), "http://h/login");
    }
}
