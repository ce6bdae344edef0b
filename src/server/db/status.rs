//! The database about itself.

use super::{Db, on};

impl Db {
    /// An error unless the database answers.
    pub async fn ping(&self) -> sqlx::Result<()> {
        on!(self.read(), c => sqlx::query("SELECT 1").execute(c).await.map(drop))
    }

    /// Its size in bytes.
    pub async fn size(&self) -> sqlx::Result<i64> {
        let sql = match self {
            Self::Sqlite { .. } => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            Self::Postgres(_) => "SELECT pg_database_size(current_database())",
        };
        on!(self.read(), c => sqlx::query_scalar(sql).fetch_one(c).await)
    }

    /// Bytes of the files that people have sent.
    pub async fn files_size(&self) -> sqlx::Result<i64> {
        let sql = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM files WHERE hash IS NOT NULL";
        on!(self.read(), c => sqlx::query_scalar(sql).fetch_one(c).await)
    }

    /// How many jobs there are of each state, and how many mails wait.
    pub async fn queues(&self) -> sqlx::Result<(Vec<(String, i64)>, i64)> {
        let jobs = "SELECT state, COUNT(*) FROM jobs WHERE state IN ('queued', 'running', 'failed') GROUP BY state";
        let mails = "SELECT COUNT(*) FROM mails WHERE state IN ('queued', 'held')";
        let jobs = on!(self.read(), c => sqlx::query_as(jobs).fetch_all(c).await)?;
        Ok((jobs, on!(self.read(), c => sqlx::query_scalar(mails).fetch_one(c).await)?))
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
