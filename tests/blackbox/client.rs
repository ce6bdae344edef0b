//! A program that talks to the server as any other: REST, bearer token, server-sent events.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: String,
    pub name: String,
    pub data: Value,
}

/// A signed-in user of the REST API.
#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    pub url: String,
    pub token: String,
}

impl Client {
    /// Registers a user with this name.
    pub async fn register(url: &str, name: &str) -> Self {
        let http = crate::liao::client();
        let body = json!({ "email": format!("{name}@example.org"), "name": name, "password": "correct horse battery" });
        let response = http.post(format!("{url}/api/auth/register/")).json(&body).send().await.expect("an answer");
        assert_eq!(response.status(), 201, "registration works");
        let answer: Value = response.json().await.expect("JSON");
        Self { http, url: url.into(), token: answer["access"].as_str().expect("an access token").into() }
    }

    /// The same user at another address (after a restart).
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.into(), ..self.clone() }
    }

    pub async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body).send().await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.expect("an answer")
    }

    /// Asks and follows the answer's events.
    pub async fn ask(&self, message: &str, model: &str) -> Events {
        let response = self.post("/api/llm/chat/", &json!({ "message": message, "model": model, "stream": true })).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap_or_default());
        Events::of(response)
    }

    /// Follows a run after this event.
    pub async fn follow(&self, generation: &str, after: u64) -> Events {
        let response = self.get(&format!("/api/llm/generations/{generation}/events/?after={after}")).await;
        assert_eq!(response.status(), 200);
        Events::of(response)
    }

    /// The messages of a conversation.
    pub async fn messages(&self, session: &str) -> Vec<Value> {
        let answer: Value = self.get(&format!("/api/llm/messages/?session_id={session}&limit=200")).await.json().await.expect("JSON");
        answer["items"].as_array().expect("items").clone()
    }
}

/// The events of a response as they come.
pub struct Events {
    bytes: std::pin::Pin<Box<dyn futures::Stream<Item = reqwest::Result<Vec<u8>>> + Send>>,
    rest: String,
    pending: Vec<u8>,
    /// Bytes that came over the wire so far, without HTTP's framing.
    pub received: usize,
}

impl Events {
    pub fn of(response: reqwest::Response) -> Self {
        let bytes = Box::pin(response.bytes_stream().map(|read| read.map(|bytes| bytes.to_vec())));
        Self { bytes, rest: String::new(), pending: Vec::new(), received: 0 }
    }

    /// The next event; `None` when the stream is closed or broken.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(at) = self.rest.find("\n\n") {
                let frame: String = self.rest.drain(..at + 2).collect();
                if let Some(event) = parse(&frame) {
                    return Some(event);
                }
                continue;
            }
            let read = tokio::time::timeout(Duration::from_secs(60), self.bytes.next()).await.expect("no event for 60 s")?.ok()?;
            self.received += read.len();
            self.pending.extend(read);
            let valid = match std::str::from_utf8(&self.pending) {
                Ok(_) => self.pending.len(),
                Err(error) => error.valid_up_to(),
            };
            self.rest.push_str(std::str::from_utf8(&self.pending[..valid]).expect("checked"));
            self.pending.drain(..valid);
        }
    }

    /// All that is left.
    pub async fn all(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn parse(frame: &str) -> Option<Event> {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let data = serde_json::from_str(field("data:")?).ok()?;
    Some(Event { id: field("id:")?.into(), name: field("event:")?.into(), data })
}

/// The text of the `delta` events.
pub fn text(events: &[Event]) -> String {
    events.iter().filter(|event| event.name == "delta").filter_map(|event| event.data["text"].as_str()).collect()
}
