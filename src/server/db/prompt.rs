//! Prompts that people keep: rows of `prompts`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, on};
use crate::model::prompt::{Prompt, PromptForm, variables};

const PROMPT: &str = "SELECT id, user_id, shared, title, command, body, updated_at FROM prompts";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    user_id: Uuid,
    shared: bool,
    title: String,
    command: String,
    body: String,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn seen_by(self, user_id: Uuid) -> Prompt {
        let Self { id, user_id: owner, shared, title, command, body, updated_at } = self;
        let variables = variables(&body);
        Prompt { id, title, command, body, shared, mine: owner == user_id, variables, updated_at }
    }
}

/// The prompts of [`Db`].
pub struct Prompts<'a>(&'a Db);

impl Db {
    pub fn prompts(&self) -> Prompts<'_> {
        Prompts(self)
    }
}

impl Prompts<'_> {
    /// The user's own and those that are shared, by their commands.
    pub async fn list_for(&self, user_id: Uuid) -> sqlx::Result<Vec<Prompt>> {
        let sql = format!("{PROMPT} WHERE user_id = $1 OR shared ORDER BY command, id");
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|row| row.seen_by(user_id)).collect())
    }

    /// The prompt with this id, if the user may use it.
    pub async fn find_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<Option<Prompt>> {
        let sql = format!("{PROMPT} WHERE id = $2 AND (user_id = $1 OR shared)");
        let row: Option<Row> =
            on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user_id).bind(id).fetch_optional(c).await)?;
        Ok(row.map(|row| row.seen_by(user_id)))
    }

    /// How many the user keeps.
    pub async fn count(&self, user_id: Uuid) -> sqlx::Result<i64> {
        let sql = "SELECT count(*) FROM prompts WHERE user_id = $1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).fetch_one(c).await)
    }

    /// Keeps a prompt. A command that the user has already is a unique violation.
    pub async fn insert(&self, user_id: Uuid, id: Uuid, form: &PromptForm, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "INSERT INTO prompts (id, user_id, shared, title, command, body, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
        let PromptForm { title, command, body, shared } = form;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(shared).bind(title).bind(command).bind(body).bind(now)
            .execute(c).await.map(drop))
    }

    /// Changes a prompt; false when there is none.
    pub async fn update(&self, id: Uuid, form: &PromptForm, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE prompts SET shared = $2, title = $3, command = $4, body = $5, updated_at = $6 WHERE id = $1";
        let PromptForm { title, command, body, shared } = form;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(shared).bind(title).bind(command).bind(body).bind(now)
            .execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Forgets a prompt; false when there is none.
    pub async fn delete(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM prompts WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(|done| done.rows_affected() > 0))
    }
}
