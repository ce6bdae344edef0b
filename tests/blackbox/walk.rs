//! Every documented route as nobody, as somebody else, as its owner; and bad input everywhere.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::Client;
use crate::liao::Liao;

struct Operation {
    method: Method,
    path: String,
    guarded: bool,
}

async fn operations(client: &Client) -> Vec<Operation> {
    let document: Value = client.get("/api/schema/").await.json().await.expect("the OpenAPI document");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let method = method.to_uppercase().parse().expect("a method");
            let guarded = operation["security"].as_array().is_some_and(|ways| !ways.is_empty() && ways.iter().all(|way| way != &json!({})));
            all.push(Operation { method, path: path.clone(), guarded });
        }
    }
    all
}

/// Calls with a small body where one is taken; answers the status.
async fn call(url: &str, token: Option<&str>, operation: &Operation, id: &str) -> u16 {
    let path = operation.path.replace("{id}", id);
    let query = if path.ends_with("/messages/") { format!("?session_id={id}") } else { String::new() };
    let mut request = crate::liao::client().request(operation.method.clone(), format!("{url}{path}{query}"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if matches!(operation.method, Method::POST | Method::PATCH | Method::PUT) {
        // What is allowed is told before what is wrong only where the body can be read at all.
        let readable = match path.as_str() {
            "/api/llm/providers/" => json!({ "slug": "x", "kind": "openai" }),
            "/api/users/" => json!({ "email": "x@example.org", "password": "correct horse battery" }),
            "/api/users/bulk/" => json!({ "ids": [id.parse::<Uuid>().unwrap_or_default()], "action": "enable" }),
            path if path.ends_with("/role/") => json!({ "role": "user" }),
            _ => json!({}),
        };
        request = request.json(&readable);
    }
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn every_route_is_refused_to_nobody_and_hides_what_is_not_yours() {
    let liao = Liao::start(&[("LIAO_FAKE_PROVIDER", "true"), ("LIAO_AUTO_TITLE", "false"), ("LIAO_REGISTER_RATE", "1000")]).await;
    let owner = Client::register(&liao.url, "owner").await;
    let other = Client::register(&liao.url, "other").await;
    let answer: Value = owner.post("/api/llm/chat/", &json!({ "message": "hi", "model": "fake/echo" })).await.json().await.expect("JSON");
    let providers: Value = owner.get("/api/llm/providers/").await.json().await.expect("JSON");
    let other_id: Value = other.get("/api/users/me/").await.json().await.expect("JSON");
    let all = operations(&owner).await;
    assert!(all.len() >= 18, "{} operations", all.len());
    for operation in &all {
        let (path, method) = (&operation.path, &operation.method);
        let mine = match () {
            () if !path.contains("{id}") && !path.ends_with("/messages/") => Some(""),
            () if path.contains("/sessions/") || path.ends_with("/messages/") => answer["session_id"].as_str(),
            () if path.contains("/generations/") => answer["generation_id"].as_str(),
            () if path.contains("/providers/") => providers["items"][0]["id"].as_str(),
            () if path.contains("/users/{id}/") => other_id["id"].as_str(),
            () => Some(""),
        };
        let mine = mine.expect("an id");
        let nobody = call(&liao.url, None, operation, mine).await;
        assert_eq!(nobody == 401, operation.guarded, "{method} {path} as nobody: {nobody}");
        if !operation.guarded {
            continue;
        }
        let foreign = call(&liao.url, Some(&other.token), operation, mine).await;
        let expected = match () {
            () if path.contains("/providers/") || path.starts_with("/api/activity/") => 403,
            () if path.starts_with("/api/users/") && !path.starts_with("/api/users/me/") => 403,
            () if !mine.is_empty() => 404,
            () => foreign,
        };
        assert_eq!(foreign, expected, "{method} {path} as somebody else");
        assert!(foreign < 500, "{method} {path} as somebody else: {foreign}");
        if path.contains("{id}") {
            assert_eq!(call(&liao.url, Some(&owner.token), operation, "no-id").await, 400, "{method} {path} with something that is no id");
            let unknown = call(&liao.url, Some(&owner.token), operation, &Uuid::new_v4().to_string()).await;
            assert_eq!(unknown, 404, "{method} {path} with an id of nothing");
        }
    }
    // The owner last, because deleting is one of the operations.
    for operation in all.iter().filter(|operation| operation.method == Method::GET && operation.guarded) {
        let mine = if operation.path.contains("generations") { &answer["generation_id"] } else { &answer["session_id"] };
        let mine = if operation.path.contains("providers/{id}") { &providers["items"][0]["id"] } else { mine };
        let mine = if operation.path.contains("users/{id}") { &other_id["id"] } else { mine };
        let status = call(&liao.url, Some(&owner.token), operation, mine.as_str().unwrap_or_default()).await;
        assert_eq!(status, 200, "GET {} as its owner", operation.path);
    }
}

#[tokio::test]
async fn bad_input_gets_a_status_a_sentence_and_a_field() {
    let liao = Liao::start(&[("LIAO_FAKE_PROVIDER", "true"), ("LIAO_AUTO_TITLE", "false")]).await;
    let client = Client::register(&liao.url, "ada").await;
    let unknown = Uuid::new_v4();
    let cases = [
        (json!({}), 400, Some("message")),
        (json!({ "message": 7 }), 400, Some("message")),
        (json!({ "message": "hi", "surprise": true }), 400, Some("surprise")),
        (json!({ "message": "" }), 422, Some("message")),
        (json!({ "message": "  \n" }), 422, Some("message")),
        (json!({ "message": "x".repeat(100_001) }), 422, Some("message")),
        (json!({ "message": "hi", "model": "fake/no-such-script" }), 422, Some("model")),
        (json!({ "message": "hi", "model": "nobody/x" }), 422, Some("model")),
        (json!({ "message": "hi", "request_id": "r".repeat(101) }), 422, Some("request_id")),
        (json!({ "message": "hi", "session_id": "no-id" }), 400, Some("session_id")),
        (json!({ "message": "hi", "session_id": unknown }), 404, None),
        (json!({ "message": "x".repeat(3_000_000) }), 413, None),
    ];
    for (body, status, field) in cases {
        let response = client.post("/api/llm/chat/", &body).await;
        let shown: String = body.to_string().chars().take(80).collect();
        assert_eq!(response.status(), status, "{shown}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{shown}");
        let problem: Value = response.json().await.expect("JSON");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{problem}");
        assert_eq!(problem["errors"][0]["field"].as_str(), field, "{problem}");
    }
    let sessions: Value = client.get("/api/llm/sessions/").await.json().await.expect("JSON");
    assert_eq!(sessions["items"], json!([]), "nothing was stored");
    assert_eq!(client.get("/api/llm/sessions/?after=nonsense").await.status(), 422);
    assert_eq!(client.get("/api/llm/sessions/?limit=many").await.status(), 400);
}
