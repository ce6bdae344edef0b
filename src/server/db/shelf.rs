//! How conversations are kept in order: what is pinned, archived, in a folder, tagged; and copies of them.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use sqlx::types::Json;
use uuid::Uuid;

use super::chat::Chats;
use super::{Text, on, search, tx};
use crate::model::import::Source;
use crate::model::message::Message;
use crate::model::shelf::{Deed, Order, Tagged};
use crate::server::terms;

/// Messages of one statement: 13 values each, and SQLite takes 32,766.
const ROWS: usize = 500;

/// Adds a tag to a conversation that has not too many of them.
const TAG: &str = "INSERT INTO chat_tags (chat_id, user_id, tag)
    SELECT $1, $2, $3 WHERE (SELECT COUNT(*) FROM chat_tags t WHERE t.chat_id = $1) < 20 ON CONFLICT (chat_id, tag) DO NOTHING";

/// Adds messages to a conversation, and to the index by these statements.
macro_rules! insert {
    ($tx:ident, $chat:expr, $messages:expr, $indexed:expr, $statements:expr) => {
        for some in $messages.chunks(ROWS) {
            let mut insert = QueryBuilder::new(
                "INSERT INTO messages (id, chat_id, parent_id, role, content, reasoning, model, status, usage, error, notices, attachments,
                created_at, pinned_at) ",
            );
            insert.push_values(some, |mut row, message| {
                let filled = |any: bool| any.then_some(());
                row.push_bind(message.id).push_bind($chat).push_bind(message.parent_id).push_bind(Text(message.role));
                row.push_bind(message.content.as_str()).push_bind(message.reasoning.as_deref()).push_bind(message.model.as_deref());
                row.push_bind(Text(message.status)).push_bind(message.usage.map(Json)).push_bind(message.error.as_ref().map(Json));
                row.push_bind(filled(!message.notices.is_empty()).map(|()| Json(&message.notices)));
                row.push_bind(filled(!message.attachments.is_empty()).map(|()| Json(&message.attachments)));
                row.push_bind(message.created_at).push_bind(message.pinned.then_some(message.created_at));
            });
            insert.build().persistent(false).execute(&mut *$tx).await?;
        }
        for message in $indexed {
            let terms = terms::of(&message.content);
            for statement in $statements {
                sqlx::query(statement).bind(message.id).bind(terms.as_str()).execute(&mut *$tx).await?;
            }
        }
    };
}

/// A conversation that comes from elsewhere.
pub struct Arrival<'a> {
    pub user_id: Uuid,
    /// By which import.
    pub import_id: Uuid,
    pub id: Uuid,
    pub source: Source,
    pub source_id: &'a str,
    pub title: &'a str,
    pub leaf_id: Option<Uuid>,
    pub pinned: bool,
    pub archived: bool,
    pub tags: &'a [String],
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Parents before children.
    pub messages: &'a [Message],
}

/// A copy of a conversation that is to be made.
pub struct Copy<'a> {
    /// Absent: it is a copy of somebody else's.
    pub from: Option<Uuid>,
    pub id: Uuid,
    pub title: String,
    pub leaf_id: Option<Uuid>,
    /// With their new ids, parents before children.
    pub messages: &'a [Message],
}

