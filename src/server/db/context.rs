//! What of conversations models are shown: how they make room, pinned messages, and rows of `summaries`.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::ledger::Call;
use super::message::{COLUMNS, Row as MessageRow};
use super::{Db, Text, on};
use crate::model::context::{Strategy, Summary};
use crate::model::message::Message;

/// Whether a conversation `c` has pinned messages: looked up in an index that holds nothing else.
pub(super) const PINNED: &str = "EXISTS (SELECT 1 FROM messages p WHERE p.chat_id = c.id AND p.pinned_at IS NOT NULL) AS pinned";
const SUMMARY: &str = "s.id, s.upto_id, s.content, s.messages, s.partial, s.model, s.created_at, s.edited_at";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    upto_id: Uuid,
    content: String,
    messages: i64,
    partial: bool,
    model: String,
    created_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
}

impl From<Row> for Summary {
    fn from(row: Row) -> Self {
        let Row { id, upto_id, content, messages, partial, model, created_at, edited_at } = row;
        let messages = u32::try_from(messages).unwrap_or(u32::MAX);
        Self { id, upto_id, content, messages, partial, model, created_at, edited_at }
    }
}

/// A summary that was just written, for the branch of the run that wanted it.
pub struct NewSummary {
    pub summary: Summary,
    pub chat_id: Uuid,
    /// The question and the answer of the run: from them on it holds.
    pub from: [Option<Uuid>; 2],
    /// The run, and the call that wrote it.
    pub run: Uuid,
    pub call: Call,
}

const INSERT: &str = "INSERT INTO summaries (id, chat_id, upto_id, content, messages, partial, model, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const HOLDS: &str = "UPDATE messages SET summary_id = $3 WHERE chat_id = $1 AND id = $2";

impl NewSummary {
    /// The summary, the messages from which on it holds, and the line of the ledger.
    pub(super) fn batch(&self) -> serde_json::Result<Batch> {
        let Summary { id, upto_id, content, messages, partial, model, created_at, .. } = &self.summary;
        let mut batch = Batch::default();
        let values = values![*id, self.chat_id, *upto_id, content.as_str(), i64::from(*messages), *partial, model.as_str(), *created_at];
        batch.add(INSERT, values);
        for from in self.from.into_iter().flatten() {
            batch.add(HOLDS, values![self.chat_id, from, *id]);
        }
        self.call.add_after(self.run, &mut batch)?;
        Ok(batch)
    }
}

/// The contexts of [`Db`].
pub struct Contexts<'a>(&'a Db);

impl Db {
    pub fn contexts(&self) -> Contexts<'_> {
        Contexts(self)
    }
}

impl Contexts<'_> {
    /// How a conversation makes room, and whether it has pinned messages, whosever it is.
    pub async fn of(&self, chat_id: Uuid) -> sqlx::Result<(Strategy, bool)> {
        let sql = format!("SELECT c.context, {PINNED} FROM chats c WHERE c.id = $1");
        let row: Option<(Option<Text<Strategy>>, bool)> =
            on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(chat_id).fetch_optional(c).await)?;
        Ok(row.map(|(text, pinned)| (text.map(|text| text.0).unwrap_or_default(), pinned)).unwrap_or_default())
    }

    /// Sets how a conversation makes room; false when there is no such conversation of this user.
    pub async fn set_strategy_for(&self, user_id: Uuid, chat_id: Uuid, strategy: Strategy) -> sqlx::Result<bool> {
        let sql = "UPDATE chats SET context = $3 WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(chat_id).bind(user_id).bind(Text(strategy)).execute(c).await
            .map(|done| done.rows_affected() > 0))
    }

    /// Pins a message, or takes its pin away. A message that is pinned already keeps its time.
    pub async fn pin(&self, id: Uuid, at: Option<DateTime<Utc>>) -> sqlx::Result<()> {
        let sql = match at {
            Some(_) => "UPDATE messages SET pinned_at = COALESCE(pinned_at, $2) WHERE id = $1",
            None => "UPDATE messages SET pinned_at = $2 WHERE id = $1",
        };
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(at).execute(c).await.map(drop))
    }

    /// How many messages of a conversation are pinned, on all branches.
    pub async fn pins(&self, chat_id: Uuid) -> sqlx::Result<i64> {
        let sql = "SELECT COUNT(*) FROM messages WHERE chat_id = $1 AND pinned_at IS NOT NULL";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(chat_id).fetch_one(c).await)
    }

    /// The pinned messages of the branch that ends in `leaf`, in its order. The engine walks the branch; what it reads out is pinned.
    pub async fn pinned(&self, leaf: Uuid) -> sqlx::Result<Vec<Message>> {
        let sql = format!(
            "WITH RECURSIVE branch (id, parent_id, depth) AS (
                SELECT id, parent_id, CAST(1 AS BIGINT) FROM messages WHERE id = $1
                UNION ALL
                SELECT p.id, p.parent_id, b.depth + 1 FROM branch b JOIN messages p ON p.id = b.parent_id)
            SELECT {COLUMNS} FROM branch b JOIN messages m ON m.id = b.id WHERE m.pinned_at IS NOT NULL ORDER BY b.depth DESC"
        );
        let rows: Vec<MessageRow> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(leaf).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Message::from).collect())
    }

    /// The summary that stands for the oldest messages of the branch which ends in `leaf`.
    pub async fn summary(&self, leaf: Uuid) -> sqlx::Result<Option<Summary>> {
        let sql = format!("SELECT {SUMMARY} FROM messages m JOIN summaries s ON s.id = m.summary_id WHERE m.id = $1");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(leaf).fetch_optional(c).await)?;
        Ok(row.map(Summary::from))
    }

    /// Every summary of a conversation, oldest first.
    pub async fn summaries(&self, chat_id: Uuid) -> sqlx::Result<Vec<Summary>> {
        let sql = format!("SELECT {SUMMARY} FROM summaries s WHERE s.chat_id = $1 ORDER BY s.id");
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(chat_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Summary::from).collect())
    }

    /// Gives a summary another text.
    pub async fn edit_summary(&self, id: Uuid, content: &str, at: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE summaries SET content = $2, edited_at = $3 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(content).bind(at).execute(c).await.map(drop))
    }
}
