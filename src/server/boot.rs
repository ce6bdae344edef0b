//! Builds the [`Server`] from its configuration: opens the database, brings it up to date, loads the keys.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;

use super::bus::{Bus, BusError};
use super::clock::Clock;
use super::config::{Config, Models};
use super::crypto::password::Passwords;
use super::crypto::{Keys, SecretError};
use super::db::{Db, MigrateError, Report};
use super::job::{self, NewJob};
use super::llm::{ModelFile, Registry, Sources};
use super::log::Logs;
use super::metrics::Metrics;
use super::picture::Pictures;
use super::service::generation::{self, Generations};
use super::service::limit::{LimitConfig, Limits};
use super::service::{alert, backup, cluster, digest, provider, push, search, setting, statistics};
use super::storage::Storage;
use super::telemetry::Telemetry;
use super::{Parts, Server};
use crate::model::job::JobKind;

/// How often the dashboard's hours are brought up to date; whoever opens it brings them up to the moment.
const COUNT_EVERY: Duration = Duration::from_secs(300);
/// How often the rules of alerts are looked at.
const WATCH_EVERY: Duration = Duration::from_secs(60);

/// How often it is looked whether settings were changed elsewhere: by another node, or by the command line.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How often it is looked whether reports of usage are due.
const REPORT_LOOK: Duration = Duration::from_secs(60);

/// How often it is looked whether a backup is due.
const BACKUP_LOOK: Duration = Duration::from_secs(60);

