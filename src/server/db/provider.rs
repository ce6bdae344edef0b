//! Providers: rows of `providers`. Keys come and go encrypted.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, Text, on};
use crate::model::provider::{Kind, Provider};

const PROVIDER: &str = "SELECT id, slug, kind, base_url, key_cipher, enabled, builtin, created_at FROM providers";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    slug: String,
    kind: Text<Kind>,
    base_url: Option<String>,
    key_cipher: Option<Vec<u8>>,
    enabled: bool,
    builtin: bool,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let Row { id, slug, kind, base_url, key_cipher, enabled, builtin, created_at } = row;
        let has_key = key_cipher.is_some();
        Self { provider: Provider { id, slug, kind: kind.0, base_url, has_key, enabled, builtin, created_at }, key_cipher }
    }
}

/// A provider, and its key as it is stored.
pub struct Stored {
    pub provider: Provider,
    pub key_cipher: Option<Vec<u8>>,
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
        Ok(rows.into_iter().map(Stored::from).collect())
    }

    /// The provider with this id.
    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<Stored>> {
        let sql = format!("{PROVIDER} WHERE id = $1");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Stored::from))
    }

    /// Adds a provider. A slug that is there already is a unique violation.
    pub async fn insert(&self, stored: &Stored) -> sqlx::Result<()> {
        let sql = "INSERT INTO providers (id, slug, kind, base_url, key_cipher, enabled, builtin, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
        let Provider { id, slug, kind, base_url, enabled, builtin, created_at, .. } = &stored.provider;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(slug).bind(Text(*kind)).bind(base_url).bind(&stored.key_cipher)
            .bind(enabled).bind(builtin).bind(created_at).execute(c).await.map(drop))
    }

    /// Changes everything but the id and the origin; false when there is no such provider.
    pub async fn update(&self, stored: &Stored, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE providers SET slug = $2, kind = $3, base_url = $4, key_cipher = $5, enabled = $6, updated_at = $7 WHERE id = $1";
        let Provider { id, slug, kind, base_url, enabled, .. } = &stored.provider;
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(slug).bind(Text(*kind)).bind(base_url).bind(&stored.key_cipher)
            .bind(enabled).bind(now).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Removes a provider; false when there is none, or when the server made it itself.
    pub async fn delete(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM providers WHERE id = $1 AND builtin = FALSE";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(|done| done.rows_affected() > 0))
    }
}
