//! Databases for tests: every database test runs on SQLite and on PostgreSQL.

use std::path::PathBuf;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use super::Db;
use crate::model::identity::{IdentityKind, IdentityProvider};
use crate::model::provider::{Kind, Provider};

/// A migrated database that is thrown away.
pub struct TestDb {
    pub db: Db,
    /// `sqlite` or `postgres`, for messages.
    pub engine: &'static str,
    /// URL to open the same database again.
    pub url: String,
    folder: PathBuf,
    /// The PostgreSQL server, and the database that was made there.
    made: Option<(String, String)>,
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

/// A PostgreSQL database without a table, where there is a server for tests.
#[allow(clippy::disallowed_methods, reason = "tests are told by the environment where PostgreSQL is")]
pub async fn blank() -> Option<TestDb> {
    let server = std::env::var("LIAO_TEST_POSTGRES_URL").ok()?;
    Some(blank_postgres(&server).await)
}

/// The database at this address, as it is; it stays when this is dropped.
pub async fn opened(url: &str, engine: &'static str) -> TestDb {
    let db = Db::open(url).await.expect("the database opens");
    TestDb { db, engine, url: url.to_owned(), folder: PathBuf::new(), made: None }
}

/// A fresh SQLite database: a copy of one that was migrated once.
pub async fn sqlite() -> TestDb {
    static MIGRATED: OnceLock<Vec<u8>> = OnceLock::new();
    let migrated = MIGRATED.get_or_init(|| apart(migrated_sqlite()));
    let (folder, url) = file();
    std::fs::write(folder.join("liao.db"), migrated).expect("a file can be written");
    let db = Db::open(&url).await.expect("SQLite opens");
    TestDb { db, engine: "sqlite", url, folder, made: None }
}

async fn migrated_sqlite() -> Vec<u8> {
    let (folder, url) = file();
    let db = Db::open(&url).await.expect("SQLite opens");
    db.migrate(None, "test").await.expect("SQLite gets its tables");
    db.close().await;
    let bytes = std::fs::read(folder.join("liao.db")).expect("the file is there");
    let _ = std::fs::remove_dir_all(&folder);
    bytes
}

/// A new folder, and the URL of the database in it that is to be.
fn file() -> (PathBuf, String) {
    let folder = std::env::temp_dir().join(format!("liao-test-{}", Uuid::new_v4().simple()));
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    let url = format!("sqlite://{}", folder.join("liao.db").display());
    (folder, url)
}

/// A fresh PostgreSQL database: a copy of one that was migrated once and stays at the server for that.
async fn postgres(server: &str) -> TestDb {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let server = server.to_owned();
        apart(async move {
            let test = made_postgres(&server, "").await;
            test.db.migrate(None, "test").await.expect("PostgreSQL gets its tables");
            test.keep().await
        })
    });
    made_postgres(server, &format!("TEMPLATE {template}")).await
}

async fn blank_postgres(server: &str) -> TestDb {
    made_postgres(server, "").await
}

async fn made_postgres(server: &str, from: &str) -> TestDb {
    let name = format!("liao_test_{}", Uuid::new_v4().simple());
    let mut admin = PgConnection::connect(server).await.expect("the PostgreSQL test server answers");
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name} {from}"))).execute(&mut admin).await.expect("a database can be made");
    let _ = admin.close().await;
    let (base, _) = server.rsplit_once('/').expect("the URL names a database");
    let url = format!("{base}/{name}");
    let db = Db::open(&url).await.expect("PostgreSQL opens");
    TestDb { db, engine: "postgres", url, folder: PathBuf::new(), made: Some((server.to_owned(), name)) }
}

/// Waits for it on a thread and a runtime of its own: what is made once for all tests must not end with the first one's.
fn apart<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
            runtime.block_on(work)
        });
        waiting.join().expect("what all tests begin with can be made")
    })
}

impl TestDb {
    /// Closed, and not dropped: its name.
    async fn keep(mut self) -> String {
        self.db.close().await;
        self.made.take().expect("it was made").1
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
        let Some((server, name)) = self.made.take() else { return };
        // A drop cannot wait on the test's own runtime. A database that stays after all is only litter.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = PgConnection::connect(&server).await?;
                // By force: the pool of the test may still be open.
                sqlx::query(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut admin).await?;
                admin.close().await
            })
        });
        let _ = dropping.join();
    }
}

/// A provider of models.
pub fn provider_of_models(created_at: DateTime<Utc>) -> Provider {
    Provider {
        id: Uuid::now_v7(),
        slug: "shop".into(),
        kind: Kind::Openai,
        base_url: None,
        has_key: false,
        enabled: true,
        builtin: false,
        private: false,
        api: Default::default(),
        position: 0,
        limits: Default::default(),
        keys: Vec::new(),
        health: None,
        created_at,
    }
}

/// A service to sign in with, as it may stand in the database; nothing answers there.
pub fn identity_provider(created_at: DateTime<Utc>) -> IdentityProvider {
    IdentityProvider {
        id: Uuid::now_v7(),
        slug: "idp".into(),
        kind: IdentityKind::Oidc,
        name: "IdP".into(),
        issuer: Some("http://127.0.0.1:1".into()),
        client_id: "liao".into(),
        has_secret: false,
        scopes: String::new(),
        enabled: true,
        allow_sign_up: true,
        position: 0,
        linked: 0,
        redirect_uri: String::new(),
        created_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_test_leaves_no_database_behind() {
        for test in databases().await {
            let Some((server, name)) = test.made.clone() else { continue };
            let mut admin = PgConnection::connect(&server).await.unwrap();
            let count = "SELECT count(*) FROM pg_database WHERE datname = $1";
            let mut found = async || sqlx::query_scalar::<_, i64>(count).bind(&name).fetch_one(&mut admin).await.unwrap();
            assert_eq!(found().await, 1);
            drop(test);
            assert_eq!(found().await, 0);
        }
    }
}
