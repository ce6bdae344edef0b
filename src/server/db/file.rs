//! Files that people send: rows of `files`. Their bytes are in the file store.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Db, Text, on};
use crate::model::file::{Fault, File, FileError, FileState};

const FILE: &str = "SELECT id, name, size, media_type, hash, state, fault, text_length, created_at FROM files";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    size: i64,
    media_type: String,
    hash: Option<String>,
    state: Text<FileState>,
    fault: Option<Text<Fault>>,
    text_length: Option<i64>,
    created_at: DateTime<Utc>,
}

impl From<Row> for File {
    fn from(row: Row) -> Self {
        let number = |n: i64| u64::try_from(n).unwrap_or_default();
        Self {
            id: row.id,
            name: row.name,
            size: number(row.size),
            media_type: row.media_type,
            sha256: row.hash,
            state: row.state.0,
            error: row.fault.map(|Text(code)| FileError { code, message: code.sentence().to_owned() }),
            text_length: row.text_length.map(number),
            created_at: row.created_at,
        }
    }
}

/// An upload that begins.
pub struct NewFile<'a> {
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: &'a str,
    /// Bytes that it will have.
    pub size: i64,
    pub now: DateTime<Utc>,
}

/// What is known of a content when all of it is here.
pub struct Content<'a> {
    pub size: i64,
    pub hash: &'a str,
    pub media_type: &'a str,
}

/// How far the reading of a file is.
#[derive(Clone, Copy)]
pub enum Reading {
    Waiting,
    Begun,
    /// With so many characters of text; a picture has none.
    Done(Option<i64>),
    Failed(Fault),
}

impl Reading {
    fn parts(self) -> (FileState, Option<Fault>, Option<i64>) {
        match self {
            Self::Waiting => (FileState::Waiting, None, None),
            Self::Begun => (FileState::Reading, None, None),
            Self::Done(length) => (FileState::Ready, None, length),
            Self::Failed(fault) => (FileState::Failed, Some(fault), None),
        }
    }
}

/// The files of [`Db`].
pub struct Files<'a>(&'a Db);

impl Db {
    pub fn files(&self) -> Files<'_> {
        Files(self)
    }
}

impl Files<'_> {
    /// The user's files whose content is here, newest first, before this one.
    pub async fn list_for(&self, user_id: Uuid, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<File>> {
        let sql = format!("{FILE} WHERE user_id = $1 AND id < $2 AND hash IS NOT NULL ORDER BY id DESC LIMIT $3");
        let before = before.unwrap_or(Uuid::max());
        let rows: Vec<Row> =
            on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(user_id).bind(before).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(File::from).collect())
    }

    /// The user's file with this id.
    pub async fn find_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<Option<File>> {
        let sql = format!("{FILE} WHERE id = $2 AND user_id = $1");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(user_id).bind(id).fetch_optional(c).await)?;
        Ok(row.map(File::from))
    }

    /// The user's newest file of this name with this content.
    pub async fn find_same(&self, user_id: Uuid, hash: &str, name: &str) -> sqlx::Result<Option<File>> {
        let sql = format!("{FILE} WHERE user_id = $1 AND hash = $2 AND name = $3 ORDER BY id DESC LIMIT 1");
        let row: Option<Row> =
            on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(user_id).bind(hash).bind(name).fetch_optional(c).await)?;
        Ok(row.map(File::from))
    }

    /// Bytes that the user's files take, content that is there twice counted once, and how many files there are.
    pub async fn taken(&self, user_id: Uuid) -> sqlx::Result<(i64, i64)> {
        let sql = "SELECT CAST(COALESCE((SELECT SUM(size) FROM (SELECT DISTINCT hash, size FROM files WHERE user_id = $1 AND hash IS NOT NULL) once), 0)
                + COALESCE((SELECT SUM(size) FROM files WHERE user_id = $1 AND hash IS NULL), 0) AS BIGINT),
            (SELECT COUNT(*) FROM files WHERE user_id = $1)";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_one(c).await)
    }

    /// Begins an upload.
    pub async fn insert(&self, new: &NewFile<'_>) -> sqlx::Result<()> {
        let sql = "INSERT INTO files (id, user_id, name, size, media_type, state, created_at, updated_at)
            VALUES ($1, $2, $3, $4, '', 'uploading', $5, $5)";
        let NewFile { id, user_id, name, size, now } = new;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(name).bind(size).bind(now).execute(c).await.map(drop))
    }

    /// All of it is here: what it is, and what it has. False: it is gone, or was whole before.
    pub async fn complete(&self, id: Uuid, content: &Content<'_>, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let Content { size, hash, media_type } = content;
        let sql = "UPDATE files SET size = $2, hash = $3, media_type = $4, state = 'waiting', updated_at = $5
            WHERE id = $1 AND state = 'uploading'";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(size).bind(hash).bind(media_type).bind(now)
            .execute(c).await.map(|done| done.rows_affected() == 1))
    }

    /// Notes how far the reading of a file is. False: the file is gone.
    pub async fn set_reading(&self, id: Uuid, reading: Reading, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let (state, fault, text_length) = reading.parts();
        let sql = "UPDATE files SET state = $2, fault = $3, text_length = $4, updated_at = $5 WHERE id = $1 AND state <> 'uploading'";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Text(state)).bind(fault.map(Text)).bind(text_length).bind(now)
            .execute(c).await.map(|done| done.rows_affected() == 1))
    }

    /// Forgets the user's file; answers its hash, where it has one yet. None: there is no such file.
    pub async fn delete_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<Option<Option<String>>> {
        let sql = "DELETE FROM files WHERE id = $2 AND user_id = $1 RETURNING hash";
        on!(self.0.write(), c => sqlx::query_scalar(sql).bind(user_id).bind(id).fetch_optional(c).await)
    }

    /// Whether one of the user's files has this content.
    pub async fn has_content(&self, user_id: Uuid, hash: &str) -> sqlx::Result<bool> {
        // Of the writer: what was just written counts.
        let sql = "SELECT 1 FROM files WHERE user_id = $1 AND hash = $2 LIMIT 1";
        let found: Option<i32> = on!(self.0.write(), c => sqlx::query_scalar(sql).bind(user_id).bind(hash).fetch_optional(c).await)?;
        Ok(found.is_some())
    }

    /// Whose this file is, and what it is, for what was sent with a message.
    pub async fn found(&self, id: Uuid) -> sqlx::Result<Option<(Uuid, File)>> {
        let sql = format!("{FILE} WHERE id = $1");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(c).await)?;
        let Some(file) = row.map(File::from) else { return Ok(None) };
        Ok(self.owner(id).await?.map(|owner| (owner, file)))
    }

    /// Whose this file is, for background work.
    pub async fn owner(&self, id: Uuid) -> sqlx::Result<Option<Uuid>> {
        on!(self.0.read(), c => sqlx::query_scalar("SELECT user_id FROM files WHERE id = $1").bind(id).fetch_optional(c).await)
    }

    /// `(user, file)` of uploads that nothing was heard of since then.
    pub async fn abandoned(&self, before: DateTime<Utc>) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
        let sql = "SELECT user_id, id FROM files WHERE state = 'uploading' AND updated_at < $1";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(before).fetch_all(c).await)
    }

    /// Something of an upload came.
    pub async fn touch(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE files SET updated_at = $2 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(drop))
    }
}
