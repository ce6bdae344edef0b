//! Single-use tokens: rows of `tickets`, found by the SHA-256 of the token.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Text, on, tx};
use crate::model::ticket::Purpose;

/// A ticket as it is written.
pub struct NewTicket<'a> {
    pub hash: [u8; 32],
    pub purpose: Purpose,
    pub user_id: Option<Uuid>,
    pub data: &'a Value,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A ticket that still holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    pub user_id: Option<Uuid>,
    pub data: Value,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct TicketRow {
    user_id: Option<Uuid>,
    data: Json<Value>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl From<TicketRow> for Ticket {
    fn from(row: TicketRow) -> Self {
        let TicketRow { user_id, data, created_at, expires_at } = row;
        Self { user_id, data: data.0, created_at, expires_at }
    }
}

/// The tickets of [`Db`].
pub struct Tickets<'a>(&'a Db);

impl Db {
    pub fn tickets(&self) -> Tickets<'_> {
        Tickets(self)
    }
}

impl Tickets<'_> {
    /// Adds the ticket; earlier ones of the same purpose and user end.
    pub async fn insert(&self, ticket: &NewTicket<'_>) -> sqlx::Result<()> {
        let NewTicket { hash, purpose, user_id, data, created_at, expires_at } = ticket;
        tx!(self.0, tx => {
            if let Some(user_id) = user_id {
                let sql = "DELETE FROM tickets WHERE user_id = $1 AND purpose = $2";
                sqlx::query(sql).bind(*user_id).bind(Text(*purpose)).execute(&mut *tx).await?;
            }
            let sql = "INSERT INTO tickets (token_hash, purpose, user_id, data, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
            let query = sqlx::query(sql).bind(hash.as_slice()).bind(Text(*purpose)).bind(*user_id);
            query.bind(Json(*data)).bind(*created_at).bind(*expires_at).execute(&mut *tx).await?;
            Ok(())
        })
    }

    /// The ticket, if it still holds.
    pub async fn find(&self, hash: &[u8], purpose: Purpose, now: DateTime<Utc>) -> sqlx::Result<Option<Ticket>> {
        let sql = "SELECT user_id, data, created_at, expires_at FROM tickets WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3";
        let row: Option<TicketRow> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(hash).bind(Text(purpose)).bind(now).fetch_optional(c).await)?;
        Ok(row.map(Ticket::from))
    }

    /// Takes the ticket, if it still holds: of several who try at once, one gets it.
    pub async fn take(&self, hash: &[u8], purpose: Purpose, now: DateTime<Utc>) -> sqlx::Result<Option<Ticket>> {
        let sql = "DELETE FROM tickets WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
            RETURNING user_id, data, created_at, expires_at";
        let row: Option<TicketRow> =
            on!(self.0.write(), c => sqlx::query_as(sql).bind(hash).bind(Text(purpose)).bind(now).fetch_optional(c).await)?;
        Ok(row.map(Ticket::from))
    }

    /// The user's newest ticket of this purpose that still holds.
    pub async fn find_of(&self, user_id: Uuid, purpose: Purpose, now: DateTime<Utc>) -> sqlx::Result<Option<Ticket>> {
        let sql = "SELECT user_id, data, created_at, expires_at FROM tickets WHERE user_id = $1 AND purpose = $2 AND expires_at > $3
            ORDER BY created_at DESC LIMIT 1";
        let row: Option<TicketRow> =
            on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).bind(Text(purpose)).bind(now).fetch_optional(c).await)?;
        Ok(row.map(Ticket::from))
    }

    /// When the user's last ticket of this purpose was made, if it is still there.
    pub async fn last_made(&self, user_id: Uuid, purpose: Purpose) -> sqlx::Result<Option<DateTime<Utc>>> {
        let sql = "SELECT created_at FROM tickets WHERE user_id = $1 AND purpose = $2 ORDER BY created_at DESC LIMIT 1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).bind(Text(purpose)).fetch_optional(c).await)
    }

    /// Ends the user's tickets of this purpose.
    pub async fn delete_of(&self, user_id: Uuid, purpose: Purpose) -> sqlx::Result<()> {
        let sql = "DELETE FROM tickets WHERE user_id = $1 AND purpose = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(user_id).bind(Text(purpose)).execute(c).await.map(drop))
    }

    /// Removes the tickets that have expired; answers how many.
    pub async fn delete_expired(&self, now: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM tickets WHERE expires_at <= $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(now).execute(c).await.map(|r| r.rows_affected()))
    }
}
