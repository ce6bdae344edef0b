//! Checking a backup, and restoring it: only all of it, only after it was checked, and only where nothing is.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::archive::{Part, Reader};
use super::{BackupError, DATABASE, FILES, SECRET, SQLITE, Summary};
use crate::server::config::Config;
use crate::server::db::{Db, Loaded};
use crate::server::storage::Storage;

type In = Reader<BufReader<File>>;

fn opened(from: &Path, passphrase: &str) -> Result<In, BackupError> {
    let file = File::open(from).map_err(|error| BackupError::File(from.to_owned(), error))?;
    Ok(Reader::new(BufReader::with_capacity(256 * 1024, file), passphrase)?)
}

/// Reads all of a backup, and answers what it is if every byte of it is as it was written.
pub fn check(from: &Path, passphrase: &str) -> Result<Summary, BackupError> {
    let mut archive = opened(from, passphrase)?;
    loop {
        if let Part::Done(summary) = archive.next()? {
            return Ok(summary);
        }
    }
}

/// The file of the database, where it is SQLite's.
pub(super) fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let url = config.database_url.expose_secret();
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    Some(path.split('?').next().unwrap_or(path).into())
}

/// Puts a backup where nothing is.
pub async fn restore(config: &Config, from: &Path, passphrase: &str) -> Result<Summary, BackupError> {
    let summary = check(from, passphrase)?;
    let file = sqlite_file(config);
    let wanted = if file.is_some() { "SQLite" } else { "PostgreSQL" };
    if summary.head.engine != wanted {
        return Err(BackupError::Engine { found: summary.head.engine, wanted });
    }
    let known = Db::newest_schema();
    if summary.head.schema > known {
        return Err(BackupError::Newer { found: summary.head.schema, known });
    }
    let storage = Storage::open(&config.files).map_err(BackupError::NotEmpty)?;
    is_empty(config, &storage, file.as_deref(), summary.head.secret).await?;
    let mut archive = opened(from, passphrase)?;
    let next = match &file {
        Some(file) => load_sqlite(&mut archive, file)?,
        None => load_postgres(config, &mut archive, summary.head.schema).await?,
    };
    load_files(config, &storage, &mut archive, next).await?;
    Ok(summary)
}

async fn is_empty(config: &Config, storage: &Storage, file: Option<&Path>, secret: bool) -> Result<(), BackupError> {
    let there = |what: String| Err(BackupError::NotEmpty(what));
    if let Some(file) = file.filter(|file| file.exists()) {
        return there(format!("the database {}", file.display()));
    }
    if file.is_none() {
        let db = Db::open(config.database_url.expose_secret()).await?;
        let tables = db.tables().await;
        db.close().await;
        if let Some(table) = tables?.first() {
            return there(format!("the database has a table {table}"));
        }
    }
    if secret && config.data_dir.join("secret").exists() {
        return there(format!("a secret in {}", config.data_dir.display()));
    }
    if let Some((key, _)) = storage.all(chrono::DateTime::<chrono::Utc>::MAX_UTC).await?.first() {
        return there(format!("the file {key} in the store"));
    }
    Ok(())
}

fn new_file(path: &Path) -> Result<File, BackupError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| BackupError::File(path.to_owned(), error))
}

/// What follows the database: the name of the next entry, if there is one.
type Next = Option<String>;

fn unexpected() -> BackupError {
    BackupError::Broken(io::Error::other("its parts are not in their order"))
}

fn load_sqlite(archive: &mut In, file: &Path) -> Result<Next, BackupError> {
    if !matches!(archive.next()?, Part::Begin(name) if name == SQLITE) {
        return Err(unexpected());
    }
    content(archive, file)?;
    next_entry(archive)
}

/// The content of an entry, as a new file.
fn content(archive: &mut In, path: &Path) -> Result<(), BackupError> {
    let mut file = new_file(path)?;
    loop {
        match archive.next()? {
            Part::Data(bytes) => file.write_all(&bytes).map_err(|error| BackupError::File(path.to_owned(), error))?,
            Part::End => return file.sync_all().map_err(|error| BackupError::File(path.to_owned(), error)),
            _ => return Err(unexpected()),
        }
    }
}

fn next_entry(archive: &mut In) -> Result<Next, BackupError> {
    match archive.next()? {
        Part::Begin(name) => Ok(Some(name)),
        Part::Done(_) => Ok(None),
        _ => Err(unexpected()),
    }
}

async fn load_postgres(config: &Config, archive: &mut In, schema: i64) -> Result<Next, BackupError> {
    let db = Db::open(config.database_url.expose_secret()).await?;
    let mut after = None;
    let loaded = db
        .copy_in(schema, || {
            Ok(match archive.next()? {
                Part::Begin(name) => match name.strip_prefix(DATABASE) {
                    Some(table) => Some(Loaded::Table(table.to_owned())),
                    None => {
                        after = Some(name);
                        None
                    }
                },
                Part::Data(rows) => Some(Loaded::Rows(rows)),
                Part::End => Some(Loaded::End),
                Part::Done(_) => None,
            })
        })
        .await;
    db.close().await;
    loaded?;
    Ok(after)
}

async fn load_files(config: &Config, storage: &Storage, archive: &mut In, mut next: Next) -> Result<(), BackupError> {
    let part = config.data_dir.join("restoring.part");
    while let Some(name) = next {
        let _ = std::fs::remove_file(&part);
        content(archive, &part)?;
        match name.strip_prefix(FILES) {
            Some(key) => _ = storage.put_file(key, &part).await?,
            None if name == SECRET => {
                let secret = config.data_dir.join(SECRET);
                std::fs::rename(&part, &secret).map_err(|error| BackupError::File(secret, error))?;
            }
            None => return Err(unexpected()),
        }
        next = next_entry(archive)?;
    }
    let _ = std::fs::remove_file(&part);
    Ok(())
}
