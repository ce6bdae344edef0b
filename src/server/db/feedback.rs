//! What people think of answers: rows of `feedback`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, Text, on};
use crate::model::feedback::{Feedback, FeedbackCount, FeedbackForm, Reason, Verdict};

#[derive(sqlx::FromRow)]
struct Row {
    message_id: Uuid,
    verdict: Text<Verdict>,
    reason: Option<Text<Reason>>,
    note: String,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Feedback {
    fn from(Row { message_id, verdict, reason, note, updated_at }: Row) -> Self {
        Self { message_id, verdict: verdict.0, reason: reason.map(|reason| reason.0), note, updated_at }
    }
}

#[derive(sqlx::FromRow)]
struct CountRow {
    model: Option<String>,
    verdict: Text<Verdict>,
    reason: Option<Text<Reason>>,
    count: i64,
}

/// Of which answers, and when it was said.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub model: Option<String>,
}

/// The feedback of [`Db`].
pub struct Feedbacks<'a>(&'a Db);

impl Db {
    pub fn feedback(&self) -> Feedbacks<'_> {
        Feedbacks(self)
    }
}

impl Feedbacks<'_> {
    /// Keeps what somebody says of an answer, in place of what they said before.
    pub async fn set(&self, user_id: Uuid, message_id: Uuid, form: &FeedbackForm, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "INSERT INTO feedback (message_id, user_id, verdict, reason, note, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (message_id) DO UPDATE SET verdict = $3, reason = $4, note = $5, updated_at = $6";
        on!(self.0.write(), c => sqlx::query(sql).bind(message_id).bind(user_id).bind(Text(form.verdict)).bind(form.reason.map(Text))
            .bind(&form.note).bind(now).execute(c).await.map(drop))
    }

    /// Forgets it.
    pub async fn delete(&self, user_id: Uuid, message_id: Uuid) -> sqlx::Result<()> {
        let sql = "DELETE FROM feedback WHERE message_id = $1 AND user_id = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(message_id).bind(user_id).execute(c).await.map(drop))
    }

    /// What the user said of answers, those of one conversation or all; after this one, in the order of the answers.
    pub async fn list_for(&self, user_id: Uuid, chat_id: Option<Uuid>, after: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<Feedback>> {
        let sql = "SELECT f.message_id, f.verdict, f.reason, f.note, f.updated_at FROM feedback f JOIN messages m ON m.id = f.message_id
            WHERE f.user_id = $1 AND ($2 IS NULL OR m.chat_id = $2) AND f.message_id > $3 ORDER BY f.message_id LIMIT $4";
        let after = after.unwrap_or_default();
        let rows: Vec<Row> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).bind(chat_id).bind(after).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Feedback::from).collect())
    }

    /// How many answers of each model were found so, and why.
    pub async fn counts(&self, filter: &Filter) -> sqlx::Result<Vec<FeedbackCount>> {
        let sql = "SELECT m.model, f.verdict, f.reason, count(*) AS count FROM feedback f JOIN messages m ON m.id = f.message_id
            WHERE ($1 IS NULL OR f.updated_at >= $1) AND ($2 IS NULL OR f.updated_at < $2) AND ($3 IS NULL OR m.model = $3)
            GROUP BY m.model, f.verdict, f.reason ORDER BY m.model, f.verdict, f.reason";
        let Filter { since, until, model } = filter;
        let rows: Vec<CountRow> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(since).bind(until).bind(model.as_deref()).fetch_all(c).await)?;
        let count = |row: CountRow| FeedbackCount {
            model: row.model,
            verdict: row.verdict.0,
            reason: row.reason.map(|reason| reason.0),
            count: row.count,
        };
        Ok(rows.into_iter().map(count).collect())
    }
}
