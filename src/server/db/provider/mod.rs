//! Providers: rows of `providers`, their keys and what is asked in their place. Keys come and go encrypted.

mod fallback;
mod key;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
pub use fallback::Stored as StoredFallback;
pub use key::Stored as StoredKey;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Text, on, tx};
use crate::model::provider::{Api, Kind, Limits, Provider};

const PROVIDER: &str = "SELECT id, slug, kind, base_url, enabled, builtin, private, api, position, limits, created_at FROM providers";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    slug: String,
    kind: Text<Kind>,
    base_url: Option<String>,
    enabled: bool,
    builtin: bool,
    private: bool,
    api: Text<Api>,
    position: i64,
    limits: Option<Json<Limits>>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn with(self, keys: Vec<StoredKey>) -> Stored {
        let Self { id, slug, kind, base_url, enabled, builtin, private, api, position, limits, created_at } = self;
        let limits = limits.map(|json| json.0).unwrap_or_default();
        let has_key = !keys.is_empty();
        let shown = keys.iter().map(|key| key.key.clone()).collect();
        let provider = Provider {
            id,
            slug,
            kind: kind.0,
            base_url,
            has_key,
            enabled,
            builtin,
            private,
            api: api.0,
            position: u32::try_from(position).unwrap_or_default(),
            limits,
            keys: shown,
            health: None,
            created_at,
        };
        Stored { provider, keys }
    }
}

/// A provider, and its keys as they are stored.
pub struct Stored {
    pub provider: Provider,
    pub keys: Vec<StoredKey>,
}

/// The providers of [`Db`].
pub struct Providers<'a>(&'a Db);

impl Db {
    pub fn providers(&self) -> Providers<'_> {
        Providers(self)
    }
}

impl Providers<'_> {
    /// Every provider, oldest first.
    pub async fn list(&self) -> sqlx::Result<Vec<Stored>> {
        let sql = format!("{PROVIDER} ORDER BY created_at, id");
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(c).await)?;
        let mut keys: HashMap<Uuid, Vec<StoredKey>> = HashMap::new();
        for (provider_id, key) in self.keys().await? {
            keys.entry(provider_id).or_default().push(key);
        }
        Ok(rows.into_iter().map(|row| (keys.remove(&row.id).unwrap_or_default(), row)).map(|(keys, row)| row.with(keys)).collect())
    }

    /// The provider with this id.
    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<Stored>> {
        let sql = format!("{PROVIDER} WHERE id = $1");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(c).await)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(row.with(self.keys_of(id).await?)))
    }

    /// Adds a provider, without keys, at the end of the order where there is one. A slug that is there already is a unique violation.
    pub async fn insert(&self, provider: &Provider) -> sqlx::Result<()> {
        let sql =
            "INSERT INTO providers (id, slug, kind, base_url, enabled, builtin, private, limits, created_at, updated_at, api, position)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, CASE WHEN COALESCE(MAX(position), 0) > 0 THEN MAX(position) + 1 ELSE 0 END
            FROM providers";
        let Provider { id, slug, kind, base_url, enabled, builtin, private, limits, created_at, api, .. } = provider;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(slug).bind(Text(*kind)).bind(base_url).bind(enabled).bind(builtin)
            .bind(private).bind(Json(limits)).bind(created_at).bind(Text(*api)).execute(c).await.map(drop))
    }

    /// Puts the providers in this order.
    pub async fn arrange(&self, ids: &[Uuid]) -> sqlx::Result<()> {
        let sql = "UPDATE providers SET position = $2 WHERE id = $1";
        tx!(self.0, tx => {
            for (id, position) in ids.iter().zip(1i64..) {
                sqlx::query(sql).bind(id).bind(position).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Changes everything but the id, the origin, the place and the keys; false when there is no such provider.
    pub async fn update(&self, provider: &Provider, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE providers SET slug = $2, kind = $3, base_url = $4, enabled = $5, private = $6, limits = $7, updated_at = $8,
            api = $9 WHERE id = $1";
        let Provider { id, slug, kind, base_url, enabled, private, limits, api, .. } = provider;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(slug).bind(Text(*kind)).bind(base_url).bind(enabled).bind(private)
            .bind(Json(limits)).bind(now).bind(Text(*api)).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Removes a provider; false when there is none, or when the server made it itself.
    pub async fn delete(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM providers WHERE id = $1 AND builtin = FALSE";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(|done| done.rows_affected() > 0))
    }
}
