//! A service to sign in with that plays GitHub, WeChat and an issuer of OpenID Connect, as their documentation says, and can
//! be told to do one thing wrong. Its id tokens are signed with the client's secret (HS256).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use jsonwebtoken::{EncodingKey, Header};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::server::crypto::random_token;

pub const CLIENT: &str = "liao-client";
pub const SECRET: &str = "a-secret-of-32-characters-or-more";
/// When the id tokens are made.
pub const NOW: i64 = 1_800_000_000;

type Query_ = HashMap<String, String>;

/// Who signs in there, and what is wrong.
#[derive(Clone, Default)]
pub struct Play {
    pub subject: String,
    pub email: Option<String>,
    pub verified: bool,
    pub name: Option<String>,
    /// WeChat's id over all applications.
    pub unionid: Option<String>,
    /// One thing that it does wrong; empty: nothing.
    pub wrong: &'static str,
}

#[derive(Default)]
struct Stage {
    play: Play,
    /// What the browser brought, by the code that it was given.
    codes: HashMap<String, Query_>,
    tokens: HashMap<String, Play>,
    nonce: String,
}

/// The service, on a port of its own.
#[derive(Clone)]
pub struct Fake {
    pub url: String,
    stage: Arc<Mutex<Stage>>,
}

impl Fake {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { url, stage: Arc::default() };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(async || Json(json!({ "keys": [] }))))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/login/oauth/access_token", post(github_token))
            .route("/api/v3/user", get(github_user))
            .route("/api/v3/user/emails", get(github_emails))
            .route("/sns/oauth2/access_token", get(wechat_token))
            .route("/sns/userinfo", get(wechat_user))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        fake
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap()
    }

    /// Who signs in from now on, and what goes wrong.
    pub fn play(&self, play: Play) {
        self.stage().play = play;
    }

    /// What a browser does with the address that it was sent to: the person signs in there, and comes back with code and state.
    pub fn sign_in(&self, address: &str) -> (String, String) {
        let url = Url::parse(address).unwrap();
        let query: Query_ = url.query_pairs().into_owned().collect();
        let code = random_token();
        let state = query["state"].clone();
        let mut stage = self.stage();
        stage.nonce = query.get("nonce").cloned().unwrap_or_default();
        stage.codes.insert(code.clone(), query);
        (code, state)
    }

    /// Uses the code up; absent if it does not hold, was given to another client, or the verifier is not the challenge's.
    fn redeem(&self, code: &str, redirect_uri: Option<&String>, verifier: Option<&String>) -> Option<String> {
        let mut stage = self.stage();
        let asked = stage.codes.remove(code)?;
        if let Some(challenge) = asked.get("code_challenge") {
            assert_eq!(asked["code_challenge_method"], "S256");
            if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier?)) != *challenge {
                return None;
            }
        }
        if redirect_uri.is_some_and(|uri| *uri != asked["redirect_uri"]) {
            return None;
        }
        let token = random_token();
        let play = stage.play.clone();
        stage.tokens.insert(token.clone(), play);
        Some(token)
    }

    fn person(&self, headers: &HeaderMap) -> Option<Play> {
        let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        self.stage().tokens.get(token).cloned()
    }

    fn wrong(&self) -> &'static str {
        self.stage().play.wrong
    }
}

async fn discovery(State(fake): State<Fake>) -> Response {
    let url = &fake.url;
    match fake.wrong() {
        "down" => return (StatusCode::SERVICE_UNAVAILABLE, "down for maintenance").into_response(),
        "garbage" => return "<html>Welcome!</html>".into_response(),
        "huge" => return "x".repeat(600 * 1024).into_response(),
        "redirect" => return (StatusCode::FOUND, [(header::LOCATION, format!("{url}/elsewhere"))]).into_response(),
        _ => {}
    }
    let issuer = if fake.wrong() == "discovery_issuer" { "https://evil.example" } else { url };
    let token = if fake.wrong() == "plain_endpoint" { "http://evil.example/token".to_owned() } else { format!("{url}/token") };
    let document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": token,
        "userinfo_endpoint": format!("{url}/userinfo"), "jwks_uri": format!("{url}/jwks"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["HS256", "RS256", "none"],
    });
    Json(document).into_response()
}

async fn token(State(fake): State<Fake>, headers: HeaderMap, Form(form): Form<Query_>) -> Response {
    let refused = |status, error: &str| (status, Json(json!({ "error": error, "error_description": "no" }))).into_response();
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
    if headers.get(header::AUTHORIZATION).is_none_or(|given| *given != *basic) {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let Some(access) = fake.redeem(&form["code"], form.get("redirect_uri"), form.get("code_verifier")) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let play = fake.stage().play.clone();
    let nonce = fake.stage().nonce.clone();
    let id_token = (play.wrong != "no_id_token").then(|| id_token(&play, &fake.url, &nonce));
    Json(json!({ "access_token": access, "token_type": "Bearer", "id_token": id_token })).into_response()
}

fn id_token(play: &Play, url: &str, nonce: &str) -> String {
    let either = |what: &str, wrong: &str, right: &str| Value::from(if play.wrong == what { wrong } else { right });
    let mut claims = json!({
        "iss": either("issuer", "https://evil.example", url), "aud": either("audience", "somebody-else", CLIENT),
        "nonce": either("nonce", "another", nonce), "sub": play.subject, "iat": NOW,
        "exp": if play.wrong == "expired" { NOW } else { NOW + 300 },
    });
    if play.wrong != "userinfo_only" && play.wrong != "userinfo_of_another" {
        claims["email"] = json!(play.email);
        claims["email_verified"] = json!(play.verified);
        claims["name"] = json!(play.name);
    }
    if play.wrong == "unsigned" {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        return format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims));
    }
    let key = if play.wrong == "signature" { "another key of 32 characters, too" } else { SECRET };
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

