//! Backups that the server makes by itself.

use std::num::NonZeroU32;
use std::path::PathBuf;

use secrecy::SecretString;

use super::settings::{ConfigError, Settings};
use crate::server::backup::PASSPHRASE_MIN;

/// Where backups go, how often one is made, and how many stay.
#[derive(Clone, Debug)]
pub struct Backups {
    /// `LIAO_BACKUP_DIR`
    pub dir: PathBuf,
    /// `LIAO_BACKUP_HOURS`: between two of them.
    pub hours: NonZeroU32,
    /// `LIAO_BACKUP_KEEP`: older ones are removed.
    pub keep: NonZeroU32,
    /// `LIAO_BACKUP_PASSPHRASE`
    pub passphrase: SecretString,
}

pub(super) fn backups(s: &Settings) -> Result<Option<Backups>, ConfigError> {
    let hours = s.parse("LIAO_BACKUP_HOURS", "a whole number of hours, at least 1")?;
    let keep = s.parse("LIAO_BACKUP_KEEP", "a whole number of backups, at least 1")?;
    let Some(dir) = s.optional("LIAO_BACKUP_DIR") else { return Ok(None) };
    let passphrase = s.optional("LIAO_BACKUP_PASSPHRASE").filter(|text| text.chars().count() >= PASSPHRASE_MIN);
    let Some(passphrase) = passphrase else {
        let expected = format!("at least {PASSPHRASE_MIN} characters where LIAO_BACKUP_DIR is set: nobody is there to type it");
        return Err(s.wrong("LIAO_BACKUP_PASSPHRASE", &expected));
    };
    Ok(Some(Backups { dir: dir.into(), hours, keep, passphrase: passphrase.into() }))
}
