//! Bad input, answered by the real program. Who may use which route is walked in `src/server/http/tests/walk/`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::Client;
use crate::liao::Liao;

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
