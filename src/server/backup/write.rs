//! Making a backup, also while the server runs: the database at one moment first, then the files that it may name.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use futures::TryStreamExt;

use super::archive::Writer;
use super::read::{check, sqlite_file};
use super::{BackupError, DATABASE, FILES, Head, PASSPHRASE_MIN, SECRET, SQLITE, Summary};
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::crypto::SecretFile;
use crate::server::db::{Copied, Db};
use crate::server::storage::Storage;

/// Bytes that are read at a time.
const READ: usize = 256 * 1024;

type Out = Writer<BufWriter<File>>;

/// What is backed up, and the clock that says when.
pub struct Source<'a> {
    pub config: &'a Config,
    pub db: &'a Db,
    pub storage: &'a Storage,
    pub clock: &'a Clock,
}

/// Writes everything that is needed to go on elsewhere into one new file, and reads it again to see that it is there.
pub async fn backup(of: &Source<'_>, to: &Path, passphrase: &str) -> Result<Summary, BackupError> {
    if passphrase.chars().count() < PASSPHRASE_MIN {
        return Err(BackupError::Passphrase);
    }
    if to.exists() {
        return Err(BackupError::Taken(to.to_owned()));
    }
    // It has its name when it is whole.
    let part = beside(to, "part");
    let made = write(of, &part, passphrase).await;
    let checked = made.and_then(|written| {
        let found = check(&part, passphrase)?;
        if found == written { Ok(found) } else { Err(BackupError::Broken(io::Error::other("it is not what was written"))) }
    });
    let named = checked.and_then(|summary| {
        std::fs::rename(&part, to).map_err(|error| BackupError::File(to.to_owned(), error))?;
        Ok(summary)
    });
    if named.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    named
}

/// The path with something more at its end.
fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{more}"));
    name.into()
}

async fn write(of: &Source<'_>, to: &Path, passphrase: &str) -> Result<Summary, BackupError> {
    let Source { config, db, storage, clock } = of;
    let failed = |error| BackupError::File(to.to_owned(), error);
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to).map_err(failed)?;
    let secret = secret(config)?;
    let head = Head {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine: db.engine().to_owned(),
        schema: db.schema().await?,
        made_at: clock.now().to_rfc3339(),
        secret: secret.is_some(),
    };
    let mut out = Writer::new(BufWriter::new(file), passphrase, head).map_err(failed)?;
    database(config, db, to, &mut out).await?;
    files(storage, clock, &mut out).await?;
    if self::secret(config)? != secret {
        return Err(BackupError::Rotated);
    }
    if let Some(secret) = secret {
        out.whole(SECRET, &secret).map_err(failed)?;
    }
    let (mut file, summary) = out.finish().map_err(failed)?;
    file.flush().and_then(|()| file.get_ref().sync_all()).map_err(failed)?;
    Ok(summary)
}

/// The generated secret, where that is the one that holds. Database and secret have to be of one time.
fn secret(config: &Config) -> Result<Option<Vec<u8>>, BackupError> {
    if config.secret.is_some() {
        return Ok(None);
    }
    let kept = SecretFile::of(&config.data_dir);
    if kept.next.exists() {
        return Err(BackupError::Rotated);
    }
    Ok(std::fs::read(kept.path).ok())
}

async fn database(config: &Config, db: &Db, to: &Path, out: &mut Out) -> Result<(), BackupError> {
    if sqlite_file(config).is_none() {
        let copied = |part: Copied<'_>| match part {
            Copied::Table(name) => out.begin(&format!("{DATABASE}{name}")),
            Copied::Rows(rows) => out.data(rows),
            Copied::End => out.end(),
        };
        return Ok(db.copy_out(copied).await?);
    }
    // A copy of one moment, made by SQLite itself while others write.
    let copy = beside(to, "db");
    let _ = std::fs::remove_file(&copy);
    let taken = async {
        db.copy_to(&copy).await?;
        let mut file = File::open(&copy)?;
        out.begin(SQLITE)?;
        let mut buffer = vec![0; READ];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                n => out.data(&buffer[..n])?,
            }
        }
        out.end()?;
        Ok(())
    };
    let done = taken.await;
    let _ = std::fs::remove_file(&copy);
    done
}

/// Files come after the database: what it names was there, unless somebody deleted it meanwhile.
async fn files(storage: &Storage, clock: &Clock, out: &mut Out) -> Result<(), BackupError> {
    for (key, size) in storage.all(clock.now()).await? {
        // Of nothing there is no part to ask for.
        let pieces = if size == 0 { Some(None) } else { storage.stream(&key, 0..size).await?.map(Some) };
        let Some(pieces) = pieces else { continue };
        out.begin(&format!("{FILES}{key}"))?;
        if let Some(mut pieces) = pieces {
            while let Some(piece) = pieces.try_next().await? {
                out.data(&piece)?;
            }
        }
        out.end()?;
    }
    Ok(())
}
