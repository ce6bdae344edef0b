//! Configuration. (Replaced by the platform slice.)

use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything that can be configured, one small struct per concern.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LIAO_ADDR`
    pub addr: SocketAddr,
    /// `LIAO_DATA_DIR`: database, journal of running answers, models, generated secret.
    pub data_dir: PathBuf,
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
