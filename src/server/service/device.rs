//! Where people sign in from. A browser is known by a cookie of its own, a program (and a browser that keeps none) by what it calls
//! itself and the network that it asks from. A known browser may be trusted: then it is not asked for a second factor for a while.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use chrono::Duration;

use super::letter::{self, Letter, Recipient};
use super::viewer::Origin;
use crate::model::factor::TRUST_DAYS;
use crate::model::user::User;
use crate::server::Server;
use crate::server::crypto::{random_token, sha256};
use crate::server::error::Result;

/// The cookie of a known browser.
pub const COOKIE: &str = "liao_device";
/// A device that nobody signed in from for so long is new again.
pub const KNOWN_DAYS: i64 = 400;
/// Length of the cookie's value: 32 bytes in base64url.
const TOKEN_LENGTH: usize = 43;

/// The browser that asks, by its cookie; one without gets a cookie when somebody signs in with it. A cheap handle: a copy of it
/// stays with the door, which sends the cookie.
#[derive(Clone, Debug, Default)]
pub struct Device(Arc<Slot>);

#[derive(Debug, Default)]
struct Slot {
    sent: Option<String>,
    kept: OnceLock<String>,
}

impl Device {
    /// The browser that sent this cookie, if any.
    pub fn of(cookie: Option<String>) -> Self {
        let sane = |token: &String| token.len() == TOKEN_LENGTH && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        Self(Arc::new(Slot { sent: cookie.filter(sane), kept: OnceLock::new() }))
    }

    /// The cookie that the browser is to keep, once somebody has signed in with it.
    pub fn cookie(&self) -> Option<&str> {
        self.0.kept.get().map(String::as_str)
    }

    fn sent(&self) -> Option<[u8; 32]> {
        self.0.sent.as_deref().map(sha256)
    }

    fn keep(&self) -> [u8; 32] {
        sha256(self.0.kept.get_or_init(|| self.0.sent.clone().unwrap_or_else(random_token)))
    }
}

/// Whether the user is not asked for a second factor with this browser.
pub async fn is_trusted(server: &Server, device: Option<&Device>, user: &User) -> Result<bool> {
    let Some(hash) = device.and_then(Device::sent) else { return Ok(false) };
    Ok(server.db.devices().is_trusted(&hash, user.id, server.clock.now()).await?)
}

/// Asks the user for no second factor with this browser for [`TRUST_DAYS`]. They have to have signed in with it ([`note`]).
pub async fn trust(server: &Server, device: &Device, user: &User) -> Result<()> {
    let until = server.clock.now() + Duration::days(TRUST_DAYS);
    Ok(server.db.devices().trust(&device.keep(), user.id, until).await?)
}

/// Asks for it again on every other one.
pub async fn distrust_others(server: &Server, device: Option<&Device>, user: &User) -> Result<()> {
    let kept = device.and_then(Device::sent).unwrap_or_default();
    Ok(server.db.devices().distrust_others(&kept, user.id).await?)
}

/// Notes a sign-in, and tells its user if it was from somewhere new. The very first one is no news.
pub async fn note(server: &Server, origin: &Origin, device: Option<&Device>, user: &User) -> Result<()> {
    let (devices, now) = (server.db.devices(), server.clock.now());
    let (sent, trace) = (device.and_then(Device::sent), trace(origin));
    let mut known = devices.is_known(&trace, user.id, now).await?;
    if let (false, Some(sent)) = (known, sent) {
        known = devices.is_known(&sent, user.id, now).await?;
    }
    let news = !known && devices.has_any(user.id).await?;
    let ends = now + Duration::days(KNOWN_DAYS);
    devices.note(&trace, user.id, now, ends).await?;
    if let Some(device) = device {
        devices.note(&device.keep(), user.id, now, ends).await?;
    }
    if news && user.preferences.notifications.new_device {
        letter::post(server, &Recipient::from(user), Letter::NewDevice { origin: origin.clone(), at: now }).await;
    }
    Ok(())
}

/// What a program calls itself, and its network: an IPv4 /24, an IPv6 /48.
fn trace(origin: &Origin) -> [u8; 32] {
    let network = match origin.ip.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V4(v4)) => (v4.to_bits() >> 8).to_string(),
        Some(IpAddr::V6(v6)) => (v6.to_bits() >> 80).to_string(),
        None => String::new(),
    };
    sha256(&format!("{network} {}", origin.user_agent.as_deref().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(ip: &str, agent: &str) -> Origin {
        Origin { ip: Some(ip.parse().unwrap()), user_agent: Some(agent.into()) }
    }

    #[test]
    fn a_program_is_known_by_its_name_and_network() {
        assert_eq!(trace(&from("192.0.2.1", "curl/8")), trace(&from("192.0.2.200", "curl/8")));
        assert_ne!(trace(&from("192.0.2.1", "curl/8")), trace(&from("192.0.3.1", "curl/8")));
        assert_ne!(trace(&from("192.0.2.1", "curl/8")), trace(&from("192.0.2.1", "curl/9")));
        assert_eq!(trace(&from("2001:db8:1::1", "x")), trace(&from("2001:db8:1:2::1", "x")));
    }

    #[test]
    fn only_a_cookie_of_ours_is_taken_over() {
        let token = random_token();
        assert!(Device::of(Some(token.clone())).sent().is_some());
        assert!(Device::of(Some("short".into())).sent().is_none());
        assert!(Device::of(Some(format!("{}\"", &token[1..]))).sent().is_none());
        let device = Device::of(Some(token.clone()));
        assert_eq!((device.cookie(), device.keep(), device.cookie()), (None, sha256(&token), Some(token.as_str())));
        let fresh = Device::of(None);
        assert_eq!(fresh.keep(), sha256(fresh.cookie().unwrap()));
    }
}
