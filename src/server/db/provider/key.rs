//! Keys of providers: rows of `provider_keys`, encrypted.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::on;
use super::Providers;
use crate::model::provider::{ProviderKey, Standing};

const KEY: &str = "SELECT id, provider_id, label, cipher, created_at FROM provider_keys";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    provider_id: Uuid,
    label: String,
    cipher: Vec<u8>,
    created_at: DateTime<Utc>,
}

/// A key, and what is stored of it.
pub struct Stored {
    pub key: ProviderKey,
    pub cipher: Vec<u8>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let Row { id, label, cipher, created_at, .. } = row;
        Self { key: ProviderKey { id, label, created_at, standing: Standing::default() }, cipher }
    }
}

impl Providers<'_> {
    /// The keys of all providers, each with its provider, oldest first.
    pub(super) async fn keys(&self) -> sqlx::Result<Vec<(Uuid, Stored)>> {
        let sql = format!("{KEY} ORDER BY created_at, id");
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|row| (row.provider_id, row.into())).collect())
    }

    /// The keys of a provider, oldest first.
    pub(super) async fn keys_of(&self, provider_id: Uuid) -> sqlx::Result<Vec<Stored>> {
        let sql = format!("{KEY} WHERE provider_id = $1 ORDER BY created_at, id");
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(provider_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Stored::from).collect())
    }

    /// Adds a key, or changes label and text of the one with its id.
    pub async fn put_key(&self, provider_id: Uuid, stored: &Stored) -> sqlx::Result<()> {
        let sql = "INSERT INTO provider_keys (id, provider_id, label, cipher, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (id) DO UPDATE SET label = excluded.label, cipher = excluded.cipher";
        let Stored { key, cipher } = stored;
        on!(self.0.write(), c => sqlx::query(sql).bind(key.id).bind(provider_id).bind(&key.label).bind(cipher).bind(key.created_at)
            .execute(c).await.map(drop))
    }

    /// Removes a key of the provider; false when there is none.
    pub async fn delete_key(&self, provider_id: Uuid, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM provider_keys WHERE id = $1 AND provider_id = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(provider_id).execute(c).await.map(|done| done.rows_affected() > 0))
    }
}
