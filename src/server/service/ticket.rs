//! Single-use tokens that travel by mail or between two steps of a form. Only their SHA-256 is stored.

use chrono::Duration;
use serde_json::Value;
use uuid::Uuid;

use crate::model::error::Rule;
use crate::model::ticket::Purpose;
use crate::server::Server;
use crate::server::crypto::{random_token, sha256};
use crate::server::db::NewTicket;
pub use crate::server::db::Ticket;
use crate::server::error::{Error, Result};

/// Makes a ticket and answers its token, which nobody can make from what is stored. Earlier ones of this purpose and user end.
pub async fn issue(server: &Server, purpose: Purpose, user_id: Option<Uuid>, data: Value, lifetime: Duration) -> Result<String> {
    let (token, created_at) = (random_token(), server.clock.now());
    let ticket = NewTicket { hash: sha256(&token), purpose, user_id, data: &data, created_at, expires_at: created_at + lifetime };
    server.db.tickets().insert(&ticket).await?;
    Ok(token)
}

/// What the token stands for; it stays good. Errors: `Invalid` (`token` is `Expired`) if it does not hold.
pub async fn peek(server: &Server, purpose: Purpose, token: &str) -> Result<Ticket> {
    server.db.tickets().find(&sha256(token), purpose, server.clock.now()).await?.ok_or_else(expired)
}

/// The same, and uses it up: of several who hand it in at once, one gets it.
pub async fn redeem(server: &Server, purpose: Purpose, token: &str) -> Result<Ticket> {
    server.db.tickets().take(&sha256(token), purpose, server.clock.now()).await?.ok_or_else(expired)
}

fn expired() -> Error {
    Error::invalid("token", Rule::Expired, "This link or code is no longer valid; ask for a new one.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::server::clock::Clock;
    use crate::server::db::testing::databases;
    use crate::server::testing::server;

    #[tokio::test]
    async fn a_token_is_good_once_for_its_purpose_and_time() {
        for test in databases().await {
            let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
            let server = server(test.db.clone(), clock.clone()).await;
            let make = || issue(&server, Purpose::Invitation, None, json!({"by": 1}), Duration::minutes(30));
            let token = make().await.unwrap();
            assert!(peek(&server, Purpose::ResetPassword, &token).await.is_err(), "another purpose");
            assert_eq!(peek(&server, Purpose::Invitation, &token).await.unwrap().data, json!({"by": 1}));
            let (one, two) = tokio::join!(redeem(&server, Purpose::Invitation, &token), redeem(&server, Purpose::Invitation, &token));
            assert_ne!(one.is_ok(), two.is_ok(), "{}: exactly one gets it", test.engine);
            let late = make().await.unwrap();
            clock.advance(Duration::minutes(30));
            assert!(redeem(&server, Purpose::Invitation, &late).await.is_err(), "too late");
            assert_eq!(server.db.tickets().delete_expired(clock.now()).await.unwrap(), 1);
        }
    }
}
