//! A server for tests: everything real, in a database that is thrown away.

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
    let generations = Generations::open(&config.data_dir).expect("a folder for the journals");
    Server::new(Parts {
        config,
        clock,
        db,
        keys: Keys::from_secret(&[42; 32]),
        passwords: Passwords::default(),
        registry: Registry::default(),
        generations,
        limits,
    })
}

/// The defaults.
pub fn config() -> Config {
    Config {
        addr: ([127, 0, 0, 1], 0).into(),
        data_dir: std::env::temp_dir().join(format!("liao-test-{}", uuid::Uuid::new_v4().simple())),
        site: Site::default(),
        generation: super::config::Generation { idle_timeout: std::time::Duration::from_secs(120), auto_title: false, system_prompt: None },
    }
}
