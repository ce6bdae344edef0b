//! Another secret in the place of the old one: everything that is stored encrypted is written anew, all of it or nothing.
//!
//! The generated secret is a file, and no transaction holds a file and a database together. So the next secret is put beside the
//! old one first, takes its place after the commit, and whoever finds both tries which of them reads what is stored.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::config::Config;
use super::crypto::{Keys, Place, SECRET_MIN, SecretFile, random_token};
use super::db::Db;
use super::error::Error;

/// Why the secret is the one that it was: a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error("There is no secret yet in {0}: the server makes one when it starts first.")]
    NoSecret(PathBuf),
    #[error(
        "LIAO_SECRET holds the secret, so the new one has to be given: LIAO_NEW_SECRET, or --new-secret-file (try: openssl rand -base64 48)."
    )]
    NotGiven,
    #[error("The new secret needs at least {SECRET_MIN} characters.")]
    TooShort,
    #[error("The new secret is the old one.")]
    Same,
    #[error(
        "What is stored for \"{0}\" cannot be read with the present secret. Nothing was changed. With --leave-unreadable it stays as it is, and the rest is changed."
    )]
    Unreadable(String),
    #[error("{0}: {1}. Nothing was changed.")]
    File(PathBuf, io::Error),
    #[error("The database is under the new secret, but {0} could not take the old one's place: {1}. Run `liao secret rotate` again.")]
    Adopt(PathBuf, io::Error),
    #[error("The database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Crypto(#[from] Error),
}

/// What is to be changed.
pub struct Wish<'a> {
    pub config: &'a Config,
    pub db: &'a Db,
    /// The new secret; none: one is generated, where the old one was.
    pub new: Option<String>,
    /// What cannot be read before it stays unreadable, instead of being a reason to change nothing.
    pub leave_unreadable: bool,
}

/// What was changed.
#[derive(Debug, PartialEq)]
pub struct Rotation {
    /// How many there are of each kind.
    pub places: Vec<(Place, u64)>,
    /// What could not be read before either, by what it is bound to.
    pub left: Vec<String>,
    /// The database was under the new secret already: an earlier change was cut off, and is now ended.
    pub resumed: bool,
}

/// Puts another secret in the place of the one that holds. No server may use the database meanwhile.
pub async fn rotate(wish: &Wish<'_>) -> Result<Rotation, RotationError> {
    if wish.new.as_ref().is_some_and(|new| new.chars().count() < SECRET_MIN) {
        return Err(RotationError::TooShort);
    }
    match &wish.config.secret {
        Some(old) => in_environment(wish, old.expose_secret()).await,
        None => in_file(wish, &SecretFile::of(&wish.config.data_dir)).await,
    }
}

/// Whoever set `LIAO_SECRET` sets it to the new one afterwards.
async fn in_environment(wish: &Wish<'_>, old: &str) -> Result<Rotation, RotationError> {
    let new = wish.new.as_deref().ok_or(RotationError::NotGiven)?;
    let (before, after) = (look(wish.db, old).await?, look(wish.db, new).await?);
    if after.left.len() < before.left.len() {
        return Ok(Rotation { resumed: true, ..after });
    }
    anew(wish, old, new).await
}

async fn in_file(wish: &Wish<'_>, file: &SecretFile) -> Result<Rotation, RotationError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| RotationError::File(path, error)
    };
    let old = text(&file.path)?.ok_or_else(|| RotationError::NoSecret(file.path.clone()))?;
    if let Some(next) = text(&file.next)? {
        let (before, after) = (look(wish.db, &old).await?, look(wish.db, &next).await?);
        if after.left.len() < before.left.len() {
            file.adopt_next().map_err(|error| RotationError::Adopt(file.next.clone(), error))?;
            return Ok(Rotation { resumed: true, ..after });
        }
        file.drop_next().map_err(failed(&file.next))?;
    }
    let new = wish.new.clone().unwrap_or_else(random_token);
    file.put_next(&new).map_err(failed(&file.next))?;
    let done = anew(wish, &old, &new).await;
    match &done {
        Ok(_) => file.adopt_next().map_err(|error| RotationError::Adopt(file.next.clone(), error))?,
        // Whether it was committed is not known for sure, then both stay, and the next run finds out.
        Err(RotationError::Database(_)) if !is_as_it_was(wish.db, &old, &new).await => {}
        Err(_) => file.drop_next().map_err(failed(&file.next))?,
    }
    done
}

/// Whether the database is known to be under the old secret.
async fn is_as_it_was(db: &Db, old: &str, new: &str) -> bool {
    let (Ok(before), Ok(after)) = (look(db, old).await, look(db, new).await) else { return false };
    before.left.len() <= after.left.len()
}

/// The text of a secret file, if it is there.
fn text(path: &Path) -> Result<Option<String>, RotationError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RotationError::File(path.to_owned(), error)),
    }
}

/// Decrypts everything with the old secret and encrypts it with the new one.
async fn anew(wish: &Wish<'_>, old: &str, new: &str) -> Result<Rotation, RotationError> {
    if old == new {
        return Err(RotationError::Same);
    }
    let (old, new, left) = (Keys::from_secret(old.as_bytes()), Keys::from_secret(new.as_bytes()), RefCell::new(Vec::new()));
    let places = wish.db.reseal(|context, sealed| match old.decrypt(sealed, context) {
        Ok(plain) => Ok(Some(new.encrypt(&plain, context)?)),
        Err(_) if wish.leave_unreadable => {
            left.borrow_mut().push(context.to_string());
            Ok(None)
        }
        Err(_) => Err(RotationError::Unreadable(context.to_string())),
    });
    let places = places.await?;
    Ok(Rotation { places, left: left.into_inner(), resumed: false })
}

/// What is there, and what of it this secret cannot read. Nothing is changed.
async fn look(db: &Db, secret: &str) -> Result<Rotation, RotationError> {
    let (keys, left) = (Keys::from_secret(secret.as_bytes()), RefCell::new(Vec::new()));
    let places = db.reseal(|context, sealed| {
        if keys.decrypt(sealed, context).is_err() {
            left.borrow_mut().push(context.to_string());
        }
        Ok::<_, RotationError>(None)
    });
    let places = places.await?;
    Ok(Rotation { places, left: left.into_inner(), resumed: false })
}
