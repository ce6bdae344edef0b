//! Bad input: a status, a sentence and a field, never a 500.

use http::Method;

use super::*;

/// method, path, content type, body → status, code, field
type Case = (&'static str, &'static str, &'static str, String, u16, &'static str, &'static str);

const JSON: &str = "application/json";
const LOGIN: &str = "/api/auth/login/";
const REGISTER: &str = "/api/auth/register/";

fn cases() -> Vec<Case> {
    let s = str::to_owned;
    vec![
        ("POST", LOGIN, JSON, s("{"), 400, "malformed", ""),
        ("POST", LOGIN, JSON, s(""), 400, "malformed", ""),
        ("POST", LOGIN, JSON, s("[]"), 400, "malformed", ""),
        ("POST", LOGIN, JSON, s("\u{feff}{}"), 400, "malformed", ""),
        ("POST", LOGIN, JSON, s(r#"{"email":"a@b"}"#), 400, "malformed", "password"),
        ("POST", LOGIN, JSON, s(r#"{"email":5,"password":"x"}"#), 400, "malformed", "email"),
        ("POST", LOGIN, JSON, s(r#"{"email":"a@b","password":["my secret"]}"#), 400, "malformed", "password"),
        ("POST", LOGIN, "text/plain", s(r#"{"email":"a@b","password":"x"}"#), 415, "unsupported_media_type", ""),
        ("POST", LOGIN, "", s(r#"{"email":"a@b","password":"x"}"#), 415, "unsupported_media_type", ""),
        ("POST", LOGIN, JSON, format!(r#"{{"email":"{}"}}"#, "x".repeat(65_536)), 413, "too_large", ""),
        ("POST", LOGIN, JSON, format!(r#"{{"email":"{}","password":"x"}}"#, "x".repeat(255)), 422, "invalid", "email"),
        ("POST", LOGIN, JSON, format!(r#"{{"email":"a@b","password":"{}"}}"#, "x".repeat(257)), 422, "invalid", "password"),
        ("POST", LOGIN, JSON, s(r#"{"email":"","password":""}"#), 422, "invalid", "email"),
        ("POST", LOGIN, JSON, s(r#"{"email":"\u0000@b","password":"\u0000"}"#), 422, "invalid", "email"),
        ("POST", LOGIN, JSON, s(r#"{"email":"a@b","password":"\u0000"}"#), 401, "bad_credentials", ""),
        ("POST", REGISTER, JSON, s(r#"{"email":"nobody","password":"12345678"}"#), 422, "invalid", "email"),
        ("POST", REGISTER, JSON, s(r#"{"email":"a\u0000@b","password":"12345678"}"#), 422, "invalid", "email"),
        ("POST", REGISTER, JSON, s(r#"{"email":"a@b","password":"1234567"}"#), 422, "invalid", "password"),
        ("POST", REGISTER, JSON, s(r#"{"email":"a@b","name":null,"password":"12345678"}"#), 400, "malformed", "name"),
        ("POST", "/api/auth/token/refresh/", JSON, s(r#"{"refresh":""}"#), 401, "unauthenticated", ""),
        ("POST", "/api/auth/token/verify/", JSON, s(r#"{"token":"\u0000"}"#), 401, "unauthenticated", ""),
        ("POST", "/api/auth/logout/", JSON, s("nonsense"), 400, "malformed", ""),
        ("GET", LOGIN, "", s(""), 405, "method_not_allowed", ""),
        ("PUT", "/api/users/me/", "", s(""), 405, "method_not_allowed", ""),
        ("GET", "/api/", "", s(""), 404, "not_found", ""),
        ("GET", "/api", "", s(""), 404, "not_found", ""),
        ("POST", "/api/no/such/thing", JSON, s("{}"), 404, "not_found", ""),
        ("PATCH", "/api/users/me/", JSON, s("{}"), 401, "unauthenticated", ""),
    ]
}

#[tokio::test]
async fn bad_input_is_told_with_a_sentence_and_its_field() {
    for app in apps().await {
        for (method, path, media, body, status, code, field) in cases() {
            let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
            if !media.is_empty() {
                request = request.header(header::CONTENT_TYPE, media);
            }
            let shown = body.chars().take(80).collect::<String>();
            let answer = app.send(request.body(Body::from(body)).unwrap()).await;
            assert_eq!(answer.problem(), (status, code.into()), "{method} {path} {shown}: {}", answer.text);
            let first = &answer.json()["errors"][0]["field"];
            assert_eq!(first.as_str().unwrap_or_default(), field, "{method} {path} {shown}: {}", answer.text);
            assert!(!answer.text.contains("my secret"), "what was sent is not sent back");
        }
    }
}

#[tokio::test]
async fn the_slash_at_the_end_may_be_left_out() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let answer = app.post("/api/auth/login?x=1", json!({"email": "ada@example.org", "password": PASSWORD})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    for (before, after) in [
        ("/api/users/me", "/api/users/me/"),
        ("/api/llm/messages?session_id=1", "/api/llm/messages/?session_id=1"),
        ("/api/users/me/", "/api/users/me/"),
        ("/api", "/api/"),
        ("/api/docs", "/api/docs"),
        ("/api/docs/swagger-ui.css", "/api/docs/swagger-ui.css"),
        ("/apis", "/apis"),
        ("/chat/1", "/chat/1"),
    ] {
        let request = super::super::slash(Request::builder().uri(before).body(()).unwrap());
        assert_eq!(request.uri().to_string(), after);
    }
}

#[tokio::test]
async fn the_path_and_the_query_are_told_as_problems_too() {
    use axum::routing::get;

    use crate::server::http::rest::problem::{Path, Problem, Query};
    #[derive(serde::Deserialize)]
    struct Wanted {
        limit: u32,
    }
    async fn show(Path(_): Path<uuid::Uuid>, Query(wanted): Query<Wanted>) -> Result<String, Problem> {
        Ok(wanted.limit.to_string())
    }
    let router = Router::new().route("/api/things/{id}/", get(show));
    let id = uuid::Uuid::now_v7();
    for (path, field) in [
        ("/api/things/nonsense/?limit=1".to_owned(), "id"),
        (format!("/api/things/{id}/?limit=many"), "limit"),
        (format!("/api/things/{id}/"), "limit"),
    ] {
        let response = router.clone().oneshot(Request::builder().uri(&path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        let body: Value = serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap();
        assert_eq!((&body["code"], &body["errors"][0]["field"]), (&json!("malformed"), &json!(field)), "{body}");
    }
}
