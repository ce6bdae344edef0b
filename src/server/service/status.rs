//! What the server knows of itself.

use crate::server::Server;
use crate::server::error::Result;

/// Whether anybody has an account here. On a new server nobody has, and registration comes first.
pub async fn has_users(server: &Server) -> Result<bool> {
    Ok(server.db.has_users().await?)
}

/// An error unless the database answers.
pub async fn database_answers(server: &Server) -> Result<()> {
    Ok(server.db.ping().await?)
}
