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
}
