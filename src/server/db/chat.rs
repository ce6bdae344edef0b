//! Conversations: rows of `chats`.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use sqlx::types::Json;
use uuid::Uuid;

use super::context::PINNED;
use super::message::Given;
use super::{Db, Text, on};
use crate::model::chat::{Badge, Chat};
use crate::model::context::Strategy;
use crate::model::setup::Setup;
use crate::model::shelf::Selection;

pub(super) const COLUMNS: &str = "SELECT c.id, c.title, c.model, c.leaf_id, c.created_at, c.updated_at,
    c.folder_id, c.pinned_at IS NOT NULL AS is_pinned, c.archived_at IS NOT NULL AS is_archived,
    COALESCE(c.answered_at > c.read_at, FALSE) AS unread,
    (SELECT string_agg(t.tag, ',') FROM chat_tags t WHERE t.chat_id = c.id) AS tags,
    a.id AS assistant_id, a.name AS assistant_name, a.icon AS assistant_icon,
    EXISTS (SELECT 1 FROM generations g WHERE g.chat_id = c.id AND g.status = 'running') AS running";
pub(super) const FROM: &str = "FROM chats c LEFT JOIN assistants a ON a.id = c.assistant_id";

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Uuid,
    title: String,
    model: Option<String>,
    leaf_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    assistant_id: Option<Uuid>,
    assistant_name: Option<String>,
    assistant_icon: Option<String>,
    running: bool,
    unread: bool,
    folder_id: Option<Uuid>,
    is_pinned: bool,
    is_archived: bool,
    tags: Option<String>,
    /// Lists do without it.
    #[sqlx(default)]
    setup: Option<Json<Setup>>,
    #[sqlx(default)]
    context: Option<Text<Strategy>>,
    #[sqlx(default)]
    pinned: bool,
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        let Row { id, title, model, leaf_id, created_at, updated_at, assistant_id, assistant_name, assistant_icon, running, .. } = row;
        let Row { setup, context, pinned, folder_id, is_pinned, is_archived, unread, tags, .. } = row;
        // No tag holds a comma.
        let mut tags: Vec<String> = tags.iter().flat_map(|tags| tags.split(',')).map(str::to_owned).collect();
        tags.sort_by_key(|tag| tag.to_lowercase());
        let badge = assistant_id.zip(assistant_name).zip(assistant_icon);
        let assistant = badge.map(|((id, name), icon)| Badge { id, name, icon });
        let setup = setup.map(|json| json.0).unwrap_or_default();
        let strategy = context.map(|text| text.0).unwrap_or_default();
        let given = Given { setup, strategy, pinned };
        let (pinned, archived) = (is_pinned, is_archived);
        Self {
            chat: Chat { id, title, model, assistant, running, unread, pinned, archived, folder_id, tags, created_at, updated_at },
            leaf_id,
            given,
        }
    }
}

/// A conversation, the newest message of the branch that is shown, and what its models are told, set to and shown.
pub struct Found {
    pub chat: Chat,
    pub leaf_id: Option<Uuid>,
    pub given: Given,
}

/// The part of a selection that names no value.
fn fixed(selection: &Selection) -> &'static str {
    match (selection.archived, selection.pinned) {
        (None, None) => "",
        (Some(true), None) => " AND c.archived_at IS NOT NULL",
        (Some(false), None) => " AND c.archived_at IS NULL",
        (None, Some(true)) => " AND c.pinned_at IS NOT NULL",
        (None, Some(false)) => " AND c.pinned_at IS NULL",
        (Some(true), Some(true)) => " AND c.archived_at IS NOT NULL AND c.pinned_at IS NOT NULL",
        (Some(true), Some(false)) => " AND c.archived_at IS NOT NULL AND c.pinned_at IS NULL",
        (Some(false), Some(true)) => " AND c.archived_at IS NULL AND c.pinned_at IS NOT NULL",
        (Some(false), Some(false)) => " AND c.archived_at IS NULL AND c.pinned_at IS NULL",
    }
}

/// The conversations of [`Db`].
pub struct Chats<'a>(pub(super) &'a Db);

impl Db {
    pub fn chats(&self) -> Chats<'_> {
        Chats(self)
    }
}

