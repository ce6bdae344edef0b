//! Messages that wait are on the disk: a killed server asks them when it is there again, each once, in order.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Client;
use crate::liao::Liao;

/// How long all answers may take.
const PATIENCE: usize = 600;

fn questions(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter(|message| message["role"] == "user").filter_map(|message| message["content"].as_str()).collect()
}

/// The messages, as soon as this many questions are asked and, if so wanted, the last of them is answered.
async fn asked(client: &Client, session: &str, count: usize, answered: bool) -> Vec<Value> {
    for _ in 0..PATIENCE {
        let messages = client.messages(session).await;
        let done = messages.last().is_some_and(|last| last["status"] == "done" && last["role"] == "assistant");
        if questions(&messages).len() >= count && (done || !answered) {
            return messages;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the queue did not go on: {:?}", client.messages(session).await);
}

#[tokio::test]
async fn a_queue_survives_kills_and_goes_on_by_itself() {
    let env = [("LIAO_FAKE_PROVIDER", "true"), ("LIAO_AUTO_TITLE", "false"), ("LIAO_REGISTER_RATE", "1000")];
    let mut liao = Liao::start(&env).await;
    let mut client = Client::register(&liao.url, "ada").await;
    let mut events = client.ask("go", "fake/words-2000@100").await;
    let session = events.next().await.expect("start").data["session_id"].as_str().expect("an id").to_owned();
    let queue = format!("/api/llm/sessions/{session}/queue/");
    for (message, model) in [("one", "fake/words-2000@100"), ("two", "fake/echo@0"), ("three", "fake/echo@0")] {
        let kept = client.post(&queue, &json!({ "message": message, "model": model, "request_id": message })).await;
        assert_eq!(kept.status(), 201);
    }
    // Once while the first answer is written, once while one that had waited is.
    for kill in 1..=2 {
        liao.kill().await;
        liao.restart().await;
        client = client.at(&liao.url);
        let messages = asked(&client, &session, kill + 1, false).await;
        assert!(messages.iter().any(|message| message["status"] == "interrupted"), "kill {kill}: what was cut off says so: {messages:?}");
    }
    let messages = asked(&client, &session, 4, true).await;
    assert_eq!(questions(&messages), ["go", "one", "two", "three"], "each once, in order");
    let left: Value = client.get(&queue).await.json().await.expect("JSON");
    assert_eq!(left, json!({ "items": [], "paused": null }));
    // The same request again neither waits nor is asked.
    let again = client.post(&queue, &json!({ "message": "three", "request_id": "three" })).await;
    assert_eq!(again.status(), 409);
}
