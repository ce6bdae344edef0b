//! Brings the schema up to date: all pending migrations in one transaction, after a copy of the SQLite file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, SqlitePool};

use super::{Db, Pool, on};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Why the schema could not be brought up to date. The data is as it was.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("the database could not be copied before migrating: {0}")]
    Backup(String),
    #[error("a migration failed and nothing was changed: {0}")]
    Failed(#[from] sqlx::migrate::MigrateError),
    #[error("the database could not be read: {0}")]
    Database(#[from] sqlx::Error),
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
        let applied = self.applied_versions().await?;
        let pending: Vec<i64> = migrator.iter().map(|m| m.version).filter(|v| !applied.contains(v)).collect();
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
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                migrator.run_direct(None, &mut *tx, false).await?;
                tx.commit().await?;
            }
            Pool::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                migrator.run_direct(None, &mut *tx, false).await?;
                tx.commit().await?;
            }
        }
        Ok(Report { applied: pending, backup })
    }

    fn migrator(&self) -> &'static Migrator {
        match self {
            Db::Sqlite { .. } => &SQLITE,
            Db::Postgres(_) => &POSTGRES,
        }
    }

    /// Versions that the database has; none when it is new.
    async fn applied_versions(&self) -> Result<BTreeSet<i64>, sqlx::Error> {
        let table = match self {
            Db::Sqlite { .. } => "SELECT name FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Db::Postgres(_) => "SELECT CAST(to_regclass('_sqlx_migrations') AS TEXT) WHERE to_regclass('_sqlx_migrations') IS NOT NULL",
        };
        let exists: Option<(String,)> = on!(self.write(), c => sqlx::query_as(table).fetch_optional(c).await)?;
        if exists.is_none() {
            return Ok(BTreeSet::new());
        }
        let rows: Vec<(i64,)> = on!(self.write(), c => sqlx::query_as("SELECT version FROM _sqlx_migrations").fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(version,)| version).collect())
    }
}

/// Copies the whole database, consistently, into the folder.
async fn copy(pool: &SqlitePool, folder: &Path, stamp: &str) -> Result<PathBuf, MigrateError> {
    std::fs::create_dir_all(folder).map_err(|e| MigrateError::Backup(format!("{}: {e}", folder.display())))?;
    let file = folder.join(format!("liao-{stamp}.db"));
    let quoted = file.display().to_string().replace('\'', "''");
    // VACUUM INTO takes an expression, but not in every SQLite a bound one; the path is ours.
    sqlx::query(AssertSqlSafe(format!("VACUUM INTO '{quoted}'"))).execute(pool).await.map_err(|e| MigrateError::Backup(e.to_string()))?;
    Ok(file)
}
