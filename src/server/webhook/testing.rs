//! Somebody who takes webhooks, on this machine, for tests.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// What came.
#[derive(Clone, Debug)]
pub struct Taken {
    pub uri: String,
    pub headers: HeaderMap,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Taken {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }
}

/// What it answers, and what came.
#[derive(Clone)]
pub struct Taker {
    pub url: String,
    answer: Arc<Mutex<(u16, String)>>,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Taker {
    /// Takes everything at a port of its own, and answers so.
    pub async fn begin(status: u16, answer: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let taker = Self { url, answer: Arc::new(Mutex::new((status, answer.to_owned()))), taken: Arc::default() };
        let router = Router::new().fallback(take).with_state(taker.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        taker
    }

    /// From now on it answers so.
    pub fn answers(&self, status: u16, answer: &str) {
        *self.answer.lock().expect("nobody panicked") = (status, answer.to_owned());
    }

    /// What came since the last time.
    pub fn taken(&self) -> Vec<Taken> {
        std::mem::take(&mut self.taken.lock().expect("nobody panicked"))
    }
}

async fn take(State(taker): State<Taker>, request: Request) -> (StatusCode, String) {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let taken = Taken {
        uri: parts.uri.to_string(),
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
        bytes: bytes.to_vec(),
    };
    taker.taken.lock().expect("nobody panicked").push(taken);
    let (status, answer) = taker.answer.lock().expect("nobody panicked").clone();
    (StatusCode::from_u16(status).expect("a status"), answer)
}
