//! Which model is asked when another cannot answer: rows of `fallbacks`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::on;
use super::Providers;

/// One line of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Stored {
    pub id: Uuid,
    pub provider_id: Uuid,
    /// Empty: every model of the provider that has no line of its own.
    pub model: String,
    pub next_provider_id: Uuid,
    pub next_model: String,
    pub created_at: DateTime<Utc>,
}

impl Providers<'_> {
    /// Every line, oldest first.
    pub async fn fallbacks(&self) -> sqlx::Result<Vec<Stored>> {
        let sql = "SELECT id, provider_id, model, next_provider_id, next_model, created_at FROM fallbacks ORDER BY created_at, id";
        on!(self.0.read(), c => sqlx::query_as(sql).fetch_all(c).await)
    }

    /// Adds a line, or changes the one of the same model. Answers it as it is stored.
    pub async fn put_fallback(&self, line: &Stored) -> sqlx::Result<Stored> {
        let sql = "INSERT INTO fallbacks (id, provider_id, model, next_provider_id, next_model, created_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (provider_id, model) DO UPDATE SET next_provider_id = excluded.next_provider_id, next_model = excluded.next_model
            RETURNING id, provider_id, model, next_provider_id, next_model, created_at";
        on!(self.0.write(), c => sqlx::query_as(sql).bind(line.id).bind(line.provider_id).bind(&line.model).bind(line.next_provider_id)
            .bind(&line.next_model).bind(line.created_at).fetch_one(c).await)
    }

    /// Removes a line; false when there is none.
    pub async fn delete_fallback(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM fallbacks WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(|done| done.rows_affected() > 0))
    }
}