impl Chats<'_> {
    /// Puts a conversation into this order; false when there is no such conversation of this user.
    pub async fn order_for(&self, user_id: Uuid, id: Uuid, order: &Order, now: DateTime<Utc>) -> sqlx::Result<bool> {
        // What is pinned or archived already stays so since when it was.
        let sql = "UPDATE chats SET title = $3, folder_id = $4,
                pinned_at = CASE WHEN $5 THEN COALESCE(pinned_at, $7) END, archived_at = CASE WHEN $6 THEN COALESCE(archived_at, $7) END
            WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL";
        let Order { title, pinned, archived, folder_id, tags } = order;
        let done = tx!(self.0, tx => {
            let update = sqlx::query(sql).bind(id).bind(user_id).bind(title).bind(folder_id).bind(pinned).bind(archived).bind(now);
            let done = update.execute(&mut *tx).await?.rows_affected() > 0;
            if done {
                sqlx::query("DELETE FROM chat_tags WHERE chat_id = $1").bind(id).execute(&mut *tx).await?;
                for tag in tags {
                    let sql = "INSERT INTO chat_tags (chat_id, user_id, tag) VALUES ($1, $2, $3)";
                    sqlx::query(sql).bind(id).bind(user_id).bind(tag).execute(&mut *tx).await?;
                }
            }
            done
        });
        Ok(done)
    }

    /// Does the same to many of the user's conversations, in one transaction; answers how many there were. The folder is where they move,
    /// the tag what is added or taken away.
    pub async fn many_for(
        &self,
        user_id: Uuid,
        ids: &[Uuid],
        (deed, folder, tag): (Deed, Option<Uuid>, &str),
        now: DateTime<Utc>,
    ) -> sqlx::Result<u64> {
        let done = tx!(self.0, tx => {
            let mut done = 0;
            for id in ids {
                let mut update = QueryBuilder::new("UPDATE chats SET ");
                match deed {
                    Deed::Pin => update.push("pinned_at = COALESCE(pinned_at, ").push_bind(now).push(")"),
                    Deed::Unpin => update.push("pinned_at = NULL"),
                    Deed::Archive => update.push("archived_at = COALESCE(archived_at, ").push_bind(now).push(")"),
                    Deed::Unarchive => update.push("archived_at = NULL"),
                    Deed::Delete => update.push("deleted_at = ").push_bind(now),
                    Deed::Move => update.push("folder_id = ").push_bind(folder),
                    // Only whether it is there.
                    Deed::Tag | Deed::Untag => update.push("title = title"),
                };
                update.push(" WHERE id = ").push_bind(id).push(" AND user_id = ").push_bind(user_id).push(" AND deleted_at IS NULL");
                let there = update.build().execute(&mut *tx).await?.rows_affected();
                done += there;
                let tagging = match deed {
                    Deed::Tag => Some(TAG),
                    Deed::Untag => Some("DELETE FROM chat_tags WHERE chat_id = $1 AND user_id = $2 AND tag = $3"),
                    _ => None,
                };
                if let Some(tagging) = tagging.filter(|_| there > 0) {
                    sqlx::query(tagging).bind(id).bind(user_id).bind(tag).execute(&mut *tx).await?;
                }
            }
            done
        });
        Ok(done)
    }

    /// The user's tags, those with most conversations first.
    pub async fn tags_for(&self, user_id: Uuid) -> sqlx::Result<Vec<Tagged>> {
        let sql = "SELECT t.tag, COUNT(*) FROM chat_tags t JOIN chats c ON c.id = t.chat_id
            WHERE t.user_id = $1 AND c.deleted_at IS NULL GROUP BY t.tag ORDER BY 2 DESC, 1";
        let rows: Vec<(String, i64)> = on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(tag, chats)| Tagged { tag, chats }).collect())
    }

    /// Makes a copy of the user's conversation: what its models are told and set to, its folder and tags, and these messages.
    /// Of somebody else's it is the messages alone.
    pub async fn copy_for(&self, user_id: Uuid, copy: &Copy<'_>, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let Copy { from, id, ref title, leaf_id, messages } = *copy;
        let made = tx!(self.0, tx => {
            let sql = match from {
                Some(_) => "INSERT INTO chats (id, user_id, title, model, leaf_id, created_at, updated_at, setup, assistant_id, context, folder_id)
                    SELECT $1, user_id, $4, model, $5, $6, $6, setup, assistant_id, context, folder_id FROM chats
                    WHERE id = $2 AND user_id = $3 AND deleted_at IS NULL",
                None => "INSERT INTO chats (id, user_id, title, leaf_id, created_at, updated_at)
                    SELECT $1, u.id, $4, $5, $6, $6 FROM users u WHERE u.id = $3 AND $2 IS NULL",
            };
            let chat = sqlx::query(sql).bind(id).bind(from).bind(user_id).bind(title).bind(leaf_id).bind(now);
            let made = chat.execute(&mut *tx).await?.rows_affected() > 0;
            if made {
                let sql = "INSERT INTO chat_tags (chat_id, user_id, tag) SELECT $1, user_id, tag FROM chat_tags WHERE chat_id = $2";
                sqlx::query(sql).bind(id).bind(from).execute(&mut *tx).await?;
                insert!(tx, id, messages, messages.iter(), search::statements(self.0));
            }
            made
        });
        Ok(made)
    }

    /// Stores a conversation that comes from elsewhere, all of it or nothing. In the index it stands behind what is there.
    pub async fn receive(&self, arrival: &Arrival<'_>) -> sqlx::Result<()> {
        let Arrival { user_id, import_id, id, source, source_id, title, leaf_id, .. } = *arrival;
        let (pinned_at, archived_at) = (arrival.pinned.then_some(arrival.updated_at), arrival.archived.then_some(arrival.updated_at));
        tx!(self.0, tx => {
            let sql = "INSERT INTO chats (id, user_id, title, leaf_id, created_at, updated_at, pinned_at, archived_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
            let chat = sqlx::query(sql).bind(id).bind(user_id).bind(title).bind(leaf_id).bind(arrival.created_at);
            chat.bind(arrival.updated_at).bind(pinned_at).bind(archived_at).execute(&mut *tx).await?;
            for tag in arrival.tags {
                sqlx::query(TAG).bind(id).bind(user_id).bind(tag).execute(&mut *tx).await?;
            }
            insert!(tx, id, arrival.messages, arrival.messages.iter().rev(), search::older(self.0));
            // One that was deleted may come again.
            let sql = "INSERT INTO imported_chats (user_id, source, source_id, chat_id, import_id) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (user_id, source, source_id) DO UPDATE SET chat_id = $4, import_id = $5";
            sqlx::query(sql).bind(user_id).bind(Text(source)).bind(source_id).bind(id).bind(import_id).execute(&mut *tx).await?;
        });
        Ok(())
    }
}
