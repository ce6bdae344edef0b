//! Builds the [`Server`] from its configuration: opens the database, brings it up to date, loads the keys.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;

use secrecy::ExposeSecret;

use super::clock::Clock;
use super::config::Config;
use super::db::{Db, MigrateError, Report};
use super::service::generation::Generations;
use super::{Parts, Server, crypto, llm, service};

/// Why the server cannot be built: a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    #[error("LIAO_DATA_DIR: the folder {0} cannot be made: {1}")]
    DataDir(String, std::io::Error),
    #[error("LIAO_DATABASE_URL: the database cannot be opened: {0}")]
    Open(sqlx::Error),
    #[error("{0}")]
    Migrate(#[from] MigrateError),
}

/// The server, and what was done to its database.
pub async fn server(config: Config) -> Result<(Server, Report), BootError> {
    let clock = Clock::default();
    let (db, report) = database(&config, &clock).await?;
    let server = Server::new(Parts {
        clock,
        db,
        keys: crypto::Keys {},
        passwords: crypto::password::Passwords {},
        registry: llm::Registry::default(),
        generations: Generations::default(),
        limits: service::limit::Limits::default(),
        config,
    });
    Ok((server, report))
}

/// The database, up to date. A failing migration leaves it as it was and closed.
pub async fn database(config: &Config, clock: &Clock) -> Result<(Db, Report), BootError> {
    let folder = &config.data_dir;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| BootError::DataDir(folder.display().to_string(), error))?;
    let db = Db::open(config.database_url.expose_secret()).await.map_err(BootError::Open)?;
    let stamp = clock.now().format("%Y%m%dT%H%M%SZ").to_string();
    match db.migrate(Some(&folder.join("backups")), &stamp).await {
        Ok(report) => Ok((db, report)),
        Err(error) => {
            db.close().await;
            Err(error.into())
        }
    }
}
