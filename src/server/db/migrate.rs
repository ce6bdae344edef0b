//! Brings the schema up to date: all pending migrations in one transaction, after a copy of the SQLite file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::connections::Connections;
use super::{Db, Pool, on};

pub(super) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub(super) static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Why the schema could not be brought up to date. The data is as it was.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("the database could not be copied before migrating: {0}")]
    Backup(String),
    #[error("a migration failed and nothing was changed: {0}")]
    Failed(#[from] sqlx::migrate::MigrateError),
    #[error("the database could not be read: {0}")]
    Database(#[from] sqlx::Error),
    #[error(
        "the database is of a newer Liao: it has migration {0}, which this one does not know. Start the newer one, or a copy from before"
    )]
    Newer(i64),
    #[error(
        "the database is of another Liao: its migration {0} is not the one that this one has. Start the one that made it, or a copy from before"
    )]
    Other(i64),
}

/// What [`Db::migrate`] did.
#[derive(Debug, Default)]
pub struct Report {
    /// Versions that were applied now, in order.
    pub applied: Vec<i64>,
    /// Copy of the SQLite file as it was, if there was anything to copy.
    pub backup: Option<PathBuf>,
}

impl Db {
    /// Applies what is pending. `backups` is the folder for the copy of the SQLite file; `stamp` names the copy.
    pub async fn migrate(&self, backups: Option<&Path>, stamp: &str) -> Result<Report, MigrateError> {
        self.migrate_with(self.migrator(), backups, stamp).await
    }

    /// The same with other migrations, for tests of failing ones.
    pub async fn migrate_with(&self, migrator: &Migrator, backups: Option<&Path>, stamp: &str) -> Result<Report, MigrateError> {
        let applied = self.applied().await?;
        ours(migrator, &applied)?;
        let pending: Vec<i64> = migrator.iter().map(|m| m.version).filter(|v| !applied.contains_key(v)).collect();
        if pending.is_empty() {
            return Ok(Report::default());
        }
        let backup = match (self.write(), backups) {
            (Pool::Sqlite(pool), Some(folder)) if !applied.is_empty() => Some(copy(pool, folder, stamp).await?),
            _ => None,
        };
        // One outer transaction: the migrator's own become savepoints, so either all are applied or none.
        match self.write() {
            Pool::Sqlite(pool) => {
                let mut lent = pool.lend().await?;
                let mut tx = lent.begin().await?;
                migrator.run_direct(None, &mut *tx, false).await?;
                tx.commit().await?;
                lent.trust();
            }
            Pool::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                let done = migrate_postgres(migrator, &mut connection).await;
                if done.is_err() {
                    // The migrator holds a lock of the connection, and lets it go only after success.
                    let _ = connection.close().await;
                }
                done?;
            }
        }
        Ok(Report { applied: pending, backup })
    }

    pub(super) fn migrator(&self) -> &'static Migrator {
        match self {
            Db::Sqlite { .. } => &SQLITE,
            Db::Postgres(_) => &POSTGRES,
        }
    }

    /// Versions that the database has, and the checksums of what they were; none when it is new.
    pub(super) async fn applied(&self) -> Result<BTreeMap<i64, Vec<u8>>, sqlx::Error> {
        let table = match self {
            Db::Sqlite { .. } => "SELECT name FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Db::Postgres(_) => "SELECT CAST(to_regclass('_sqlx_migrations') AS TEXT) WHERE to_regclass('_sqlx_migrations') IS NOT NULL",
        };
        let exists: Option<(String,)> = on!(self.write(), c => sqlx::query_as(table).fetch_optional(c).await)?;
        if exists.is_none() {
            return Ok(BTreeMap::new());
        }
        let rows = "SELECT version, checksum FROM _sqlx_migrations";
        let rows: Vec<(i64, Vec<u8>)> = on!(self.write(), c => sqlx::query_as(rows).fetch_all(c).await)?;
        Ok(rows.into_iter().collect())
    }
}

/// Whether the database has only what we would have made: one that a newer version has changed would be read wrongly.
pub(super) fn ours(migrator: &Migrator, applied: &BTreeMap<i64, Vec<u8>>) -> Result<(), MigrateError> {
    for (version, checksum) in applied {
        let known = migrator.iter().find(|m| m.version == *version).ok_or(MigrateError::Newer(*version))?;
        if *known.checksum != **checksum {
            return Err(MigrateError::Other(*version));
        }
    }
    Ok(())
}

async fn migrate_postgres(migrator: &Migrator, connection: &mut PgConnection) -> Result<(), MigrateError> {
    let mut tx = connection.begin().await?;
    migrator.run_direct(None, &mut *tx, false).await?;
    Ok(tx.commit().await?)
}

