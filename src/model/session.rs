//! Where somebody is signed in: browsers and programs, as their user sees them.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// With a cookie.
    Browser,
    /// With tokens.
    Program,
}

/// One sign-in that still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    pub id: Uuid,
    pub kind: SessionKind,
    /// The browser or program, as far as it says so.
    #[schema(example = "Firefox")]
    pub browser: Option<String>,
    #[schema(example = "Windows")]
    pub system: Option<String>,
    #[schema(value_type = Option<String>, example = "192.0.2.1")]
    pub ip: Option<IpAddr>,
    pub created_at: DateTime<Utc>,
    /// To the minute; of a program: when its tokens were last refreshed.
    pub last_used_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub current: bool,
}
