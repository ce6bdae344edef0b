//! Where the server's secret comes from: `LIAO_SECRET`, or a file that is made on the first start.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Keys, random_token};

/// Shortest secret, in characters.
pub const SECRET_MIN: usize = 32;

/// Why there are no keys; each is a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("LIAO_SECRET needs at least {SECRET_MIN} characters; it has {0}. Make one with: openssl rand -base64 48")]
    TooShort(usize),
    #[error(
        "The secret file {0} is damaged: it holds fewer than {SECRET_MIN} characters. Restore it from a backup, or remove it: then everybody is signed out and stored API keys have to be entered again."
    )]
    Damaged(String),
    #[error("The secret file {0} cannot be used: {1}")]
    File(String, std::io::Error),
    #[error(
        "A change of the secret was cut off: {0} is there. Run `liao secret rotate` again: it finds out which of the two holds, and ends it."
    )]
    Rotating(String),
}

impl Keys {
    /// Keys from this secret (the value of `LIAO_SECRET`), else from `data_dir/secret`, which is made (mode 0600) if it is not there.
    pub fn load_or_create(secret: Option<&str>, data_dir: &Path) -> Result<Self, SecretError> {
        if let Some(secret) = secret.map(str::trim).filter(|secret| !secret.is_empty()) {
            let length = secret.chars().count();
            return if length < SECRET_MIN { Err(SecretError::TooShort(length)) } else { Ok(Self::from_secret(secret.as_bytes())) };
        }
        let kept = SecretFile::of(data_dir);
        if kept.next.exists() {
            return Err(SecretError::Rotating(kept.next.display().to_string()));
        }
        let path = kept.path;
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(&path),
            other => other,
        }
        .map_err(|error| SecretError::File(name.clone(), error))?;
        if text.trim().chars().count() < SECRET_MIN {
            return Err(SecretError::Damaged(name));
        }
        warn_if_readable_by_others(&path);
        Ok(Self::from_secret(text.trim().as_bytes()))
    }
}

/// The generated secret in the data folder, and the one that is about to take its place.
pub struct SecretFile {
    pub path: PathBuf,
    /// It is there from before the database is written anew until it has taken the other's place.
    pub next: PathBuf,
}

impl SecretFile {
    pub fn of(data_dir: &Path) -> Self {
        Self { path: data_dir.join("secret"), next: data_dir.join("secret.new") }
    }

    /// Puts the next secret beside the one that holds, readable by its owner only; what a cut-off change left is overwritten.
    pub fn put_next(&self, secret: &str) -> std::io::Result<()> {
        self.drop_next()?;
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.next)?;
        file.write_all(secret.as_bytes())?;
        file.sync_all()?;
        self.sync()
    }

    /// The next secret is the one that holds.
    pub fn adopt_next(&self) -> std::io::Result<()> {
        std::fs::rename(&self.next, &self.path)?;
        self.sync()
    }

    /// There is no next secret.
    pub fn drop_next(&self) -> std::io::Result<()> {
        match std::fs::remove_file(&self.next) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => self.sync(),
        }
    }

    /// A power cut does not bring back what a folder held before.
    fn sync(&self) -> std::io::Result<()> {
        std::fs::File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// Makes the file whole or not at all; of two servers that start at once both use the one that was first.
fn create(path: &Path) -> std::io::Result<String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let draft = folder.join(format!(".secret-{}", random_token()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(random_token().as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => std::fs::read_to_string(path),
    }
}

fn warn_if_readable_by_others(path: &Path) {
    let mode = std::fs::metadata(path).map(|m| m.permissions().mode()).unwrap_or(0);
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), mode = format!("{:o}", mode & 0o777), "the secret file can be read by others; chmod it to 600");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_private_and_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::load_or_create(None, &folder.path().join("data")).unwrap();
        let path = folder.path().join("data/secret");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let second = Keys::load_or_create(Some(""), &folder.path().join("data")).unwrap();
        let context = crate::server::crypto::Place::MailServer.alone();
        let sealed = first.encrypt(b"x", &context).unwrap();
        assert_eq!(second.decrypt(&sealed, &context).unwrap(), b"x");
        assert_eq!(std::fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_short_secret_and_a_damaged_file_are_refused_with_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let Err(error) = Keys::load_or_create(Some("short"), folder.path()) else { panic!("accepted") };
        assert!(error.to_string().starts_with("LIAO_SECRET needs at least 32 characters; it has 5."));
        assert!(!folder.path().join("secret").exists());
        std::fs::write(folder.path().join("secret"), "").unwrap();
        assert!(matches!(Keys::load_or_create(None, folder.path()), Err(SecretError::Damaged(_))));
        assert!(Keys::load_or_create(Some(&"x".repeat(32)), folder.path()).is_ok());
    }

    #[test]
    fn nothing_starts_while_two_secrets_are_there() {
        let folder = tempfile::tempdir().unwrap();
        Keys::load_or_create(None, folder.path()).unwrap();
        let kept = SecretFile::of(folder.path());
        kept.put_next(&"n".repeat(40)).unwrap();
        assert_eq!(std::fs::metadata(&kept.next).unwrap().permissions().mode() & 0o777, 0o600);
        let Err(error) = Keys::load_or_create(None, folder.path()) else { panic!("started") };
        assert!(error.to_string().contains("liao secret rotate"), "{error}");
        kept.adopt_next().unwrap();
        assert_eq!(std::fs::read_to_string(&kept.path).unwrap(), "n".repeat(40));
        assert!(Keys::load_or_create(None, folder.path()).is_ok());
    }
}