/// Copies the whole database, consistently, into the folder.
async fn copy(pool: &Connections, folder: &Path, stamp: &str) -> Result<PathBuf, MigrateError> {
    std::fs::create_dir_all(folder).map_err(|e| MigrateError::Backup(format!("{}: {e}", folder.display())))?;
    let file = folder.join(format!("liao-{stamp}.db"));
    let quoted = file.display().to_string().replace('\'', "''");
    // VACUUM INTO takes an expression, but not in every SQLite a bound one; the path is ours.
    sqlx::query(AssertSqlSafe(format!("VACUUM INTO '{quoted}'"))).execute(pool).await.map_err(|e| MigrateError::Backup(e.to_string()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use sqlx::migrate::Migrator;

    use super::*;
    use crate::server::db::testing::{TestDb, databases};

    /// Our migrations and these after them.
    async fn with(test: &TestDb, later: &[(&str, &str)]) -> Migrator {
        let folder = std::env::temp_dir().join(format!("liao-migrations-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        for entry in std::fs::read_dir(format!("{}/migrations/{}", env!("CARGO_MANIFEST_DIR"), test.engine)).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
        for (name, sql) in later {
            std::fs::write(folder.join(name), sql).unwrap();
        }
        let migrator = Migrator::new(folder.as_path()).await.unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        migrator
    }

    async fn add_user(db: &Db, email: &str) {
        let sql = "INSERT INTO users (id, email, name, role, created_at, updated_at) VALUES ($1, $2, 'n', 'user', $3, $3)";
        let now = crate::server::clock::Clock::default().now();
        on!(db.write(), c => sqlx::query(sql).bind(uuid::Uuid::now_v7()).bind(email).bind(now).execute(c).await.map(drop)).unwrap();
    }

    #[tokio::test]
    async fn a_failing_migration_leaves_schema_and_data_as_they_were() {
        for test in databases().await {
            let db = &test.db;
            add_user(db, "kept@example.org").await;
            let good = ("9001_good.sql", "CREATE TABLE later (id BIGINT); DELETE FROM users;");
            let bad = ("9002_bad.sql", "CREATE TABLE never (id BIGINT); INSERT INTO no_such_table VALUES (1);");
            let before = db.applied().await.unwrap();
            let backups = tempfile::tempdir().unwrap();
            let failed = db.migrate_with(&with(&test, &[good, bad]).await, Some(backups.path()), "now").await;
            assert!(failed.is_err(), "{}", test.engine);
            assert_eq!(db.applied().await.unwrap(), before, "{}", test.engine);
            assert!(db.has_users().await.unwrap(), "{}: the users are gone", test.engine);
            let later = on!(db.read(), c => sqlx::query("SELECT * FROM later").execute(c).await.map(drop));
            assert!(later.is_err(), "{}: half of it was applied", test.engine);
            // What failed does not stand in the way of what works.
            let done = db.migrate_with(&with(&test, &[good]).await, Some(backups.path()), "then").await.unwrap();
            assert_eq!(done.applied, [9001], "{}", test.engine);
            assert!(!db.has_users().await.unwrap());
            assert_eq!(done.backup.is_some(), test.engine == "sqlite");
        }
    }

    #[tokio::test]
    async fn the_copy_before_a_migration_holds_the_data_as_it_was() {
        let test = crate::server::db::testing::sqlite().await;
        add_user(&test.db, "kept@example.org").await;
        let backups = tempfile::tempdir().unwrap();
        let done = test.db.migrate_with(&with(&test, &[("9001_bad.sql", "DELETE FROM users;")]).await, Some(backups.path()), "now").await;
        let copy = done.unwrap().backup.unwrap();
        assert!(!test.db.has_users().await.unwrap());
        assert!(Db::open(&format!("sqlite://{}", copy.display())).await.unwrap().has_users().await.unwrap());
    }

    #[tokio::test]
    async fn a_database_of_a_newer_or_another_version_is_not_served() {
        for test in databases().await {
            let db = &test.db;
            db.migrate_with(&with(&test, &[("9001_later.sql", "CREATE TABLE later (id BIGINT);")]).await, None, "now").await.unwrap();
            let newer = db.migrate(None, "then").await.unwrap_err();
            assert!(matches!(newer, MigrateError::Newer(9001)), "{}: {newer}", test.engine);
            let bent = with(&test, &[("9001_later.sql", "CREATE TABLE other (id BIGINT);")]).await;
            let other = db.migrate_with(&bent, None, "then").await.unwrap_err();
            assert!(matches!(other, MigrateError::Other(9001)), "{}: {other}", test.engine);
        }
    }
}
