//! What administrators say of models: rows of `models`, and for whom some are in `model_users`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, on, tx};
use crate::model::catalogue::ModelForm;

/// What was said of a model.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: Uuid,
    pub provider_id: Uuid,
    /// At the provider.
    pub name: String,
    /// With the addresses of its people.
    pub form: ModelForm,
    /// The same people.
    pub people: Vec<Uuid>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    provider_id: Uuid,
    name: String,
    config: Json<ModelForm>,
}

/// What was said of the models of [`Db`].
pub struct Models<'a>(&'a Db);

impl Db {
    pub fn models(&self) -> Models<'_> {
        Models(self)
    }
}

impl Models<'_> {
    /// All of it, by the names.
    pub async fn list(&self) -> sqlx::Result<Vec<Stored>> {
        let sql = "SELECT id, provider_id, name, config FROM models ORDER BY name, provider_id";
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).fetch_all(c).await)?;
        let mut people = self.people().await?;
        let stored = rows.into_iter().map(|Row { id, provider_id, name, config }| {
            let (people, addresses) = people.remove(&id).unwrap_or_default().into_iter().unzip();
            Stored { id, provider_id, name, form: ModelForm { people: addresses, ..config.0 }, people }
        });
        Ok(stored.collect())
    }

    async fn people(&self) -> sqlx::Result<HashMap<Uuid, Vec<(Uuid, String)>>> {
        let sql = "SELECT m.model_id, m.user_id, u.email FROM model_users m JOIN users u ON u.id = m.user_id ORDER BY u.email";
        let rows: Vec<(Uuid, Uuid, String)> = on!(self.0.read(), c => sqlx::query_as(sql).fetch_all(c).await)?;
        let mut people: HashMap<_, Vec<_>> = HashMap::new();
        for (model_id, user_id, email) in rows {
            people.entry(model_id).or_default().push((user_id, email));
        }
        Ok(people)
    }

    /// Stores what was said of a model, in place of what was said of it before.
    pub async fn put(&self, said: &Stored, now: DateTime<Utc>) -> sqlx::Result<()> {
        let Stored { id, provider_id, name, form, people } = said;
        let config = Json(ModelForm { people: Vec::new(), ..form.clone() });
        let clear = "DELETE FROM models WHERE provider_id = $1 AND name = $2";
        let put = "INSERT INTO models (id, provider_id, name, config, updated_at) VALUES ($1, $2, $3, $4, $5)";
        let add = "INSERT INTO model_users (model_id, user_id) VALUES ($1, $2)";
        tx!(self.0, tx => {
            sqlx::query(clear).bind(provider_id).bind(name).execute(&mut *tx).await?;
            sqlx::query(put).bind(id).bind(provider_id).bind(name).bind(&config).bind(now).execute(&mut *tx).await?;
            for person in people {
                sqlx::query(add).bind(id).bind(person).execute(&mut *tx).await?;
            }
            Ok(())
        })
    }

    /// Forgets what was said of a model; false when nothing was.
    pub async fn delete(&self, provider_id: Uuid, name: &str) -> sqlx::Result<bool> {
        let sql = "DELETE FROM models WHERE provider_id = $1 AND name = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(provider_id).bind(name).execute(c).await.map(|done| done.rows_affected() > 0))
    }
}
