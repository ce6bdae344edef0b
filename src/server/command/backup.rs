//! `liao backup` and `liao restore`: everything into one encrypted file, and back to where nothing is.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::ExposeSecret;

use super::Failure;
use crate::server::backup::{self, BackupError, Source, Summary};
use crate::server::boot;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::db::Db;
use crate::server::storage::Storage;

pub const BACKUP_EXAMPLES: &str = "Examples:
  LIAO_BACKUP_PASSPHRASE=… liao backup /var/backups/liao/2026-11-26.liao
  liao backup today.liao --passphrase-file /etc/liao/passphrase

The server may go on running. The file holds the database, the files and the generated secret; without the passphrase nobody can read it,
you neither. A LIAO_SECRET of the environment is not in it.";

pub const RESTORE_EXAMPLES: &str = "Examples:
  liao restore today.liao --check                      only read it, and say whether it is whole
  LIAO_DATA_DIR=/srv/liao liao restore today.liao      into a new folder
  LIAO_DATABASE_URL=postgres://liao@db/new liao restore today.liao

Nothing is overwritten: the database, the files and the folder have to be empty. The server must not run.";

/// Which file, and who can read it.
#[derive(Debug, Args)]
pub struct Target {
    /// The file.
    file: PathBuf,
    /// A file whose first line is the passphrase; else LIAO_BACKUP_PASSPHRASE.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        Self::Other(error.to_string())
    }
}

impl Target {
    fn passphrase(&self, config: &Config) -> Result<String, Failure> {
        let Some(file) = &self.passphrase_file else {
            let named = config.backup_passphrase.as_ref().map(|passphrase| passphrase.expose_secret().to_owned());
            return named.ok_or_else(|| Failure::Other("a backup needs a passphrase: LIAO_BACKUP_PASSPHRASE, or --passphrase-file".into()));
        };
        let text = std::fs::read_to_string(file).map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

/// `liao backup`
pub async fn make(target: Target, config: Config) -> Result<(), Failure> {
    let passphrase = target.passphrase(&config)?;
    let url = config.database_url.expose_secret();
    if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))
        && !Path::new(path).exists()
    {
        // Opening it would make one.
        return Err(BackupError::Nothing(path.into()).into());
    }
    let db = Db::open(url).await.map_err(BackupError::from)?;
    let storage = Storage::open(&config.files).map_err(Failure::Other)?;
    let of = Source { config: &config, db: &db, storage: &storage, clock: &Clock::default() };
    let made = backup::backup(&of, &target.file, &passphrase).await;
    db.close().await;
    let summary = made?;
    println!("{} holds {}, and was read again.", target.file.display(), sentence(&summary));
    if !summary.head.secret {
        println!("LIAO_SECRET is not in it: keep it elsewhere, or stored keys cannot be read after a restore.");
    }
    Ok(())
}

/// `liao restore`
pub async fn restore(target: Target, check: bool, config: Config) -> Result<(), Failure> {
    let passphrase = target.passphrase(&config)?;
    if check {
        let summary = backup::check(&target.file, &passphrase)?;
        println!("{} is whole: {}.", target.file.display(), sentence(&summary));
        return Ok(());
    }
    let _lock = boot::lock(&config)?;
    let summary = backup::restore(&config, &target.file, &passphrase).await?;
    println!("Restored {}. `liao serve` brings the database up to date if this program is newer.", sentence(&summary));
    Ok(())
}

/// What a backup holds, for people.
fn sentence(summary: &Summary) -> String {
    let Summary { head, entries, bytes } = summary;
    let mib = *bytes as f64 / 1024.0 / 1024.0;
    format!("{entries} entries ({mib:.1} MiB) of Liao {} with {}, from {}", head.version, head.engine, head.made_at)
}