/// Why the server cannot be built: a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    #[error("LIAO_DATA_DIR: the folder {0} cannot be made: {1}")]
    DataDir(String, std::io::Error),
    #[error("LIAO_DATA_DIR: another liao is serving from {0}; stop it, or choose another folder")]
    Taken(String),
    #[error("LIAO_DATA_DIR: {0} cannot be locked: {1}")]
    Lock(String, std::io::Error),
    #[error("LIAO_DATABASE_URL: the database cannot be opened: {0}")]
    Open(sqlx::Error),
    #[error("{0}")]
    Migrate(#[from] MigrateError),
    #[error("{0}")]
    Secret(#[from] SecretError),
    #[error("{0}")]
    Bus(#[from] BusError),
    #[error("LIAO_DATA_DIR: the journal cannot be made: {0}")]
    Journal(std::io::Error),
    #[error("{0}")]
    Files(String),
    #[error("the database cannot be read: {0}")]
    Start(String),
}

/// The server, and what was done to its database.
pub async fn server(config: Config) -> Result<(Server, Report), BootError> {
    logging(config, Logs::default()).await
}

/// The same, which keeps what it logs.
pub async fn logging(config: Config, logs: Logs) -> Result<(Server, Report), BootError> {
    let clock = Clock::default();
    let (db, report) = database(&config, &clock).await?;
    let secret = config.secret.as_ref().map(|secret| secret.expose_secret());
    let rates = LimitConfig::per_ip(config.rates.login.get(), config.rates.register.get());
    let keys = Keys::load_or_create(secret, &config.data_dir)?;
    let generations = Generations::open(&config.data_dir).map_err(BootError::Journal)?;
    let bus = match &config.redis_url {
        Some(url) => Bus::open(url.expose_secret(), &keys.group(), &generations.node)?,
        None => Bus::default(),
    };
    let (node, metrics) = (generations.node.clone(), Metrics::default());
    let server = Server::new(Parts {
        db,
        keys,
        passwords: Passwords::default(),
        registry: Registry::new(sources(&config)),
        generations,
        limits: Limits::shared(&rates, &clock, bus.line().cloned()),
        bus,
        leader: Default::default(),
        quiet: Default::default(),
        storage: Storage::open(&config.files).map_err(BootError::Files)?,
        pictures: Pictures::default(),
        extractor: Default::default(),
        uploads: Default::default(),
        settings: Default::default(),
        mailer: Default::default(),
        bell: Default::default(),
        presence: Default::default(),
        telemetry: Telemetry::open(config.traces.as_ref(), &node, metrics.spans.clone()),
        metrics,
        logs,
        clock,
        config,
    });
    setting::load(&server).await.map_err(|error| BootError::Start(error.to_string()))?;
    provider::start(&server).await.map_err(|error| BootError::Start(error.to_string()))?;
    Ok((server, report))
}

/// Where models come from besides the providers in the database.
fn sources(config: &Config) -> Sources {
    let models = &config.models;
    Sources {
        bounds: models.bounds,
        allowed: config.allowed.clone(),
        openai_key: models.openai_api_key.clone(),
        openai_base_url: models.openai_base_url.clone(),
        ollama_url: models.ollama_url.clone(),
        fake: models.fake,
        model: model_file(models),
    }
}

/// The built-in model's weights.
pub fn model_file(models: &Models) -> ModelFile {
    ModelFile::at(models.file.clone(), models.url.clone(), models.sha256.clone())
}

/// What goes on for as long as the server serves: recovery of what was cut off, then the log, the reaper and the sweeps.
pub async fn background(server: &Server) -> Result<(), BootError> {
    let recovered = generation::recover(server).await.map_err(|error| BootError::Start(error.to_string()))?;
    if recovered > 0 {
        tracing::info!(recovered, "answers that were cut off are marked as interrupted");
    }
    server.metrics.started(server.clock.now());
    let telemetry = server.telemetry.clone();
    tokio::spawn(async move { telemetry.send().await });
    cluster::keep(server).await.map_err(|error| BootError::Start(error.to_string()))?;
    generation::keep(server);
    tokio::spawn(look(server.clone()));
    tokio::spawn(sweep(server.clone()));
    if let Err(cause) = push::start(server).await {
        tracing::warn!(%cause, "devices cannot be told of finished answers");
    }
    if !server.config.role.works() {
        return Ok(());
    }
    search::begin(server).await.map_err(|error| BootError::Start(error.to_string()))?;
    job::start(server);
    tokio::spawn(count(server.clone()));
    tokio::spawn(watch(server.clone()));
    tokio::spawn(report(server.clone()));
    if server.config.backups.is_some() {
        tokio::spawn(back_up(server.clone()));
    }
    Ok(())
}

/// Every few seconds, what administrators set is read again.
async fn look(server: Server) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    let mut silent = false;
    loop {
        ticks.tick().await;
        match setting::load(&server).await {
            Ok(()) => silent = false,
            // Said once: the database may be away for long.
            Err(cause) if !silent => {
                tracing::warn!(%cause, "what administrators set could not be read again; it stays as it was");
                silent = true;
            }
            Err(_) => {}
        }
    }
}

/// Once an hour, this node forgets what it counts in memory, and what has expired in the database is queued to be removed.
async fn sweep(server: Server) {
    let mut ticks = tokio::time::interval(Duration::from_secs(3600));
    loop {
        ticks.tick().await;
        server.limits.sweep();
        server.presence.sweep(server.clock.now());
        if !cluster::leads(&server) {
            continue;
        }
        if let Err(cause) = job::enqueue(&server, NewJob::new(JobKind::Sweep, Value::Null)).await {
            tracing::error!(%cause, "removing what has expired could not be queued");
        }
    }
}

/// Every few minutes, what the ledger has new is queued to be counted for the dashboard.
async fn count(server: Server) {
    let mut ticks = tokio::time::interval(COUNT_EVERY);
    loop {
        ticks.tick().await;
        if !cluster::leads(&server) {
            continue;
        }
        if let Err(cause) = statistics::queue(&server).await {
            tracing::error!(%cause, "counting for the dashboard could not be queued");
        }
    }
}

/// Every minute, the rules of alerts are queued to be looked at.
async fn watch(server: Server) {
    let mut ticks = tokio::time::interval(WATCH_EVERY);
    loop {
        ticks.tick().await;
        if !cluster::leads(&server) {
            continue;
        }
        if let Err(cause) = alert::queue(&server).await {
            tracing::error!(%cause, "looking at the rules of alerts could not be queued");
        }
    }
}

/// Every few minutes, writing the reports of use that are due is queued.
async fn report(server: Server) {
    let mut ticks = tokio::time::interval(REPORT_LOOK);
    loop {
        ticks.tick().await;
        if !cluster::leads(&server) {
            continue;
        }
        if let Err(cause) = digest::queue(&server).await {
            tracing::error!(%cause, "writing reports of usage could not be queued");
        }
    }
}

/// When it is time, a backup is queued.
async fn back_up(server: Server) {
    let mut ticks = tokio::time::interval(BACKUP_LOOK);
    loop {
        ticks.tick().await;
        if let Err(cause) = backup::queue(&server).await {
            tracing::error!(%cause, "a scheduled backup could not be queued");
        }
    }
}

/// The database, up to date. A failing migration leaves it as it was and closed.
pub async fn database(config: &Config, clock: &Clock) -> Result<(Db, Report), BootError> {
    make_folder(config)?;
    let db = Db::open(config.database_url.expose_secret()).await.map_err(BootError::Open)?;
    let stamp = clock.now().format("%Y%m%dT%H%M%SZ").to_string();
    match db.migrate(Some(&config.data_dir.join("backups")), &stamp).await {
        Ok(report) => Ok((db, report)),
        Err(error) => {
            db.close().await;
            Err(error.into())
        }
    }
}

/// Makes the data folder, for our eyes only, if it is not there.
fn make_folder(config: &Config) -> Result<(), BootError> {
    let folder = &config.data_dir;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| BootError::DataDir(folder.display().to_string(), error))
}

/// One server to a data folder: at start, a second one would take the first one's running answers for dead.
/// The lock goes with the process, however it ends.
pub fn lock(config: &Config) -> Result<File, BootError> {
    make_folder(config)?;
    let path = config.data_dir.join("liao.lock");
    let broken = |error| BootError::Lock(path.display().to_string(), error);
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(broken)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BootError::Taken(config.data_dir.display().to_string())),
        Err(TryLockError::Error(error)) => Err(broken(error)),
    }
}
