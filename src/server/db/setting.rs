//! What administrators have set: one row of `settings` per group.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use super::{Db, on};

/// The settings of [`Db`].
pub struct Settings<'a>(&'a Db);

impl Db {
    pub fn settings(&self) -> Settings<'_> {
        Settings(self)
    }
}

impl Settings<'_> {
    /// Every group that was ever set, by its name.
    pub async fn list(&self) -> sqlx::Result<Vec<(String, Value)>> {
        let sql = "SELECT name, value FROM settings";
        let rows: Vec<(String, Json<Value>)> = on!(self.0.read(), c => sqlx::query_as(sql).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(name, value)| (name, value.0)).collect())
    }

    /// One group, if it was ever set.
    pub async fn find(&self, name: &str) -> sqlx::Result<Option<Value>> {
        let sql = "SELECT value FROM settings WHERE name = $1";
        let value: Option<Json<Value>> = on!(self.0.read(), c => sqlx::query_scalar(sql).bind(name).fetch_optional(c).await)?;
        Ok(value.map(|value| value.0))
    }

    /// Writes a group.
    pub async fn put(&self, name: &str, value: &Value, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "INSERT INTO settings (name, value, updated_at) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
        on!(self.0.write(), c => sqlx::query(sql).bind(name).bind(Json(value)).bind(now).execute(c).await.map(drop))
    }
}
