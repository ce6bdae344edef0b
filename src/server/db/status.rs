//! The database about itself.

use super::{Db, on};

impl Db {
    /// An error unless the database answers.
    pub async fn ping(&self) -> sqlx::Result<()> {
        on!(self.read(), c => sqlx::query("SELECT 1").execute(c).await.map(drop))
    }

    /// Whether there is any account.
    pub async fn has_users(&self) -> sqlx::Result<bool> {
        on!(self.read(), c => sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users)").fetch_one(c).await)
    }
}

#[cfg(test)]
mod tests {
    use crate::server::db::testing::databases;

    #[tokio::test]
    async fn a_new_database_answers_and_has_nobody() {
        for test in databases().await {
            test.db.ping().await.unwrap();
            assert!(!test.db.has_users().await.unwrap(), "{}", test.engine);
        }
    }
}
