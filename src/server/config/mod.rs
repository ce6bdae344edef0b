//! Configuration. (Replaced by the platform slice.)

mod network;

use std::net::SocketAddr;
use std::path::PathBuf;

pub use network::Network;

/// Everything that can be configured, one small struct per concern.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LIAO_ADDR`
    pub addr: SocketAddr,
    /// `LIAO_DATA_DIR`: database, journal of running answers, models, generated secret.
    pub data_dir: PathBuf,
    pub site: Site,
    pub generation: Generation,
}

/// How answers are generated.
#[derive(Clone, Debug)]
pub struct Generation {
    /// `LIAO_IDLE_TIMEOUT`: how long a provider may be silent.
    pub idle_timeout: std::time::Duration,
    /// `LIAO_AUTO_TITLE`: whether models make titles of conversations.
    pub auto_title: bool,
    /// `LIAO_SYSTEM_PROMPT`
    pub system_prompt: Option<String>,
}

/// How clients see this server.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// `LIAO_PUBLIC_URL` as an origin: scheme, host and port, no slash at the end.
    pub public_url: Option<String>,
    /// `LIAO_TRUSTED_PROXIES`
    pub trusted_proxies: Vec<Network>,
}

impl Site {
    /// Whether browsers come over TLS, so that cookies may be marked `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}
