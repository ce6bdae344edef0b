//! The job that reads a file: its text in a process of its own, or its picture.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{key, text_key, view_key};
use crate::model::error::{Code, Rule};
use crate::model::file::{Fault, File};
use crate::server::Server;
use crate::server::db::Reading;
use crate::server::error::{Error, Result};
use crate::server::job::{ATTEMPTS, Failure, Job};
use crate::server::service::passage;

/// Longest side of a picture as it is shown, and the most that any model is shown.
pub const VIEW_SIDE: u32 = 2048;

/// What was read.
enum Read {
    /// Characters of the text.
    Text(i64),
    Picture,
}

/// Reads the file of this job. Cut off, it is read anew. That a file cannot be read is no failure of the job.
pub async fn read(server: &Server, job: &Job) -> Result<Value, Failure> {
    let id = job.payload["file_id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let id = id.ok_or_else(|| Failure::Final("a reading of no file".into()))?;
    let Some((user_id, file)) = found(server, id).await? else { return Ok(json!({ "read": false })) };
    let files = server.db.files();
    files.set_reading(id, Reading::Begun, server.clock.now()).await?;
    let outcome = match one(server, user_id, &file).await {
        Ok(read) => Ok(read),
        // The store, or the place where files are read, may work again later.
        Err(Fault::Server) if job.attempts < ATTEMPTS => {
            files.set_reading(id, Reading::Waiting, server.clock.now()).await?;
            return Err(Failure::Again("the file could not be read just now".into()));
        }
        Err(fault) => Err(fault),
    };
    let reading = match outcome {
        Ok(Read::Text(length)) => Reading::Done(Some(length)),
        Ok(Read::Picture) => Reading::Done(None),
        Err(fault) => {
            tracing::info!(file = %id, ?fault, media_type = file.media_type, "a file could not be read");
            Reading::Failed(fault)
        }
    };
    if !files.set_reading(id, reading, server.clock.now()).await? {
        // It was deleted meanwhile: what was read out of it goes after it.
        super::clear(server, user_id, file.sha256.as_deref().unwrap_or_default()).await?;
    }
    Ok(json!({ "read": outcome.is_ok() }))
}

async fn found(server: &Server, id: Uuid) -> Result<Option<(Uuid, File)>> {
    let Some(user_id) = server.db.files().owner(id).await? else { return Ok(None) };
    Ok(server.db.files().find_for(user_id, id).await?.filter(File::is_whole).map(|file| (user_id, file)))
}

async fn one(server: &Server, user_id: Uuid, file: &File) -> Result<Read, Fault> {
    let hash = file.sha256.as_deref().ok_or(Fault::Server)?;
    let key = key(user_id, hash);
    let kept = |cause: Error| {
        tracing::error!(%cause, "the content of a file could not be had");
        Fault::Server
    };
    if file.is_picture() {
        let bytes = server.storage.get(&key).await.map_err(kept)?.ok_or(Fault::Server)?;
        let view = server.pictures.view(bytes.into(), VIEW_SIDE).await.map_err(picture)?;
        server.storage.put(&view_key(&key), view).await.map_err(kept)?;
        return Ok(Read::Picture);
    }
    let pieces = server.storage.stream(&key, 0..file.size).await.map_err(kept)?.ok_or(Fault::Server)?;
    let text = server.extractor.text(&file.media_type, pieces).await?;
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if let Err(cause) = Box::pin(passage::keep(server, user_id, file, &text)).await {
        // They are made when they are asked for.
        tracing::warn!(%cause, file = %file.id, "the passages of a file could not be kept");
    }
    server.storage.put(&text_key(&key), text.into_bytes()).await.map_err(kept)?;
    Ok(Read::Text(length))
}

/// Why a picture could not be read.
fn picture(error: Error) -> Fault {
    match error {
        Error::Client(error) if error.code == Code::Unavailable => Fault::Server,
        Error::Client(error) if error.fields.iter().any(|field| matches!(field.rule, Rule::Pixels(_))) => Fault::TooLarge,
        Error::Client(_) => Fault::Damaged,
        _ => Fault::Server,
    }
}
