//! Backups: the database as it was at one moment, the files, and the generated secret, in one encrypted file.
//!
//! `seal` encrypts a stream, `archive` puts entries with checksums into it, `write` and `read` say what the entries are.

mod archive;
mod read;
mod seal;
#[cfg(test)]
mod tests;
mod write;

use std::io;
use std::path::PathBuf;

pub use read::{check, restore};
use serde::{Deserialize, Serialize};
pub use write::{Source, backup};

use super::error::Error;

/// Shortest passphrase, in characters: the file may lie where anybody can try.
pub const PASSPHRASE_MIN: usize = 12;

/// Why a backup was not made, or not restored: a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("The passphrase needs at least {PASSPHRASE_MIN} characters.")]
    Passphrase,
    #[error("{0} is there already, and is not overwritten.")]
    Taken(PathBuf),
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    #[error("The backup cannot be read: {0}")]
    Broken(#[from] io::Error),
    #[error("This is a backup of {found}, but LIAO_DATABASE_URL names {wanted}: it can be restored only into the same kind of database.")]
    Engine { found: String, wanted: &'static str },
    #[error(
        "The backup was made by a newer version (its database has migration {found}, this program knows {known}): restore it with that one."
    )]
    Newer { found: i64, known: i64 },
    #[error("There is something already: {0}. A backup is restored only where nothing is, so that nothing can be lost.")]
    NotEmpty(String),
    #[error("There is no database at {0}: nothing to back up.")]
    Nothing(PathBuf),
    #[error("The secret was changed meanwhile (`liao secret rotate`): back up again when it is done.")]
    Rotated,
    #[error("The database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("The database could not be brought up: {0}")]
    Migrate(#[from] super::db::MigrateError),
    #[error("{0}")]
    Store(#[from] Error),
}

/// What a backup says of itself before its entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Of the program that made it.
    pub version: String,
    /// `SQLite` or `PostgreSQL`.
    pub engine: String,
    /// The last migration that the database had.
    pub schema: i64,
    /// RFC 3339.
    pub made_at: String,
    /// The secret is among the entries; else it is `LIAO_SECRET`, which has to be kept elsewhere.
    pub secret: bool,
}

/// What was written, or found.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub head: Head,
    pub entries: u64,
    /// Bytes of all entries.
    pub bytes: u64,
}

/// Where the database's entries begin: the whole file of SQLite, or a table each.
const DATABASE: &str = "database/";
/// The file of SQLite.
const SQLITE: &str = "database/liao.db";
const FILES: &str = "files/";
const SECRET: &str = "secret";
