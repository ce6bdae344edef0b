//! A new SQLite file: it has its name when everything is in it, and is not there before.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::TransferError;

/// Removed when it is dropped, unless it was kept.
pub(super) struct NewFile {
    part: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Makes it beside its place, for our eyes only. Errors: `Taken`, `File`.
    pub(super) fn make(path: PathBuf) -> Result<Self, TransferError> {
        if path.exists() {
            return Err(TransferError::Taken(path));
        }
        let new = Self { part: beside(&path, ".part"), path };
        // What another try has left.
        new.remove();
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new.part);
        match made {
            Ok(_) => Ok(new),
            Err(error) => Err(TransferError::File(new.part.clone(), error)),
        }
    }

    /// The address to open it by.
    pub(super) fn url(&self) -> String {
        format!("sqlite://{}", self.part.display())
    }

    /// Gives it its name, once its connections are closed. Errors: `Taken`, `File`.
    pub(super) fn keep(self) -> Result<(), TransferError> {
        if self.path.exists() {
            return Err(TransferError::Taken(self.path.clone()));
        }
        let named = std::fs::rename(&self.part, &self.path);
        named.map_err(|error| TransferError::File(self.path.clone(), error))
    }

    fn remove(&self) {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let _ = std::fs::remove_file(beside(&self.part, ending));
        }
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The path with something more at its end.
fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}
