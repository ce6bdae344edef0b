//! Who is asking. Made once per request by `http::viewer` and looked up by; authorization is scoped lookup.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::user::User;
use crate::server::error::{Error, Result};
use crate::server::llm::Who;

/// A signed-in user, and how they proved it.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub user: User,
    pub via: Via,
}

/// Somebody who is signed in and may do nothing yet but set up the second factor that is asked of them; a viewer otherwise.
#[derive(Clone, Debug)]
pub struct Limited(pub Viewer);

/// How the viewer was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A browser's cookie session, by the SHA-256 of its id.
    Session { id_hash: [u8; 32] },
    /// A bearer token of this family.
    Token { family: Uuid },
}

/// Where a request comes from, signed in or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The client's address (behind trusted proxies: the one they report); absent where there is none.
    pub ip: Option<IpAddr>,
    /// At most [`USER_AGENT_MAX`] characters of it.
    pub user_agent: Option<String>,
}

/// The address under which the browser sees this server, `https://host:port`: the configured one, else the one that it asks for.
/// Not for mail: there, whoever asks would choose where a link leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site(pub String);

impl Site {
    pub fn new(public_url: Option<&str>, tls: bool, host: Option<&str>) -> Self {
        let sane = |host: &&str| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c));
        let asked = || format!("{}://{}", if tls { "https" } else { "http" }, host.filter(sane).unwrap_or("localhost"));
        Self(public_url.map_or_else(asked, str::to_owned))
    }
}

/// Most characters of a user agent that are kept.
pub const USER_AGENT_MAX: usize = 400;

impl Viewer {
    /// The server, doing what this user had asked it to do when they were signed in. No sign-in has the family, so it proves nothing.
    pub fn on_behalf_of(user: User) -> Self {
        Self { user, via: Via::Token { family: Uuid::nil() } }
    }

    /// As the registry of models asks.
    pub fn who(&self) -> Who {
        Who { user_id: self.user.id, admin: self.user.is_admin() }
    }

    /// An error unless the viewer administers this server.
    pub fn require_admin(&self) -> Result<()> {
        if self.user.is_admin() { Ok(()) } else { Err(Error::forbidden()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_address_wins_and_an_odd_host_is_not_repeated() {
        let site = |public, tls, host| Site::new(public, tls, host).0;
        assert_eq!(site(Some("https://chat.example"), false, Some("evil.example")), "https://chat.example");
        assert_eq!(site(None, true, Some("chat.example:8443")), "https://chat.example:8443");
        assert_eq!(site(None, false, Some("[::1]:3000")), "http://[::1]:3000");
        assert_eq!(site(None, false, Some("evil.example/x?")), "http://localhost");
        assert_eq!(site(None, false, None), "http://localhost");
    }
}
