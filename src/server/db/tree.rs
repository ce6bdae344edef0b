//! Conversations as trees: which message follows which, and what a drawing shows of some of them.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{Messages, Text, on};
use crate::model::feedback::Verdict;
use crate::model::generation::Status;
use crate::model::message::Author;
use crate::model::tree::{TreeMessage, first_words};

/// So many characters of a message hold its first words.
const HEAD: &str = "SELECT m.id, m.parent_id, m.role, substr(m.content, 1, 600) AS head, m.model, m.status,
    m.attachments IS NOT NULL AS files, m.pinned_at, f.verdict, m.created_at
    FROM messages m LEFT JOIN feedback f ON f.message_id = m.id WHERE m.id IN (";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    parent_id: Option<Uuid>,
    role: Text<Author>,
    head: String,
    model: Option<String>,
    status: Text<Status>,
    files: bool,
    pinned_at: Option<DateTime<Utc>>,
    verdict: Option<Text<Verdict>>,
    created_at: DateTime<Utc>,
}

impl From<Row> for (Uuid, TreeMessage) {
    fn from(row: Row) -> Self {
        let message = TreeMessage {
            parent_id: row.parent_id,
            role: row.role.0,
            beginning: first_words(&row.head),
            model: row.model,
            status: row.status.0,
            files: row.files,
            pinned: row.pinned_at.is_some(),
            verdict: row.verdict.map(|verdict| verdict.0),
            created_at: row.created_at,
        };
        (row.id, message)
    }
}

impl Messages<'_> {
    /// `(id, parent)` of a conversation's messages, at most so many: read from one index, whatever the messages say. Those that follow the same
    /// one stand together, oldest first.
    pub async fn skeleton(&self, chat_id: Uuid, limit: i64) -> sqlx::Result<Vec<(Uuid, Option<Uuid>)>> {
        let sql = "SELECT id, parent_id FROM messages WHERE chat_id = $1 ORDER BY parent_id, id LIMIT $2";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(chat_id).bind(limit).fetch_all(c).await)
    }

    /// What a drawing shows of these messages, in any order.
    pub async fn glimpses(&self, ids: &[Uuid]) -> sqlx::Result<Vec<(Uuid, TreeMessage)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = on!(self.0.read(), c => {
            let mut query = QueryBuilder::new(HEAD);
            let mut list = query.separated(", ");
            for id in ids {
                list.push_bind(*id);
            }
            query.push(")");
            query.build_query_as().persistent(false).fetch_all(c).await
        })?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
