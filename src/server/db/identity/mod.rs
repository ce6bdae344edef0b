//! Accounts at other services: rows of `identities`. Which services there are is in [`provider`].

mod provider;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
pub use provider::Stored;
use uuid::Uuid;

use super::{Db, Text, on, tx};
use crate::model::identity::{Identity, IdentityKind};

/// An account at a service, as it is written.
pub struct NewIdentity<'a> {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub subject: &'a str,
    pub user_id: Uuid,
    pub email: Option<&'a str>,
    pub name: Option<&'a str>,
    pub at: DateTime<Utc>,
}

/// What became of unlinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinked {
    Done,
    /// Nothing was linked.
    Absent,
    /// It stays: without it there would be no way to sign in.
    LastWay,
}

#[derive(sqlx::FromRow)]
struct Row {
    slug: String,
    provider_name: String,
    kind: Text<IdentityKind>,
    email: Option<String>,
    name: Option<String>,
    linked_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<Row> for Identity {
    fn from(row: Row) -> Self {
        let Row { slug, provider_name, kind, email, name, linked_at, last_used_at } = row;
        Self { provider: slug, provider_name, kind: kind.0, email, name, linked_at, last_used_at }
    }
}

/// The accounts at other services of [`Db`].
pub struct Identities<'a>(&'a Db);

impl Db {
    pub fn identities(&self) -> Identities<'_> {
        Identities(self)
    }
}

impl Identities<'_> {
    /// Whose account here this account there is.
    pub async fn owner(&self, provider_id: Uuid, subject: &str) -> sqlx::Result<Option<Uuid>> {
        let sql = "SELECT user_id FROM identities WHERE provider_id = $1 AND subject = $2";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(provider_id).bind(subject).fetch_optional(c).await)
    }

    /// What the user has linked, in the order of the buttons.
    pub async fn list_for(&self, user_id: Uuid) -> sqlx::Result<Vec<Identity>> {
        let sql = "SELECT p.slug, p.name AS provider_name, p.kind, i.email, i.name, i.linked_at, i.last_used_at
            FROM identities i JOIN identity_providers p ON p.id = i.provider_id
            WHERE i.user_id = $1 ORDER BY p.position, p.name, p.id";
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Identity::from).collect())
    }

    /// Links. False: the account there is linked already, or the user has one of this service.
    pub async fn insert(&self, new: &NewIdentity<'_>) -> sqlx::Result<bool> {
        let NewIdentity { id, provider_id, subject, user_id, email, name, at } = new;
        let sql = "INSERT INTO identities (id, provider_id, subject, user_id, email, name, linked_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        let rows = on!(self.0.write(), c => {
            let query = sqlx::query(sql).bind(id).bind(provider_id).bind(*subject).bind(user_id).bind(*email).bind(*name).bind(at);
            query.execute(c).await.map(|r| r.rows_affected())
        })?;
        Ok(rows == 1)
    }

    /// Notes that it was used to sign in, and what the service tells about it now.
    pub async fn touch(&self, new: &NewIdentity<'_>) -> sqlx::Result<()> {
        let sql = "UPDATE identities SET last_used_at = $3, email = COALESCE($4, email), name = COALESCE($5, name)
            WHERE provider_id = $1 AND subject = $2";
        on!(self.0.write(), c => {
            let query = sqlx::query(sql).bind(new.provider_id).bind(new.subject).bind(new.at).bind(new.email).bind(new.name);
            query.execute(c).await.map(drop)
        })
    }

    /// Unlinks what the user has of this service, unless `others` (ways in that are counted elsewhere) is 0 and nothing else is left.
    pub async fn unlink(&self, user_id: Uuid, provider_id: Uuid, others: i64) -> sqlx::Result<Unlinked> {
        // The write on the user's row makes two that unlink the last two ways at once wait for one another.
        let lock = "UPDATE users SET updated_at = updated_at WHERE id = $1";
        let delete = "DELETE FROM identities WHERE user_id = $1 AND provider_id = $2";
        let ways = "SELECT (SELECT COUNT(*) FROM users WHERE id = $1 AND password_hash IS NOT NULL)
            + (SELECT COUNT(*) FROM identities i JOIN identity_providers p ON p.id = i.provider_id
               WHERE i.user_id = $1 AND i.provider_id <> $2 AND p.enabled = TRUE)";
        tx!(self.0, tx => {
            sqlx::query(lock).bind(user_id).execute(&mut *tx).await?;
            let ways: i64 = sqlx::query_scalar(ways).bind(user_id).bind(provider_id).fetch_one(&mut *tx).await?;
            if ways + others == 0 {
                let sql = "SELECT COUNT(*) FROM identities WHERE user_id = $1 AND provider_id = $2";
                let there: i64 = sqlx::query_scalar(sql).bind(user_id).bind(provider_id).fetch_one(&mut *tx).await?;
                Ok(if there > 0 { Unlinked::LastWay } else { Unlinked::Absent })
            } else {
                let rows = sqlx::query(delete).bind(user_id).bind(provider_id).execute(&mut *tx).await?.rows_affected();
                Ok(if rows > 0 { Unlinked::Done } else { Unlinked::Absent })
            }
        })
    }
}
