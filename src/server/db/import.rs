//! Files with conversations from elsewhere: rows of `imports`; and by what each of these conversations is known again.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Text, on};
use crate::model::import::{Import, ImportFault, ImportState, Source, Tally};

/// A file that was sent.
pub struct NewImport<'a> {
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: &'a str,
    pub size: i64,
    pub now: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    user_id: Uuid,
    name: String,
    size: i64,
    state: Text<ImportState>,
    job_id: Option<Uuid>,
    found: Option<Json<Tally>>,
    report: Option<Json<Tally>>,
    fault: Option<Text<ImportFault>>,
    created_at: DateTime<Utc>,
}

/// An import, whose it is, and the job that works on it.
pub struct StoredImport {
    pub import: Import,
    pub user_id: Uuid,
    pub job_id: Option<Uuid>,
}

impl From<Row> for StoredImport {
    fn from(row: Row) -> Self {
        let Row { id, user_id, name, size, state, job_id, found, report, fault, created_at } = row;
        let (found, report) = (found.map(|json| json.0), report.map(|json| json.0));
        let (size, fault) = (u64::try_from(size).unwrap_or_default(), fault.map(|text| text.0));
        Self { import: Import { id, name, size, state: state.0, progress: 0, found, report, fault, created_at }, user_id, job_id }
    }
}

macro_rules! columns {
    () => {
        "id, user_id, name, size, state, job_id, found, report, fault, created_at"
    };
}

/// The imports of [`Db`].
pub struct Imports<'a>(&'a Db);

impl Db {
    pub fn imports(&self) -> Imports<'_> {
        Imports(self)
    }
}

impl Imports<'_> {
    pub async fn insert(&self, new: &NewImport<'_>) -> sqlx::Result<()> {
        let sql = "INSERT INTO imports (id, user_id, name, size, state, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)";
        on!(self.0.write(), c => sqlx::query(sql).bind(new.id).bind(new.user_id).bind(new.name).bind(new.size)
            .bind(Text(ImportState::Reading)).bind(new.now).execute(c).await.map(drop))
    }

    /// The import with this id, whosever it is.
    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<StoredImport>> {
        let sql = concat!("SELECT ", columns!(), " FROM imports WHERE id = $1");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(StoredImport::from))
    }

    /// The user's imports older than this one, the newest first.
    pub async fn list_for(&self, user_id: Uuid, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<StoredImport>> {
        let sql = concat!("SELECT ", columns!(), " FROM imports WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
        let before = before.unwrap_or(Uuid::max());
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).bind(before).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(StoredImport::from).collect())
    }

    /// Notes which job works on it. False: it is not in this state any more. An error that breaks a unique index: another one of the user is
    /// being imported.
    pub async fn begin(&self, id: Uuid, from: ImportState, to: ImportState, job: (Option<Uuid>, DateTime<Utc>)) -> sqlx::Result<bool> {
        let sql = "UPDATE imports SET state = $3, job_id = $4, updated_at = $5 WHERE id = $1 AND state = $2";
        let rows = on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Text(from)).bind(Text(to)).bind(job.0).bind(job.1)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(rows == 1)
    }

    /// Keeps what was found in the file.
    pub async fn set_found(&self, id: Uuid, found: &Tally, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE imports SET state = 'ready', found = $2, updated_at = $3 WHERE id = $1 AND state = 'reading'";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Json(found)).bind(now).execute(c).await.map(drop))
    }

    /// Keeps what was taken of it.
    pub async fn set_report(&self, id: Uuid, report: &Tally, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE imports SET state = 'done', report = $2, updated_at = $3 WHERE id = $1 AND state = 'importing'";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Json(report)).bind(now).execute(c).await.map(drop))
    }

    /// Notes why nothing can be taken of it.
    pub async fn fail(&self, id: Uuid, fault: ImportFault, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE imports SET state = 'failed', fault = $2, updated_at = $3 WHERE id = $1 AND state <> 'done'";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Text(fault)).bind(now).execute(c).await.map(drop))
    }

    /// Forgets the user's import; false when there is none with this id.
    pub async fn delete_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM imports WHERE id = $1 AND user_id = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Imports in this state that nothing has happened to since then.
    pub async fn left(&self, state: ImportState, before: DateTime<Utc>) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
        let sql = "SELECT user_id, id FROM imports WHERE state = $1 AND updated_at < $2";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(Text(state)).bind(before).fetch_all(c).await)
    }

    /// By which import the user has a conversation of this source; absent: they do not have it, or not any more.
    pub async fn known(&self, user_id: Uuid, source: Source, source_id: &str) -> sqlx::Result<Option<Uuid>> {
        let sql = "SELECT i.import_id FROM imported_chats i JOIN chats c ON c.id = i.chat_id
            WHERE i.user_id = $1 AND i.source = $2 AND i.source_id = $3 AND c.deleted_at IS NULL";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).bind(Text(source)).bind(source_id).fetch_optional(c).await)
    }
}