impl Chats<'_> {
    /// The user's conversations of this selection, last written first, after the cursor `(updated_at, id)`.
    pub async fn list_for(
        &self,
        user_id: Uuid,
        selection: &Selection,
        after: Option<(DateTime<Utc>, Uuid)>,
        limit: i64,
    ) -> sqlx::Result<Vec<Chat>> {
        let rows: Vec<Row> = on!(self.0.read(), c => {
            let mut query = QueryBuilder::new(format!("{COLUMNS} {FROM} WHERE c.deleted_at IS NULL AND c.user_id = "));
            query.push_bind(user_id);
            query.push(fixed(selection));
            if let Some(folder) = selection.folder {
                query.push(" AND c.folder_id = ").push_bind(folder);
            }
            if let Some(tag) = &selection.tag {
                query.push(" AND EXISTS (SELECT 1 FROM chat_tags s WHERE s.chat_id = c.id AND s.tag = ").push_bind(tag.as_str()).push(")");
            }
            if let Some((at, id)) = after {
                query.push(" AND (c.updated_at, c.id) < (").push_bind(at).push(", ").push_bind(id).push(")");
            }
            query.push(" ORDER BY c.updated_at DESC, c.id DESC LIMIT ").push_bind(limit);
            query.build_query_as().fetch_all(c).await
        })?;
        Ok(rows.into_iter().map(|row| Found::from(row).chat).collect())
    }

    /// The user's conversation with this id, unless it is deleted.
    pub async fn find_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<Option<Found>> {
        let sql = format!("{COLUMNS}, c.setup, c.context, {PINNED} {FROM} WHERE c.id = $1 AND c.user_id = $2 AND c.deleted_at IS NULL");
        let row: Option<Row> =
            on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(user_id).fetch_optional(c).await)?;
        Ok(row.map(Found::from))
    }

    /// What a conversation's models are told and set to, whosever it is.
    pub async fn setup_of(&self, id: Uuid) -> sqlx::Result<Setup> {
        let sql = "SELECT setup FROM chats WHERE id = $1";
        let row: Option<Option<Json<Setup>>> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.flatten().map(|json| json.0).unwrap_or_default())
    }

    /// How many of the user's conversations have an answer that nobody has looked at; this one apart, and those that are archived.
    pub async fn count_unread(&self, user_id: Uuid, except: Option<Uuid>) -> sqlx::Result<i64> {
        let sql = "SELECT COUNT(*) FROM chats WHERE user_id = $1 AND answered_at > read_at AND deleted_at IS NULL AND archived_at IS NULL
            AND id <> $2";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).bind(except.unwrap_or_default()).fetch_one(c).await)
    }

    /// Notes that the user has read up to now; false when there was nothing new, or no such conversation of this user.
    pub async fn read_for(&self, user_id: Uuid, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE chats SET read_at = $3 WHERE id = $1 AND user_id = $2 AND answered_at > read_at AND deleted_at IS NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(now).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Sets the title; false when there is no such conversation of this user.
    pub async fn rename_for(&self, user_id: Uuid, id: Uuid, title: &str) -> sqlx::Result<bool> {
        let sql = "UPDATE chats SET title = $3 WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(title).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Sets the title and what the models are told and set to; false when there is no such conversation of this user.
    pub async fn change_for(&self, user_id: Uuid, id: Uuid, title: &str, setup: &Setup) -> sqlx::Result<bool> {
        let sql = "UPDATE chats SET title = $3, setup = $4 WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL";
        let setup = Some(Json(setup)).filter(|setup| !setup.is_default());
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(title).bind(setup).execute(c).await
            .map(|done| done.rows_affected() > 0))
    }

    /// Replaces the title unless somebody changed `from` meanwhile.
    pub async fn retitle(&self, id: Uuid, from: &str, to: &str) -> sqlx::Result<bool> {
        let sql = "UPDATE chats SET title = $3 WHERE id = $1 AND title = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(from).bind(to).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Marks it as deleted; false when there is no such conversation of this user.
    pub async fn delete_for(&self, user_id: Uuid, id: Uuid, at: DateTime<Utc>) -> sqlx::Result<bool> {
        // What waits in it is not asked when it is brought back, until its owner says so.
        let sql = "UPDATE chats SET deleted_at = $3,
                queue_paused = CASE WHEN EXISTS (SELECT 1 FROM queued q WHERE q.chat_id = chats.id) THEN 'stopped' END
            WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(at).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Takes the mark of deletion back; false when there is no such deleted conversation of this user.
    pub async fn restore_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<bool> {
        let sql = "UPDATE chats SET deleted_at = NULL WHERE id = $1 AND user_id = $2 AND deleted_at IS NOT NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Erases what was deleted before this time, with its messages and runs; answers how many.
    pub async fn erase_deleted(&self, before: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM chats WHERE deleted_at < $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(before).execute(c).await.map(|done| done.rows_affected()))
    }

    /// Shows the branch that ends in this message, and has this model answer from now on.
    pub async fn go_on_with(&self, id: Uuid, leaf_id: Uuid, model: Option<&str>) -> sqlx::Result<()> {
        let sql = "UPDATE chats SET leaf_id = $2, model = COALESCE($3, model) WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(leaf_id).bind(model).execute(c).await.map(drop))
    }

    /// Shows the branch that ends in this message.
    pub async fn set_leaf(&self, id: Uuid, leaf_id: Uuid) -> sqlx::Result<()> {
        let sql = "UPDATE chats SET leaf_id = $2 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(leaf_id).execute(c).await.map(drop))
    }
}
