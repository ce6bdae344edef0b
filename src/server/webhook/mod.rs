//! Webhooks: a message to a chat group or a program, in the form and with the signature that each maker has documented. No rules live
//! here: what is told, to whom and when is the service's.

mod http;
mod maker;
#[cfg(test)]
pub mod testing;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use self::http::{post, send};

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The same for each try, so that who gets it twice can tell.
    pub id: Uuid,
    /// What it is about, for programs: `alert.firing`.
    pub event: String,
    pub title: String,
    /// Lines of plain text.
    pub text: String,
    /// The same for programs.
    pub data: Value,
}

/// Where it goes.
#[derive(Clone)]
pub struct Target {
    pub url: reqwest::Url,
    /// What it is signed with, where the maker signs.
    pub secret: Option<String>,
}

/// What is sent: made for one moment, as signatures hold for a while.
#[derive(Clone, Debug, PartialEq)]
struct Request {
    url: reqwest::Url,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// The moment of a signature, in seconds and in milliseconds.
fn stamps(now: DateTime<Utc>) -> (i64, i64) {
    (now.timestamp(), now.timestamp_millis())
}