async fn userinfo(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let Some(play) = fake.person(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    let sub = if play.wrong == "userinfo_of_another" { "another" } else { &play.subject };
    Json(json!({ "sub": sub, "email": play.email, "email_verified": play.verified, "name": play.name })).into_response()
}

async fn github_token(State(fake): State<Fake>, Form(form): Form<Query_>) -> Response {
    let error = |name: &str| Json(json!({ "error": name, "error_description": "see the documentation" })).into_response();
    if form["client_id"] != CLIENT || form["client_secret"] != SECRET {
        return error("incorrect_client_credentials");
    }
    match fake.wrong() {
        "mismatch" => return error("redirect_uri_mismatch"),
        "suspended" => return error("application_suspended"),
        "no_token" => return Json(json!({ "token_type": "bearer" })).into_response(),
        "token_garbage" => return "<html>Welcome!</html>".into_response(),
        _ => {}
    }
    match fake.redeem(&form["code"], form.get("redirect_uri"), form.get("code_verifier")) {
        Some(token) => Json(json!({ "access_token": token, "scope": "read:user,user:email", "token_type": "bearer" })).into_response(),
        None => error("bad_verification_code"),
    }
}

async fn github_user(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    assert!(headers.contains_key(header::USER_AGENT), "GitHub refuses who does not say what it is");
    let Some(play) = fake.person(&headers) else {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "message": "Bad credentials" }))).into_response();
    };
    match play.wrong {
        "down" => return (StatusCode::BAD_GATEWAY, "Unicorn!").into_response(),
        "limited" => return (StatusCode::TOO_MANY_REQUESTS, Json(json!({ "message": "API rate limit exceeded" }))).into_response(),
        "revoked" => return (StatusCode::UNAUTHORIZED, Json(json!({ "message": "Bad credentials" }))).into_response(),
        _ => {}
    }
    Json(json!({ "id": play.subject.parse::<u64>().unwrap(), "login": "octocat", "name": play.name, "email": "public@example.net" }))
        .into_response()
}

async fn github_emails(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let Some(play) = fake.person(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    if play.wrong == "no_emails" {
        return (StatusCode::NOT_FOUND, Json(json!({ "message": "Not Found" }))).into_response();
    }
    let mut all = vec![json!({ "email": "second@example.net", "primary": false, "verified": true, "visibility": null })];
    all.extend(play.email.map(|email| json!({ "email": email, "primary": true, "verified": play.verified, "visibility": "private" })));
    Json(all).into_response()
}

/// As WeChat sends it: 200 and plain text, whatever happened.
fn wechat(answer: &Value) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], answer.to_string()).into_response()
}

async fn wechat_token(State(fake): State<Fake>, Query(query): Query<Query_>) -> Response {
    assert_eq!(query["grant_type"], "authorization_code");
    if query["appid"] != CLIENT {
        return wechat(&json!({ "errcode": 40013, "errmsg": "invalid appid" }));
    }
    if query["secret"] != SECRET {
        return wechat(&json!({ "errcode": 40125, "errmsg": "invalid appsecret" }));
    }
    match fake.wrong() {
        "busy" => return wechat(&json!({ "errcode": -1, "errmsg": "system error" })),
        "used" => return wechat(&json!({ "errcode": 40163, "errmsg": "code been used, rid: 1" })),
        "no_openid" => return wechat(&json!({ "access_token": "t", "expires_in": 7200, "scope": "snsapi_login" })),
        "token_garbage" => return "<html>Welcome!</html>".into_response(),
        _ => {}
    }
    let Some(token) = fake.redeem(&query["code"], None, None) else {
        return wechat(&json!({ "errcode": 40029, "errmsg": "invalid code, rid: 1" }));
    };
    let openid = fake.stage().play.subject.clone();
    wechat(&json!({ "access_token": token, "expires_in": 7200, "refresh_token": "r", "openid": openid, "scope": "snsapi_login" }))
}

async fn wechat_user(State(fake): State<Fake>, Query(query): Query<Query_>) -> Response {
    let Some(play) = fake.stage().tokens.get(&query["access_token"]).cloned() else {
        return wechat(&json!({ "errcode": 40001, "errmsg": "invalid credential" }));
    };
    match play.wrong {
        "no_scope" => return wechat(&json!({ "errcode": 48001, "errmsg": "api unauthorized" })),
        "token_expired" => return wechat(&json!({ "errcode": 42001, "errmsg": "access_token expired" })),
        _ => {}
    }
    let openid = if play.wrong == "openid" { "another" } else { &play.subject };
    let mut person = json!({ "openid": openid, "nickname": play.name, "sex": 0, "province": "", "city": "", "country": "", "headimgurl": "", "privilege": [] });
    if let Some(unionid) = &play.unionid {
        person["unionid"] = json!(unionid);
    }
    wechat(&person)
}
