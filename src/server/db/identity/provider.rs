//! Services to sign in with: rows of `identity_providers`. Secrets come and go encrypted.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Identities;
use crate::model::identity::{IdentityKind, IdentityProvider};
use crate::server::db::{Text, on};

const PROVIDER: &str = "SELECT p.id, p.slug, p.kind, p.name, p.issuer, p.client_id, p.secret_cipher, p.scopes, p.enabled, p.allow_sign_up,
    p.position, p.created_at, (SELECT COUNT(*) FROM identities i WHERE i.provider_id = p.id) AS linked FROM identity_providers p";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    slug: String,
    kind: Text<IdentityKind>,
    name: String,
    issuer: Option<String>,
    client_id: String,
    secret_cipher: Option<Vec<u8>>,
    scopes: String,
    enabled: bool,
    allow_sign_up: bool,
    position: i64,
    created_at: DateTime<Utc>,
    linked: i64,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let Row { id, slug, kind, name, issuer, client_id, secret_cipher, scopes, enabled, allow_sign_up, position, created_at, linked } =
            row;
        let (has_secret, position) = (secret_cipher.is_some(), u32::try_from(position).unwrap_or_default());
        let linked = u64::try_from(linked).unwrap_or_default();
        let provider = IdentityProvider {
            id,
            slug,
            kind: kind.0,
            name,
            issuer,
            client_id,
            has_secret,
            scopes,
            enabled,
            allow_sign_up,
            position,
            linked,
            redirect_uri: String::new(),
            created_at,
        };
        Self { provider, secret_cipher }
    }
}

/// A service, and its secret as it is stored. The redirect URI is not: it depends on where the server is reached.
#[derive(Clone)]
pub struct Stored {
    pub provider: IdentityProvider,
    pub secret_cipher: Option<Vec<u8>>,
}

impl Identities<'_> {
    /// Every service, in the order of the buttons.
    pub async fn providers(&self) -> sqlx::Result<Vec<Stored>> {
        let sql = format!("{PROVIDER} ORDER BY p.position, p.name, p.id");
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Stored::from).collect())
    }

    /// The service with this id.
    pub async fn find_provider(&self, id: Uuid) -> sqlx::Result<Option<Stored>> {
        let sql = format!("{PROVIDER} WHERE p.id = $1");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Stored::from))
    }

    /// The service with this short name.
    pub async fn provider_by_slug(&self, slug: &str) -> sqlx::Result<Option<Stored>> {
        let sql = format!("{PROVIDER} WHERE p.slug = $1");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(slug).fetch_optional(c).await)?;
        Ok(row.map(Stored::from))
    }

    /// Adds a service. False: there is one with this short name.
    pub async fn insert_provider(&self, stored: &Stored) -> sqlx::Result<bool> {
        let sql = "INSERT INTO identity_providers
            (id, slug, kind, name, issuer, client_id, secret_cipher, scopes, enabled, allow_sign_up, position, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT (slug) DO NOTHING";
        let p = &stored.provider;
        let rows = on!(self.0.write(), c => {
            let query = sqlx::query(sql).bind(p.id).bind(&p.slug).bind(Text(p.kind)).bind(&p.name).bind(&p.issuer).bind(&p.client_id);
            let query = query.bind(&stored.secret_cipher).bind(&p.scopes).bind(p.enabled).bind(p.allow_sign_up);
            query.bind(i64::from(p.position)).bind(p.created_at).execute(c).await.map(|r| r.rows_affected())
        })?;
        Ok(rows == 1)
    }

    /// Changes everything but the id, the short name and the kind. False: there is no such service.
    pub async fn update_provider(&self, stored: &Stored, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE identity_providers SET name = $2, issuer = $3, client_id = $4, secret_cipher = $5, scopes = $6, enabled = $7,
            allow_sign_up = $8, position = $9, updated_at = $10 WHERE id = $1";
        let p = &stored.provider;
        let rows = on!(self.0.write(), c => {
            let query = sqlx::query(sql).bind(p.id).bind(&p.name).bind(&p.issuer).bind(&p.client_id).bind(&stored.secret_cipher);
            let query = query.bind(&p.scopes).bind(p.enabled).bind(p.allow_sign_up).bind(i64::from(p.position)).bind(now);
            query.execute(c).await.map(|r| r.rows_affected())
        })?;
        Ok(rows == 1)
    }

    /// Removes a service, and with it every link to it. False: there is none.
    pub async fn delete_provider(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM identity_providers WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(|r| r.rows_affected() == 1))
    }
}
