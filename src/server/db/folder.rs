//! Folders: rows of `folders`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, on, tx};
use crate::model::folder::{Folder, FolderForm};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    parent_id: Option<Uuid>,
    name: String,
    model: Option<String>,
    system_prompt: Option<String>,
    updated_at: DateTime<Utc>,
    chats: i64,
}

impl From<Row> for Folder {
    fn from(row: Row) -> Self {
        let Row { id, parent_id, name, model, system_prompt, updated_at, chats } = row;
        Self { id, form: FolderForm { name, parent_id, model, system_prompt }, depth: 0, chats, updated_at }
    }
}

/// The folders of [`Db`].
pub struct Folders<'a>(&'a Db);

impl Db {
    pub fn folders(&self) -> Folders<'_> {
        Folders(self)
    }
}

impl Folders<'_> {
    /// All of the user's, in no order.
    pub async fn list_for(&self, user_id: Uuid) -> sqlx::Result<Vec<Folder>> {
        let sql = "SELECT f.id, f.parent_id, f.name, f.model, f.system_prompt, f.updated_at,
                (SELECT COUNT(*) FROM chats c WHERE c.folder_id = f.id AND c.deleted_at IS NULL AND c.archived_at IS NULL) AS chats
            FROM folders f WHERE f.user_id = $1";
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Folder::from).collect())
    }

    /// Makes a folder.
    pub async fn insert(&self, user_id: Uuid, id: Uuid, form: &FolderForm, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "INSERT INTO folders (id, user_id, parent_id, name, model, system_prompt, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
        let FolderForm { name, parent_id, model, system_prompt } = form;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(parent_id).bind(name).bind(model).bind(system_prompt).bind(now)
            .execute(c).await.map(drop))
    }

    /// Changes a folder; false when the user has none with this id.
    pub async fn update_for(&self, user_id: Uuid, id: Uuid, form: &FolderForm, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE folders SET parent_id = $3, name = $4, model = $5, system_prompt = $6, updated_at = $7
            WHERE id = $1 AND user_id = $2";
        let FolderForm { name, parent_id, model, system_prompt } = form;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(parent_id).bind(name).bind(model).bind(system_prompt).bind(now)
            .execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Removes a folder; what is in it moves to where it was. False when the user has none with this id.
    pub async fn delete_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<bool> {
        let found = tx!(self.0, tx => {
            let up = "(SELECT f.parent_id FROM folders f WHERE f.id = $1)";
            let inner = format!("UPDATE folders SET parent_id = {up} WHERE parent_id = $1 AND user_id = $2");
            sqlx::query(sqlx::AssertSqlSafe(inner)).bind(id).bind(user_id).execute(&mut *tx).await?;
            let chats = format!("UPDATE chats SET folder_id = {up} WHERE folder_id = $1 AND user_id = $2");
            sqlx::query(sqlx::AssertSqlSafe(chats)).bind(id).bind(user_id).execute(&mut *tx).await?;
            let sql = "DELETE FROM folders WHERE id = $1 AND user_id = $2";
            sqlx::query(sql).bind(id).bind(user_id).execute(&mut *tx).await?.rows_affected()
        });
        Ok(found > 0)
    }
}
