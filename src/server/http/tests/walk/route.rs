//! The routes: what the router has, told apart by what it is.

use std::collections::BTreeMap;

use http::Method;
use leptos::server_fn::axum::server_fn_paths;
use serde_json::Value;

use crate::server::Server;
use crate::server::http::{assets, rest, router, ssr};

/// What a route is.
pub enum Kind {
    /// Documented: its OpenAPI operation.
    Rest(Value),
    Page,
    /// A server function.
    Function,
    /// A file of the site.
    File,
    Door,
}

/// A route, and with what it is asked.
pub struct Route {
    pub method: Method,
    /// As the router has it: `/api/llm/sessions/{id}/`.
    pub path: String,
    pub kind: Kind,
    /// The same with its parameters filled in, and its query.
    pub url: String,
    /// The body and its media type.
    pub body: Option<(String, String)>,
}

impl Route {
    pub fn of(method: Method, path: &str, kind: Kind) -> Self {
        Self { method, path: path.to_owned(), kind, url: path.to_owned(), body: None }
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The names of the parameters in the path.
    pub fn parameters(&self) -> Vec<String> {
        let names = self.path.split('{').skip(1).filter_map(|part| part.split('}').next());
        names.map(|name| name.trim_start_matches('*').to_owned()).collect()
    }
}

/// Every route.
pub fn all(server: &Server) -> Vec<Route> {
    let document = serde_json::to_value(rest::openapi()).unwrap();
    let (pages, files) = (ssr::pages(), assets::paths());
    let mut routes = Vec::new();
    for (path, methods) in listed(&format!("{:?}", router::routes(server))) {
        if path == "/rpc/{*name}" {
            routes.extend(server_fn_paths().map(|(path, method)| Route::of(method, path, Kind::Function)));
            continue;
        }
        for method in methods {
            let operation = &document["paths"][&path][method.as_str().to_lowercase()];
            let kind = match () {
                () if operation.is_object() => Kind::Rest(operation.clone()),
                () if pages.contains(&path) => Kind::Page,
                () if files.contains(&path) => Kind::File,
                () => Kind::Door,
            };
            routes.push(Route::of(method, &path, kind));
        }
    }
    routes
}

/// Path and methods of every route of a router. It shows them in its debug form only.
fn listed(router: &str) -> BTreeMap<String, Vec<Method>> {
    let own = router.split("fallback_router:").next().unwrap();
    let entries = || own.split("RouteId(").skip(1).filter_map(|entry| entry.split_once("): "));
    let path = |id| entries().find_map(|(of, shown)| shown.strip_prefix('"')?.split('"').next().filter(|_| of == id));
    let routes = entries().filter(|(_, shown)| !shown.starts_with('"'));
    routes.map(|(id, shown)| (path(id).unwrap_or_else(|| panic!("no path of route {id}")).to_owned(), methods(shown))).collect()
}

fn methods(shown: &str) -> Vec<Method> {
    let has = |method: &Method| {
        let name = method.as_str().to_lowercase();
        shown.contains(&format!("{name}: Route")) || shown.contains(&format!("{name}: BoxedHandler"))
    };
    let found: Vec<Method> = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE].into_iter().filter(has).collect();
    // Any method.
    if found.is_empty() { vec![Method::GET, Method::POST] } else { found }
}

#[test]
fn a_router_tells_its_routes() {
    use axum::routing::{any, delete, get};
    let router: axum::Router = axum::Router::new()
        .route("/a", get(|| async {}).post(|| async {}))
        .route("/b/{id}", delete(|| async {}))
        .route("/c", any(|| async {}));
    let router = router.layer(axum::middleware::from_fn(|request, next: axum::middleware::Next| next.run(request)));
    let listed = listed(&format!("{:?}", router.fallback(|| async {})));
    let told: Vec<_> = listed.iter().map(|(path, methods)| (path.as_str(), methods.as_slice())).collect();
    assert_eq!(told, [("/a", &[Method::GET, Method::POST][..]), ("/b/{id}", &[Method::DELETE]), ("/c", &[Method::GET, Method::POST])]);
}
