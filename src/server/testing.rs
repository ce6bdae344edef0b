//! A server for tests: everything real, in a database that is thrown away.

use std::path::PathBuf;

use super::clock::Clock;
use super::config::{Config, Site};
use super::crypto::Keys;
use super::crypto::password::Passwords;
use super::db::Db;
use super::llm::Registry;
use super::service::generation::Generations;
use super::service::limit::{LimitConfig, Limits};
use super::{Parts, Server};

/// A server on this database, told the time by this clock.
pub async fn server(db: Db, clock: Clock) -> Server {
    server_with(db, clock, config(), LimitConfig::default()).await
}

/// The same with this configuration and these limits.
pub async fn server_with(db: Db, clock: Clock, config: Config, limits: LimitConfig) -> Server {
    let limits = Limits::new(&limits, &clock);
    Server::new(Parts {
        config,
        clock,
        db,
        keys: Keys::from_secret(&[42; 32]),
        passwords: Passwords::default(),
        registry: Registry::default(),
        generations: Generations::default(),
        limits,
    })
}

/// The defaults.
pub fn config() -> Config {
    Config { addr: ([127, 0, 0, 1], 0).into(), data_dir: PathBuf::from("/nonexistent"), site: Site::default() }
}
