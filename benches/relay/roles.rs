//! The other ends: an upstream of OpenAI's shape that says numbered words, and a relay that only copies bytes.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

/// Words of one write where there is no gap: what a fast upstream's read brings.
const BURST: usize = 16;

/// `words-N@R`: N words, R a second (0: no gap).
pub async fn upstream() {
    let models = || async { Json(json!({ "object": "list", "data": [{ "id": "words-20@0", "object": "model" }] })) };
    serve(Router::new().route("/v1/models", get(models)).route("/v1/chat/completions", post(complete))).await;
}

async fn complete(Json(request): Json<Value>) -> Response {
    let model = request["model"].as_str().unwrap_or_default().to_owned();
    let (count, rate) = model.strip_prefix("words-").and_then(|spec| spec.split_once('@')).unwrap_or(("20", "0"));
    let (count, rate): (usize, u64) = (count.parse().unwrap_or(20), rate.parse().unwrap_or(0));
    let burst = if rate == 0 { BURST } else { 1 };
    let stream = futures::stream::unfold(0, move |said| async move {
        if said > count {
            return None;
        }
        if rate > 0 && said > 0 {
            tokio::time::sleep(Duration::from_micros(1_000_000 / rate)).await;
        }
        let until = (said + burst).min(count);
        let mut bytes = String::new();
        for word in said + 1..=until {
            let chunk = json!({ "id": "x", "object": "chat.completion.chunk", "created": 0, "model": "words",
                "choices": [{ "index": 0, "delta": { "content": format!("w{word} ") }, "finish_reason": null }] });
            bytes.push_str(&format!("data: {chunk}\n\n"));
        }
        if until == count {
            let last = json!({ "id": "x", "object": "chat.completion.chunk", "created": 0, "model": "words",
                "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }],
                "usage": { "prompt_tokens": 1, "completion_tokens": count, "total_tokens": count + 1 } });
            bytes.push_str(&format!("data: {last}\n\ndata: [DONE]\n\n"));
        }
        let next = if until == count { count + 1 } else { until };
        Some((Ok::<_, Infallible>(Bytes::from(bytes)), next))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(stream)).into_response()
}

/// A relay that stores nothing and understands nothing.
pub async fn bare(upstream: &str) {
    let state = (reqwest::Client::new(), upstream.to_owned());
    serve(Router::new().route("/v1/chat/completions", post(copy)).with_state(state)).await;
}

async fn copy(State((client, upstream)): State<(reqwest::Client, String)>, body: Bytes) -> Response {
    let request = client.post(format!("{upstream}/v1/chat/completions")).header("content-type", "application/json").body(body);
    let answer = request.send().await.expect("the upstream answers");
    ([("content-type", "text/event-stream")], Body::from_stream(answer.bytes_stream())).into_response()
}

async fn serve(router: Router) {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("http://{}", listener.local_addr().expect("an address"));
    axum::serve(listener, router).await.expect("it serves");
}
