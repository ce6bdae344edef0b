//! Databases for tests: every database test runs on SQLite and on PostgreSQL.

use std::path::PathBuf;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Db, MigrateError};

/// A migrated database that is thrown away.
pub struct TestDb {
    pub db: Db,
    /// `sqlite` or `postgres`, for messages.
    pub engine: &'static str,
    /// URL to open the same database again.
    pub url: String,
    folder: PathBuf,
}

/// A fresh SQLite database, and a fresh PostgreSQL one where `LIAO_TEST_POSTGRES_URL` names a server.
/// With `LIAO_REQUIRE_POSTGRES=1` its absence is an error, not a skip.
#[allow(clippy::disallowed_methods, reason = "tests are told by the environment where PostgreSQL is")]
pub async fn databases() -> Vec<TestDb> {
    let mut all = vec![sqlite().await];
    match std::env::var("LIAO_TEST_POSTGRES_URL") {
        Ok(server) => all.push(postgres(&server).await),
        Err(_) if std::env::var("LIAO_REQUIRE_POSTGRES").is_ok_and(|v| v == "1") => {
            panic!("LIAO_REQUIRE_POSTGRES=1, but LIAO_TEST_POSTGRES_URL is not set")
        }
        Err(_) => {}
    }
    all
}

/// A fresh SQLite database.
pub async fn sqlite() -> TestDb {
    let folder = std::env::temp_dir().join(format!("liao-test-{}", Uuid::new_v4().simple()));
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    let url = format!("sqlite://{}", folder.join("liao.db").display());
    open(url, "sqlite", folder).await.expect("SQLite opens")
}

async fn postgres(server: &str) -> TestDb {
    let name = format!("liao_test_{}", Uuid::new_v4().simple());
    let admin = sqlx::PgPool::connect(server).await.expect("the PostgreSQL test server answers");
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&admin).await.expect("a database can be made");
    admin.close().await;
    let (base, _) = server.rsplit_once('/').expect("the URL names a database");
    open(format!("{base}/{name}"), "postgres", PathBuf::new()).await.expect("PostgreSQL opens")
}

async fn open(url: String, engine: &'static str, folder: PathBuf) -> Result<TestDb, MigrateError> {
    let db = Db::open(&url).await?;
    db.migrate(None, "test").await?;
    Ok(TestDb { db, engine, url, folder })
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
