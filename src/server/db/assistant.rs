//! Assistants: rows of `assistants`.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, on};
use crate::model::assistant::{Assistant, AssistantForm};
use crate::model::setup::Setup;

const ASSISTANT: &str = "SELECT id, user_id, shared, name, icon, model, setup, greeting, starters, updated_at FROM assistants";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    user_id: Uuid,
    shared: bool,
    name: String,
    icon: String,
    model: Option<String>,
    setup: Option<Json<Setup>>,
    greeting: String,
    starters: Json<Vec<String>>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn seen_by(self, viewer: Uuid) -> Assistant {
        let Self { id, user_id, shared, name, icon, model, setup, greeting, starters, updated_at } = self;
        let setup = setup.map(|json| json.0).unwrap_or_default();
        let form = AssistantForm { name, icon, model, greeting, starters: starters.0, shared, setup };
        Assistant { id, mine: user_id == viewer, form, updated_at }
    }
}

/// The assistants of [`Db`].
pub struct Assistants<'a>(&'a Db);

impl Db {
    pub fn assistants(&self) -> Assistants<'_> {
        Assistants(self)
    }
}

impl Assistants<'_> {
    /// The user's own and those that are shared, by their names.
    pub async fn list_for(&self, user_id: Uuid) -> sqlx::Result<Vec<Assistant>> {
        let sql = format!("{ASSISTANT} WHERE user_id = $1 OR shared ORDER BY name, id");
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|row| row.seen_by(user_id)).collect())
    }

    /// The assistant with this id, if the user may use it.
    pub async fn find_for(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<Option<Assistant>> {
        let sql = format!("{ASSISTANT} WHERE id = $2 AND (user_id = $1 OR shared)");
        let row: Option<Row> =
            on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user_id).bind(id).fetch_optional(c).await)?;
        Ok(row.map(|row| row.seen_by(user_id)))
    }

    /// How many the user keeps.
    pub async fn count(&self, user_id: Uuid) -> sqlx::Result<i64> {
        let sql = "SELECT count(*) FROM assistants WHERE user_id = $1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).fetch_one(c).await)
    }

    /// Keeps an assistant.
    pub async fn insert(&self, user_id: Uuid, id: Uuid, form: &AssistantForm, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "INSERT INTO assistants (id, user_id, shared, name, icon, model, setup, greeting, starters, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
        let AssistantForm { name, icon, model, greeting, starters, shared, setup } = form;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(shared).bind(name).bind(icon).bind(model).bind(Json(setup))
            .bind(greeting).bind(Json(starters)).bind(now).execute(c).await.map(drop))
    }

    /// Changes an assistant; false when there is none.
    pub async fn update(&self, id: Uuid, form: &AssistantForm, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE assistants SET shared = $2, name = $3, icon = $4, model = $5, setup = $6, greeting = $7, starters = $8,
            updated_at = $9 WHERE id = $1";
        let AssistantForm { name, icon, model, greeting, starters, shared, setup } = form;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(shared).bind(name).bind(icon).bind(model).bind(Json(setup))
            .bind(greeting).bind(Json(starters)).bind(now).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Forgets an assistant; its conversations stay, with what they are told. False when there is none.
    pub async fn delete(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM assistants WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(|done| done.rows_affected() > 0))
    }
}
