//! Sign-ins over the API: rows of `token_families` and of `refresh_tokens`, found by the SHA-256 of the token.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::user::{UserRow, user_columns};
use super::{Db, on, tx};
use crate::model::user::User;

/// A refresh token as it is stored.
pub struct NewToken {
    pub hash: [u8; 32],
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A sign-in as it begins.
pub struct NewFamily<'a> {
    pub id: Uuid,
    pub user_id: Uuid,
    pub user_agent: Option<&'a str>,
    pub ip: Option<String>,
}

/// What became of a refresh token that was handed in.
pub enum Rotation {
    /// It was good and is used up now; the new one stands in its family.
    Rotated { family: Uuid, user: Box<User> },
    /// It had been used before: somebody has a copy. Its family has ended.
    Reused { family: Uuid },
    /// Never seen, over, of an ended family or of a user who is locked out.
    Refused,
}

/// The API sign-ins of [`Db`].
pub struct Tokens<'a>(&'a Db);

impl Db {
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens(self)
    }
}

const ADD: &str = "INSERT INTO refresh_tokens (token_hash, family_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
const USER_OF_FAMILY: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM token_families f JOIN users u ON u.id = f.user_id WHERE f.id = $1 AND f.ended_at IS NULL AND u.disabled_at IS NULL"
);

impl Tokens<'_> {
    /// Begins a family with its first refresh token; who signs in has just proved who they are.
    pub async fn begin(&self, family: &NewFamily<'_>, token: NewToken) -> sqlx::Result<()> {
        let NewFamily { id, user_id, user_agent, ip } = family;
        let NewToken { hash, created_at, expires_at } = token;
        tx!(self.0, tx => {
            let sql = "INSERT INTO token_families (id, user_id, user_agent, ip, created_at, last_used_at, proved_at)
                VALUES ($1, $2, $3, $4, $5, $5, $5)";
            let query = sqlx::query(sql).bind(*id).bind(*user_id).bind(*user_agent).bind(ip.as_deref());
            query.bind(created_at).execute(&mut *tx).await?;
            sqlx::query(ADD).bind(hash.as_slice()).bind(*id).bind(created_at).bind(expires_at).execute(&mut *tx).await?;
            Ok(())
        })
    }

    /// Uses the token up and puts `next` in its place, if its family began after `oldest`; ends the family if it was used up before.
    pub async fn rotate(&self, hash: &[u8], next: NewToken, oldest: DateTime<Utc>) -> sqlx::Result<Rotation> {
        let NewToken { hash: next, created_at: now, expires_at } = next;
        let take = "UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
            AND EXISTS (SELECT 1 FROM token_families f WHERE f.id = family_id AND f.created_at > $3) RETURNING family_id";
        let end = "UPDATE token_families SET ended_at = COALESCE(ended_at, $2)
            WHERE id = (SELECT family_id FROM refresh_tokens WHERE token_hash = $1 AND used_at IS NOT NULL) RETURNING id";
        tx!(self.0, tx => {
            let taken: Option<(Uuid,)> = sqlx::query_as(take).bind(hash).bind(now).bind(oldest).fetch_optional(&mut *tx).await?;
            let Some((family,)) = taken else {
                let ended: Option<(Uuid,)> = sqlx::query_as(end).bind(hash).bind(now).fetch_optional(&mut *tx).await?;
                tx.commit().await?;
                return Ok(ended.map_or(Rotation::Refused, |(family,)| Rotation::Reused { family }));
            };
            let user: Option<UserRow> = sqlx::query_as(USER_OF_FAMILY).bind(family).fetch_optional(&mut *tx).await?;
            let Some(user) = user else { return Ok(Rotation::Refused) };
            let sql = "UPDATE token_families SET last_used_at = $2 WHERE id = $1";
            sqlx::query(sql).bind(family).bind(now).execute(&mut *tx).await?;
            sqlx::query(ADD).bind(next.as_slice()).bind(family).bind(now).bind(expires_at).execute(&mut *tx).await?;
            Ok(Rotation::Rotated { family, user: Box::new(user.into()) })
        })
    }

    /// The user of a family that has not ended; nobody if they are locked out.
    pub async fn find_user(&self, family: Uuid) -> sqlx::Result<Option<User>> {
        let row: Option<UserRow> = on!(self.0.read(), c => sqlx::query_as(USER_OF_FAMILY).bind(family).fetch_optional(c).await)?;
        Ok(row.map(User::from))
    }

    /// Whose family it is.
    pub async fn owner(&self, family: Uuid) -> sqlx::Result<Option<Uuid>> {
        let sql = "SELECT user_id FROM token_families WHERE id = $1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(family).fetch_optional(c).await)
    }

    /// Ends the family if it lives; answers whose it was.
    pub async fn end(&self, family: Uuid, now: DateTime<Utc>) -> sqlx::Result<Option<Uuid>> {
        let sql = "UPDATE token_families SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING user_id";
        on!(self.0.write(), c => sqlx::query_scalar(sql).bind(family).bind(now).fetch_optional(c).await)
    }

    /// Ends the family of this refresh token, if there is one that lives; answers whose it was.
    pub async fn end_of(&self, hash: &[u8], now: DateTime<Utc>) -> sqlx::Result<Option<Uuid>> {
        let sql = "UPDATE token_families SET ended_at = $2
            WHERE id = (SELECT family_id FROM refresh_tokens WHERE token_hash = $1) AND ended_at IS NULL RETURNING user_id";
        on!(self.0.write(), c => sqlx::query_scalar(sql).bind(hash).bind(now).fetch_optional(c).await)
    }

    /// Removes the families none of whose tokens can be used any more; answers how many. A used token stays as long as its
    /// family lives, so that its coming back is noticed.
    pub async fn delete_expired(&self, now: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM token_families
            WHERE NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.family_id = token_families.id AND t.expires_at > $1)";
        on!(self.0.write(), c => sqlx::query(sql).bind(now).execute(c).await.map(|r| r.rows_affected()))
    }
}
