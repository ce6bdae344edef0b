//! Passkeys: rows of `passkeys`, found by the authenticator's id of the credential.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, on, tx};
use crate::model::passkey::Passkey;

#[derive(sqlx::FromRow)]
struct PasskeyRow {
    id: Uuid,
    name: String,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<PasskeyRow> for Passkey {
    fn from(PasskeyRow { id, name, created_at, last_used_at }: PasskeyRow) -> Self {
        Self { id, name, created_at, last_used_at }
    }
}

/// A passkey as it is made.
pub struct NewPasskey<'a> {
    pub id: Uuid,
    pub user_id: Uuid,
    pub credential_id: &'a [u8],
    pub credential: &'a Value,
    pub name: &'a str,
    pub created_at: DateTime<Utc>,
}

/// A passkey as a proof is checked with it.
#[derive(sqlx::FromRow)]
pub struct StoredPasskey {
    pub id: Uuid,
    pub user_id: Uuid,
    pub credential: Json<Value>,
}

/// The passkeys of [`Db`].
pub struct Passkeys<'a>(&'a Db);

impl Db {
    pub fn passkeys(&self) -> Passkeys<'_> {
        Passkeys(self)
    }
}

impl Passkeys<'_> {
    /// The user's passkeys, the oldest first.
    pub async fn list(&self, user_id: Uuid) -> sqlx::Result<Vec<Passkey>> {
        let sql = "SELECT id, name, created_at, last_used_at FROM passkeys WHERE user_id = $1 ORDER BY created_at, id";
        let rows: Vec<PasskeyRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Passkey::from).collect())
    }

    /// The ids that the user's authenticators gave their credentials.
    pub async fn credential_ids(&self, user_id: Uuid) -> sqlx::Result<Vec<Vec<u8>>> {
        let sql = "SELECT credential_id FROM passkeys WHERE user_id = $1 ORDER BY created_at, id";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).fetch_all(c).await)
    }

    /// The passkey with this id of the authenticator's.
    pub async fn find(&self, credential_id: &[u8]) -> sqlx::Result<Option<StoredPasskey>> {
        let sql = "SELECT id, user_id, credential FROM passkeys WHERE credential_id = $1";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(credential_id).fetch_optional(c).await)
    }

    /// Adds the passkey. False: there is one with this id of the authenticator's, or the user has `most` already.
    pub async fn insert(&self, passkey: &NewPasskey<'_>, most: i64) -> sqlx::Result<bool> {
        let NewPasskey { id, user_id, credential_id, credential, name, created_at } = passkey;
        tx!(self.0, tx => {
            let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM passkeys WHERE user_id = $1").bind(*user_id).fetch_one(&mut *tx).await?;
            let sql = "INSERT INTO passkeys (id, user_id, credential_id, credential, name, created_at) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (credential_id) DO NOTHING";
            let mut added = 0;
            if count < most {
                let query = sqlx::query(sql).bind(*id).bind(*user_id).bind(*credential_id).bind(Json(*credential)).bind(*name);
                added = query.bind(*created_at).execute(&mut *tx).await?.rows_affected();
            }
            Ok(added == 1)
        })
    }

    /// Notes the use, and what the authenticator counted.
    pub async fn used(&self, id: Uuid, credential: &Value, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE passkeys SET credential = $2, last_used_at = $3 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Json(credential)).bind(now).execute(c).await.map(drop))
    }

    /// Gives the user's passkey another name. Absent: they have no such passkey.
    pub async fn rename(&self, id: Uuid, user_id: Uuid, name: &str) -> sqlx::Result<Option<Passkey>> {
        let sql = "UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2 RETURNING id, name, created_at, last_used_at";
        let row: Option<PasskeyRow> =
            on!(self.0.write(), c => sqlx::query_as(sql).bind(id).bind(user_id).bind(name).fetch_optional(c).await)?;
        Ok(row.map(Passkey::from))
    }

    /// Removes the user's passkey. False: they have no such passkey.
    pub async fn delete(&self, id: Uuid, user_id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM passkeys WHERE id = $1 AND user_id = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).execute(c).await.map(|r| r.rows_affected() == 1))
    }

    /// Removes all of the user's; answers how many.
    pub async fn delete_all(&self, user_id: Uuid) -> sqlx::Result<u64> {
        on!(self.0.write(), c => {
            sqlx::query("DELETE FROM passkeys WHERE user_id = $1").bind(user_id).execute(c).await.map(|r| r.rows_affected())
        })
    }
}
