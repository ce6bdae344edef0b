//! The API and the cookie sessions as clients see them, on both databases.

mod authenticator;
mod browser;
mod comparison;
mod data;
mod digest;
mod document;
mod factor;
mod feedback;
mod file;
mod identity;
mod import;
mod job;
mod live;
mod operation;
mod oversight;
mod passkey;
mod person;
mod problem;
mod queue;
mod request;
mod session;
mod shelf;
mod sign_in;
mod temporary;
mod token;
mod usage;
mod voice;

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use chrono::DateTime;
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::server::Server;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::db::testing::{TestDb, databases};
use crate::server::http::viewer::guarded;
use crate::server::service::limit::LimitConfig;
use crate::server::testing;

/// The API in front of a database that is thrown away.
struct App {
    server: Server,
    clock: Clock,
    test: TestDb,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and problem code.
    fn problem(&self) -> (u16, String) {
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "a sentence: {problem}");
        (self.status.as_u16(), problem["code"].as_str().unwrap().to_owned())
    }
}

/// Apps on each database, without rate limits.
async fn apps() -> Vec<App> {
    apps_with(testing::config(), LimitConfig::per_ip(0, 0)).await
}

async fn apps_with(config: Config, limits: LimitConfig) -> Vec<App> {
    let mut apps = Vec::new();
    for test in databases().await {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = testing::server_with(test.db.clone(), clock.clone(), config.clone(), limits.clone()).await;
        apps.push(App { server, clock, test });
    }
    apps
}

impl App {
    /// The API, the server functions and one page, behind the layers that a served request passes.
    fn router(&self) -> Router {
        let server = self.server.clone();
        let call = move |request: axum::extract::Request| {
            let server = server.clone();
            leptos_axum::handle_server_fns_with_context(move || leptos::prelude::provide_context(server.clone()), request)
        };
        let files = crate::server::http::avatar::router().merge(crate::server::http::export::router());
        let files = files
            .merge(crate::server::http::oauth::router())
            .merge(crate::server::http::message::router())
            .merge(crate::server::http::date::router())
            .merge(crate::server::http::digest::router());
        let files = files.with_state(self.server.clone());
        let routes = super::router(&self.server).merge(files).route("/rpc/{*name}", axum::routing::any(call));
        guarded(routes.route("/page", axum::routing::get(|| async { "a page" })), &self.server)
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        }
        let response = self.router().oneshot(super::slash(request)).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(&to_bytes(body, usize::MAX).await.unwrap()).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    async fn call(&self, method: Method, path: &str, bearer: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "chat.example");
        if let Some(token) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = match body {
            Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, None, Some(body)).await
    }

    async fn me(&self, access: &str) -> Answer {
        self.call(Method::GET, "/api/users/me/", Some(access), None).await
    }

    async fn register(&self, email: &str) -> Value {
        let answer = self.post("/api/auth/register/", json!({"email": email, "password": PASSWORD})).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()
    }

    async fn login(&self, email: &str, password: &str) -> Answer {
        self.post("/api/auth/login/", json!({"email": email, "password": password})).await
    }
}

const PASSWORD: &str = "correct horse battery";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl App {
    /// Every row of the table as the database writes it in text, bytes in hexadecimal (lower case).
    async fn dump(&self, table: &str) -> Vec<String> {
        use sqlx::{AssertSqlSafe, Row};

        use crate::server::db::Pool;
        match self.test.db.read() {
            Pool::Postgres(pool) => {
                let rows = sqlx::query(AssertSqlSafe(format!("SELECT CAST(t AS TEXT) FROM {table} t"))).fetch_all(pool).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            }
            Pool::Sqlite(pool) => {
                let columns: Vec<(String,)> =
                    sqlx::query_as(AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')"))).fetch_all(pool).await.unwrap();
                let quoted: Vec<String> = columns.iter().map(|(name,)| format!("lower(quote({name}))")).collect();
                let sql = format!("SELECT {} FROM {table}", quoted.join(" || ',' || "));
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            }
        }
    }
}
