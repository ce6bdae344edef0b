//! The HTTP client of webhooks. It follows no redirect, waits for a short time, reads short answers, and connects only to where it may:
//! addresses are typed by administrators.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::redirect::Policy;

use super::maker::{judge, request};
use super::{Message, Target};
use crate::model::alert::ChannelKind;
use crate::server::reach::{Guard, blocked};

/// Longest answer that is read, in bytes.
const ANSWER_MAX: usize = 64 * 1024;
/// How long a message may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Sends the message; an error is for administrators, and holds nothing of the address but its host.
pub async fn send(kind: ChannelKind, target: &Target, message: &Message, now: DateTime<Utc>, guard: &Guard) -> Result<(), String> {
    let request = request(kind, target, message, now);
    let (status, body) = post(request.url, request.headers, request.body.into_bytes(), guard).await?;
    judge(kind, status, &body)
}

/// Posts this; answers the status and the beginning of the body.
pub async fn post(url: reqwest::Url, headers: Vec<(&'static str, String)>, body: Vec<u8>, guard: &Guard) -> Result<(u16, Vec<u8>), String> {
    guard.check(&url).map_err(|blocked| format!("{blocked}."))?;
    let client = client(guard).map_err(|error| format!("The HTTP client could not be made: {error}."))?;
    let mut asked = client.post(url).body(body);
    for (name, value) in headers {
        asked = asked.header(name, value);
    }
    let mut answer = asked.send().await.map_err(said)?;
    let (status, mut body) = (answer.status().as_u16(), Vec::new());
    while let Some(piece) = answer.chunk().await.map_err(said)? {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_MAX {
            break;
        }
    }
    Ok((status, body))
}

/// Made anew for each message: there are few, and each may reach as far as its channel.
#[allow(clippy::disallowed_methods, reason = "the one place that builds the HTTP client of webhooks")]
fn client(guard: &Guard) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(WITHIN)
        // A redirect would take a secret to another host.
        .redirect(Policy::none())
        .dns_resolver(Arc::new(guard.clone()))
        .user_agent(concat!("liao/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// What went wrong below HTTP, without the address, which is a secret.
fn said(error: reqwest::Error) -> String {
    let host = error.url().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "it".to_owned());
    let error = error.without_url();
    if let Some(blocked) = blocked(&error) {
        return format!("{blocked}.");
    }
    if error.is_timeout() {
        return format!("No answer from {host} in time.");
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    format!("No connection to {host}: {cause}.")
}
