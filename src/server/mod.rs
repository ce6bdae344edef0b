//! DO: everything native. Layers, top down: `http` → `service` → `db`, `llm`, `render`.

pub mod backup;
pub mod boot;
pub mod bus;
pub mod clock;
pub mod command;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod extract;
pub mod http;
pub mod identity;
pub mod import;
pub mod job;
pub mod llm;
pub mod log;
pub mod mail;
pub mod memory;
pub mod metrics;
pub mod pdf;
pub mod picture;
pub mod reach;
pub mod render;
pub mod rotation;
pub mod scan;
pub mod service;
pub mod storage;
pub mod telemetry;
pub mod terms;
pub mod testing;
pub mod webhook;

use std::sync::Arc;

use clock::Clock;
use config::Config;
use db::Db;
use service::generation::Generations;

/// Everything a request needs; a cheap handle to shared state.
#[derive(Clone)]
pub struct Server(Arc<Parts>);

/// What [`Server`] points to.
pub struct Parts {
    pub config: Config,
    pub clock: Clock,
    pub db: Db,
    /// Keys derived from the server's secret: token signing, encryption at rest.
    pub keys: crypto::Keys,
    /// argon2id, in a bounded pool of threads.
    pub passwords: crypto::password::Passwords,
    /// The providers and models that are enabled now.
    pub registry: llm::Registry,
    /// The runs of this node.
    pub generations: Generations,
    pub limits: service::limit::Limits,
    /// Pictures and exports.
    pub storage: storage::Storage,
    /// Reads pictures, in a bounded pool of threads.
    pub pictures: picture::Pictures,
    /// Reads the text of files, in processes of their own.
    pub extractor: extract::Extractor,
    /// The uploads that this node is receiving.
    pub uploads: service::file::Uploads,
    /// What administrators have set in the UI.
    pub settings: service::setting::Current,
    /// The line to the mail server.
    pub mailer: mail::Mailer,
    /// Wakes the workers of background jobs.
    pub bell: job::Bell,
    /// What Prometheus is told of this process.
    pub metrics: metrics::Metrics,
    /// Spans for a collector.
    pub telemetry: telemetry::Telemetry,
    /// What this node logs, kept for administrators.
    pub logs: log::Logs,
    /// The open pages of this node.
    pub presence: service::presence::Presence,
    /// Who has no device that wants to be told of answers.
    pub quiet: service::push::Quiet,
    /// What the nodes tell each other.
    pub bus: bus::Bus,
    /// Whether this node leads.
    pub leader: service::cluster::Leader,
}

impl std::ops::Deref for Server {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Server {
    /// A handle to these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}
