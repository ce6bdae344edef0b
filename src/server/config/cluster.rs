//! How several nodes are one installation.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::settings::{ConfigError, Settings};

/// What a node does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    #[default]
    All,
    /// Serves pages and APIs, and leaves answers and background jobs to workers.
    Web,
    /// Writes answers and does background jobs; over HTTP it only says how it stands.
    Worker,
    /// Serves the programmatic API alone.
    Gateway,
}

impl Role {
    /// Its name in the configuration and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Web => "web",
            Self::Worker => "worker",
            Self::Gateway => "gateway",
        }
    }

    /// Whether it writes answers and does background jobs.
    pub fn works(self) -> bool {
        matches!(self, Self::All | Self::Worker)
    }

    fn named(name: &str) -> Option<Self> {
        [Self::All, Self::Web, Self::Worker, Self::Gateway].into_iter().find(|role| role.name() == name)
    }
}

/// Nodes share their database: a file of SQLite belongs to one process.
pub(super) fn redis_url(s: &Settings) -> Result<Option<SecretString>, ConfigError> {
    let Some(url) = s.optional("LIAO_REDIS_URL") else { return Ok(None) };
    if !(url.starts_with("redis://") || url.starts_with("rediss://")) {
        return Err(s.wrong("LIAO_REDIS_URL", "redis://host:6379, or rediss://user:password@host:6379 with TLS"));
    }
    if s.text("LIAO_DATABASE_URL").starts_with("sqlite:") {
        return Err(s.wrong("LIAO_REDIS_URL", "set together with a LIAO_DATABASE_URL of PostgreSQL: nodes share their database"));
    }
    Ok(Some(url.into()))
}

pub(super) fn role(s: &Settings) -> Result<Role, ConfigError> {
    let role = Role::named(s.text("LIAO_ROLE")).ok_or_else(|| s.wrong("LIAO_ROLE", "all, web, worker or gateway"))?;
    if role != Role::All && s.optional("LIAO_REDIS_URL").is_none() {
        return Err(s.wrong("LIAO_ROLE", "all where there is no LIAO_REDIS_URL: what one node leaves to others goes through it"));
    }
    Ok(role)
}
