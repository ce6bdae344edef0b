//! The readers: many streams at once through one of the doors.

use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::{Value, json};

/// A way in.
#[derive(Clone)]
pub enum Door {
    /// The relay that copies bytes.
    Bare { url: String },
    /// REST with server-sent events.
    Raw { url: String, token: String },
    /// Block patches, as a page gets them.
    Page { url: String, token: String },
}

/// Streams through a door.
#[derive(Clone)]
pub struct Load {
    pub door: Door,
    pub streams: usize,
    pub tokens: usize,
    /// 0: as fast as it goes.
    pub per_second: usize,
}

/// What one stream saw.
pub struct Seen {
    pub first: Duration,
    pub whole: bool,
}

impl Load {
    /// All streams at once; how long it took, and how many were not whole.
    pub async fn run(&self) -> (Duration, usize) {
        let client = client();
        let begin = Instant::now();
        let model = format!("words-{}@{}", self.tokens, self.per_second);
        let streams = (0..self.streams).map(|_| tokio::spawn(self.door.clone().read(client.clone(), model.clone())));
        let seen = futures::future::join_all(streams.collect::<Vec<_>>()).await;
        let failed = seen.iter().filter(|one| !one.as_ref().is_ok_and(|seen| seen.whole)).count();
        (begin.elapsed(), failed)
    }
}

impl Door {
    /// Reads one answer to its end.
    pub async fn read(self, client: reqwest::Client, model: String) -> Seen {
        let begin = Instant::now();
        let (response, mark, end) = match self {
            Self::Bare { url } => {
                let body = json!({ "model": model, "stream": true, "messages": [{ "role": "user", "content": "go" }] });
                (client.post(format!("{url}/v1/chat/completions")).json(&body).send().await, "content", "[DONE]")
            }
            Self::Raw { url, token } => (ask(&client, &url, &token, &model).await, "event: delta", "event: end"),
            Self::Page { url, token } => {
                let run = match ask(&client, &url, &token, &model).await {
                    Ok(response) => started(response).await,
                    Err(_) => None,
                };
                let path = format!("{url}/events/generations/{}/?r=0&c=0", run.unwrap_or_default());
                (client.get(path).bearer_auth(token).send().await, "event: patch", "event: end")
            }
        };
        let Ok(response) = response else { return Seen { first: begin.elapsed(), whole: false } };
        let (mut bytes, mut first, mut last) = (response.bytes_stream(), None, Vec::new());
        while let Some(Ok(read)) = bytes.next().await {
            if first.is_none() && contains(&read, mark) {
                first = Some(begin.elapsed());
            }
            last = [&last[last.len().saturating_sub(400)..], &read].concat();
        }
        Seen { first: first.unwrap_or_else(|| begin.elapsed()), whole: contains(&last, end) && !contains(&last, "failed") }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The run's id, from the first event; then the raw stream is dropped.
async fn started(response: reqwest::Response) -> Option<String> {
    let mut bytes = response.bytes_stream();
    let read = bytes.next().await?.ok()?;
    let text = String::from_utf8_lossy(&read).into_owned();
    let data = text.lines().find_map(|line| line.strip_prefix("data: "))?;
    serde_json::from_str::<Value>(data).ok()?["generation_id"].as_str().map(str::to_owned)
}

async fn ask(client: &reqwest::Client, url: &str, token: &str, model: &str) -> reqwest::Result<reqwest::Response> {
    let body = json!({ "message": "go", "model": format!("openai/{model}"), "stream": true });
    client.post(format!("{url}/api/llm/chat/")).bearer_auth(token).json(&body).send().await?.error_for_status()
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(2000).build().expect("a client")
}

const PASSWORD: &str = "correct horse battery";

/// Registers the user of the benchmark; answers an access token.
pub async fn register(url: &str) -> String {
    let body = json!({ "email": "bench@example.org", "name": "bench", "password": PASSWORD });
    let answer = client().post(format!("{url}/api/auth/register/")).json(&body).send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    answer["access"].as_str().unwrap_or_else(|| panic!("no token in {answer}")).to_owned()
}

/// Signs in as a browser; answers the cookie.
pub async fn sign_in(url: &str) -> String {
    let form = format!("email=bench%40example.org&password={}", PASSWORD.replace(' ', "+"));
    let request = client().post(format!("{url}/rpc/auth/login")).header("origin", url).header("accept", "text/html");
    let answer = request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.expect("an answer");
    let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let session = cookies.into_iter().find(|cookie| cookie.starts_with("liao_session="));
    session.and_then(|cookie| cookie.split(';').next()).unwrap_or_else(|| panic!("no session: {}", answer.status())).to_owned()
}

/// A conversation of this many turns; answers its id.
pub async fn conversation(url: &str, token: &str, turns: usize) -> String {
    let client = client();
    let mut session: Option<String> = None;
    for _ in 0..turns {
        let body = json!({ "message": "How do I *compute* a moving average?", "model": "openai/words-120@0", "session_id": session });
        let answer = client.post(format!("{url}/api/llm/chat/")).bearer_auth(token).json(&body).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        session = Some(answer["session_id"].as_str().unwrap_or_else(|| panic!("no session in {answer}")).to_owned());
    }
    session.expect("at least one turn")
}

/// Asks for this page from 32 connections; answers how many were served.
pub async fn hammer(url: &str, cookie: Option<&str>, time: Duration) -> usize {
    let until = Instant::now() + time;
    let client = client();
    let readers = (0..32).map(|_| {
        let (client, url, cookie) = (client.clone(), url.to_owned(), cookie.map(str::to_owned));
        tokio::spawn(async move {
            let mut served = 0;
            while Instant::now() < until {
                let mut request = client.get(&url);
                if let Some(cookie) = &cookie {
                    request = request.header("cookie", cookie);
                }
                let response = request.send().await.expect("an answer");
                assert_eq!(response.status(), 200, "{url}");
                let _ = response.bytes().await.expect("a body");
                served += 1;
            }
            served
        })
    });
    futures::future::join_all(readers.collect::<Vec<_>>()).await.into_iter().map(|served| served.expect("a reader")).sum()
}
