//! A server of OpenAI's shape that fails in every way, and counts what it served.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// What it does with a question, which says so by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Some words, and how many tokens they were.
    Good,
    /// Without a word about tokens.
    Uncounted,
    /// Is down twice, then good.
    DownTwice,
    Down,
    Refused,
    /// The connection breaks before the first word, once.
    BrokenFirst,
    /// The connection breaks in the middle.
    BrokenAmid,
    /// Is silent for ever after some words.
    Stalls,
    /// A word every 10 ms.
    Slow,
}

impl Way {
    pub const ALL: [Self; 9] = [
        Self::Good,
        Self::Uncounted,
        Self::DownTwice,
        Self::Down,
        Self::Refused,
        Self::BrokenFirst,
        Self::BrokenAmid,
        Self::Stalls,
        Self::Slow,
    ];

    fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|way| format!("{way:?}") == name).unwrap_or(Self::Good)
    }
}

/// What was served to a question.
#[derive(Clone, Debug, Default)]
pub struct Served {
    pub requests: u32,
    /// Every word that left, of all requests.
    pub text: String,
    /// Prompt and answer, as it was told.
    pub told: Option<(i64, i64)>,
}

pub type Log = Arc<Mutex<HashMap<String, Served>>>;

/// Words of an answer.
const WORDS: u32 = 24;

/// Its base URL, and what it will have served.
pub async fn begin() -> (String, Log) {
    let log = Log::default();
    let kept = log.clone();
    let app = Router::new().fallback(any(move |request: Request| answer(kept.clone(), request)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, log)
}

async fn answer(log: Log, request: Request) -> Response {
    if request.uri().path().ends_with("/models") {
        return Json(json!({ "data": [{ "id": "m" }] })).into_response();
    }
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let question = body["messages"].as_array().and_then(|all| all.last()).unwrap()["content"].as_str().unwrap().to_owned();
    let requests = {
        let mut log = log.lock().unwrap();
        let served = log.entry(question.clone()).or_default();
        served.requests += 1;
        served.requests
    };
    let way = Way::named(question.split(' ').next().unwrap());
    match way {
        Way::Refused => return (StatusCode::UNAUTHORIZED, Json(json!({ "error": { "message": "no such key" } }))).into_response(),
        Way::Down => return (StatusCode::SERVICE_UNAVAILABLE, "down").into_response(),
        Way::DownTwice if requests <= 2 => return (StatusCode::SERVICE_UNAVAILABLE, "down").into_response(),
        _ => {}
    }
    let (out, pieces) = mpsc::channel::<Result<Bytes, std::io::Error>>(4);
    tokio::spawn(speak(log, question, way, requests, out));
    let body = Body::from_stream(futures::stream::unfold(pieces, |mut pieces| async move { Some((pieces.recv().await?, pieces)) }));
    let Ok(response) = Ok::<_, Infallible>(([("content-type", "text/event-stream")], body).into_response());
    response
}

async fn speak(log: Log, question: String, way: Way, requests: u32, out: mpsc::Sender<Result<Bytes, std::io::Error>>) {
    let broken = || Err(std::io::Error::other("broken"));
    if way == Way::BrokenFirst && requests == 1 {
        out.send(broken()).await.ok();
        return;
    }
    for word in 0..WORDS {
        if word == WORDS / 2 && way == Way::BrokenAmid {
            // What was written goes out before the connection breaks.
            tokio::time::sleep(Duration::from_millis(20)).await;
            out.send(broken()).await.ok();
            return;
        }
        if word == WORDS / 2 && way == Way::Stalls {
            out.closed().await;
            return;
        }
        if way == Way::Slow {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let text = format!("word{word} ");
        // Noted before it leaves: what was received was noted.
        log.lock().unwrap().get_mut(&question).unwrap().text.push_str(&text);
        if event(&out, &json!({ "choices": [{ "index": 0, "delta": { "content": text } }] })).await.is_err() {
            return;
        }
    }
    if event(&out, &json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] })).await.is_err() {
        return;
    }
    if way != Way::Uncounted {
        let told = (i64::try_from(question.len()).unwrap(), i64::from(WORDS) + 3);
        log.lock().unwrap().get_mut(&question).unwrap().told = Some(told);
        let usage = json!({ "prompt_tokens": told.0, "completion_tokens": told.1, "prompt_tokens_details": { "cached_tokens": 2 },
            "completion_tokens_details": { "reasoning_tokens": 1 } });
        if event(&out, &json!({ "choices": [], "usage": usage })).await.is_err() {
            return;
        }
    }
    out.send(Ok("data: [DONE]\n\n".into())).await.ok();
}

async fn event(out: &mpsc::Sender<Result<Bytes, std::io::Error>>, event: &Value) -> Result<(), ()> {
    let mut event = event.clone();
    event["id"] = "c".into();
    event["object"] = "chat.completion.chunk".into();
    event["created"] = 1.into();
    event["model"] = "m".into();
    out.send(Ok(format!("data: {event}\n\n").into())).await.map_err(drop)
}
