//! A server for tests: everything real, in a database that is thrown away.

use super::clock::Clock;
use super::config::Config;
use super::crypto::Keys;
use super::crypto::password::Passwords;
use super::db::Db;
use super::llm::{Registry, Sources};
use super::metrics::Metrics;
use super::picture::Pictures;
use super::service::admission::Proof;
use super::service::generation::Generations;
use super::service::limit::{LimitConfig, Limits};
use super::service::token::{self, Entry};
use super::service::viewer::{Origin, Viewer};
use super::storage::Storage;
use super::telemetry::Telemetry;
use super::{Parts, Server};
use crate::model::user::User;

/// A server on this database, told the time by this clock.
pub async fn server(db: Db, clock: Clock) -> Server {
    server_with(db, clock, config(), LimitConfig::default()).await
}

/// The same with this configuration and these limits.
pub async fn server_with(db: Db, clock: Clock, config: Config, limits: LimitConfig) -> Server {
    let limits = Limits::new(&limits, &clock);
    let generations = Generations::open(&config.data_dir).expect("a folder for the journals");
    let metrics = Metrics::default();
    let storage = Storage::open(&config.files).expect("a folder for the files");
    Server::new(Parts {
        storage,
        presence: Default::default(),
        bus: Default::default(),
        quiet: Default::default(),
        leader: Default::default(),
        telemetry: Telemetry::open(config.traces.as_ref(), "here", metrics.spans.clone()),
        metrics,
        logs: Default::default(),
        pictures: Pictures::default(),
        extractor: Default::default(),
        uploads: Default::default(),
        registry: Registry::new(Sources {
            fake: true,
            bounds: config.models.bounds,
            allowed: config.allowed.clone(),
            ..Sources::default()
        }),
        config,
        clock,
        db,
        keys: Keys::from_secret(&[42; 32]),
        passwords: Passwords::default(),
        generations,
        limits,
        settings: Default::default(),
        mailer: Default::default(),
        bell: Default::default(),
    })
}

/// The user as somebody who has just signed in: their proof is fresh.
pub async fn signed_in(server: &Server, user: User) -> Viewer {
    let entry = token::enter(server, &Origin::default(), None, user, &Proof::Registration).await.expect("a sign-in");
    let Entry::In(_, tokens) = entry else { panic!("a second factor is asked for") };
    token::viewer(server, &tokens.access).await.expect("a viewer")
}

/// The defaults, with a data folder of its own.
pub fn config() -> Config {
    let folder = std::env::temp_dir().join(format!("liao-test-{}", uuid::Uuid::new_v4().simple()));
    Config::with(&folder, &[("LIAO_FAKE_PROVIDER", "true"), ("LIAO_AUTO_TITLE", "false"), ("LIAO_OLLAMA_URL", "off")])
        .expect("the defaults are sound")
}
