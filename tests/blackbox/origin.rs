//! Pages of other sites: what a browser is told that they may ask, and what is refused when one asks all the same.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;

use crate::liao::{Liao, client};

const THEIRS: &str = "https://app.example.org";

/// As a browser sends it for a page of this origin.
async fn from(origin: &str, request: RequestBuilder) -> Response {
    request.header("origin", origin).header("sec-fetch-site", "cross-site").send().await.expect("an answer")
}

fn told<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).map(|value| value.to_str().expect("text"))
}

/// The question before the question.
async fn may(liao: &Liao, origin: &str, path: &str) -> Response {
    let asked = client().request(Method::OPTIONS, liao.at(path)).header("access-control-request-method", "POST");
    from(origin, asked.header("access-control-request-headers", "authorization,content-type")).await
}

#[tokio::test]
async fn pages_that_are_named_ask_with_a_token_and_never_with_a_cookie() {
    let liao = Liao::start(&[("LIAO_CORS_ORIGINS", THEIRS)]).await;
    let answer = may(&liao, THEIRS, "/api/llm/chat/").await;
    assert!(answer.status().is_success());
    assert_eq!(told(&answer, "access-control-allow-origin"), Some(THEIRS));
    assert_eq!(told(&answer, "access-control-allow-headers"), Some("authorization,content-type"));
    assert!(told(&answer, "access-control-allow-methods").is_some_and(|methods| methods.contains("PATCH")));
    assert_eq!(told(&answer, "access-control-allow-credentials"), None);
    for (origin, path) in
        [("https://evil.example.org", "/api/llm/chat/"), ("null", "/api/llm/chat/"), (THEIRS, "/rpc/auth/login"), (THEIRS, "/")]
    {
        let answer = may(&liao, origin, path).await;
        assert_eq!(told(&answer, "access-control-allow-origin"), None, "{origin} {path}");
    }

    // From nothing to an answer, as a page without our cookies does it.
    let person = json!({ "email": "ada@example.org", "name": "Ada", "password": "correct horse battery" });
    let answer = from(THEIRS, client().post(liao.at("/api/auth/register/")).json(&person)).await;
    assert_eq!((answer.status().as_u16(), told(&answer, "access-control-allow-origin")), (201, Some(THEIRS)));
    let account: serde_json::Value = answer.json().await.expect("JSON");
    let token = account["access"].as_str().expect("a token");
    let me = from(THEIRS, client().get(liao.at("/api/users/me/")).bearer_auth(token)).await;
    assert_eq!((me.status().as_u16(), told(&me, "access-control-allow-origin")), (200, Some(THEIRS)));
    // Errors can be read, too: also the one of a body that is too large.
    let wrong = from(THEIRS, client().patch(liao.at("/api/users/me/")).bearer_auth(token).json(&json!({ "name": "" }))).await;
    assert_eq!((wrong.status().as_u16(), told(&wrong, "access-control-allow-origin")), (422, Some(THEIRS)));
    let large = from(THEIRS, client().post(liao.at("/api/llm/chat/")).bearer_auth(token).body("x".repeat(3_000_000))).await;
    assert_eq!((large.status().as_u16(), told(&large, "access-control-allow-origin")), (413, Some(THEIRS)));

    // A cookie that came along all the same, as from a neighbour of the same site, changes nothing.
    let with_cookie = client().post(liao.at("/api/auth/login/")).header("cookie", "liao_session=0").json(&person);
    assert_eq!(from(THEIRS, with_cookie).await.status(), 403);
    // What is not for programs stays closed, and so does everything to other origins.
    assert_eq!(from(THEIRS, client().post(liao.at("/rpc/auth/login")).json(&person)).await.status(), 403);
    assert_eq!(from("https://evil.example.org", client().post(liao.at("/api/auth/login/")).json(&person)).await.status(), 403);
}

#[tokio::test]
async fn unless_it_is_configured_no_other_page_asks_anything() {
    let liao = Liao::start(&[]).await;
    assert_eq!(told(&may(&liao, THEIRS, "/api/llm/chat/").await, "access-control-allow-origin"), None);
    let person = json!({ "email": "ada@example.org", "password": "correct horse battery" });
    assert_eq!(from(THEIRS, client().post(liao.at("/api/auth/login/")).json(&person)).await.status(), 403);
}
