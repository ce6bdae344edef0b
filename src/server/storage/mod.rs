//! Files that are too large for the database: pictures and exports. A local folder, or an S3-compatible store.
//!
//! Keys are paths like `avatar/0f…-48.webp`, made by services; nothing that a user typed becomes part of one.

mod archive;
mod s3;
#[cfg(test)]
mod tests;

use std::fs::DirBuilder;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;

pub use archive::Archive;
pub use axum::body::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::io::AsyncReadExt;

use super::config::Files;
use super::error::{Error, Result};

/// Bytes of a file that are read at a time on its way into the store.
const READ: usize = 256 * 1024;

/// Where files are kept. A cheap handle.
#[derive(Clone)]
pub struct Storage(Arc<dyn ObjectStore>);

/// A file on its way out, piece by piece.
pub type Pieces = BoxStream<'static, Result<Bytes>>;

impl Storage {
    /// Opens what the configuration names. The sentence of the error is for the administrator.
    pub fn open(files: &Files) -> std::result::Result<Self, String> {
        match &files.s3 {
            Some(bucket) => s3::open(bucket).map(Self),
            None => {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(&files.dir);
                made.map_err(|error| format!("LIAO_FILES_DIR: the folder {} cannot be made: {error}", files.dir.display()))?;
                let store = LocalFileSystem::new_with_prefix(&files.dir);
                let store = store.map_err(|error| format!("LIAO_FILES_DIR: {} cannot be used: {error}", files.dir.display()))?;
                Ok(Self(Arc::new(store.with_automatic_cleanup(true).with_fsync(true))))
            }
        }
    }

    /// Keeps these bytes under the key: all of them, or none.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<()> {
        self.0.put(&path(key)?, bytes.into()).await.map(drop).map_err(failed)
    }

    /// Keeps a copy of the file under the key without holding it in memory; answers its size in bytes.
    pub async fn put_file(&self, key: &str, file: &std::path::Path) -> Result<u64> {
        let mut file = tokio::fs::File::open(file).await.map_err(Error::internal)?;
        let mut upload = WriteMultipart::new(self.0.put_multipart(&path(key)?).await.map_err(failed)?);
        let (mut size, mut buffer) = (0, vec![0; READ]);
        loop {
            let read = file.read(&mut buffer).await;
            let n = match read {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) => {
                    // What was sent so far is of no use; that it could not be taken back changes nothing.
                    let _ = upload.abort().await;
                    return Err(Error::internal(error));
                }
            };
            // Parts that are on their way are held in memory.
            upload.wait_for_capacity(2).await.map_err(failed)?;
            upload.write(&buffer[..n]);
            size += n as u64;
        }
        upload.finish().await.map_err(failed)?;
        Ok(size)
    }

    /// Whether there is such a file.
    pub async fn has(&self, key: &str) -> Result<bool> {
        match self.0.head(&path(key)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// The whole of a file; absent: there is none.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        match self.0.get(&path(key)?).await {
            Ok(found) => found.bytes().await.map(Some).map_err(failed),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// These bytes of a file, as they are read; absent: there is no such file.
    pub async fn stream(&self, key: &str, range: Range<u64>) -> Result<Option<Pieces>> {
        let options = GetOptions::new().with_range(Some(GetRange::Bounded(range)));
        match self.0.get_opts(&path(key)?, options).await {
            Ok(found) => Ok(Some(found.into_stream().map_err(failed).boxed())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Removes a file; one that is not there is fine.
    pub async fn delete(&self, key: &str) -> Result<()> {
        match self.0.delete(&path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// The keys in this folder, at any depth, of files that were written before this time.
    pub async fn list(&self, folder: &str, before: DateTime<Utc>) -> Result<Vec<String>> {
        let found: Vec<_> = self.0.list(Some(&path(folder)?)).try_collect().await.map_err(failed)?;
        Ok(found.into_iter().filter(|file| file.last_modified < before).map(|file| file.location.to_string()).collect())
    }

    /// Every file that was written before this time: its key and its size in bytes.
    pub async fn all(&self, before: DateTime<Utc>) -> Result<Vec<(String, u64)>> {
        let found: Vec<_> = self.0.list(None).try_collect().await.map_err(failed)?;
        Ok(found.into_iter().filter(|file| file.last_modified < before).map(|file| (file.location.to_string(), file.size)).collect())
    }

    /// Removes every file of this folder.
    pub async fn delete_folder(&self, folder: &str) -> Result<()> {
        for key in self.list(folder, DateTime::<Utc>::MAX_UTC).await? {
            self.delete(&key).await?;
        }
        Ok(())
    }
}

fn path(key: &str) -> Result<Path> {
    Path::parse(key).map_err(Error::internal)
}

fn failed(error: object_store::Error) -> Error {
    Error::internal(format!("the file store failed: {error}"))
}
