//! All of the database at one moment, and back: a copy of SQLite's file, or PostgreSQL's tables by `COPY` in one transaction.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use futures::TryStreamExt;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::{Db, MigrateError, Pool, migrate, on};

/// A part of what is copied out.
pub enum Copied<'a> {
    Table(&'a str),
    Rows(&'a [u8]),
    End,
}

/// A part of what is copied in.
pub enum Loaded {
    Table(String),
    Rows(Vec<u8>),
    End,
}

/// Each table, and what it refers to.
const TABLES: &str = "SELECT CAST(k.relname AS TEXT), CAST(f.relname AS TEXT) FROM pg_class k
    LEFT JOIN pg_constraint c ON c.conrelid = k.oid AND c.contype = 'f' AND c.confrelid <> k.oid
    LEFT JOIN pg_class f ON f.oid = c.confrelid
    WHERE k.relkind = 'r' AND k.relnamespace = 'public'::regnamespace ORDER BY 1, 2";
const BOOKKEEPING: &str = "_sqlx_migrations";

impl Db {
    /// The last migration that the database has; 0: none.
    pub async fn schema(&self) -> sqlx::Result<i64> {
        let sql = "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM _sqlx_migrations";
        on!(self.read(), c => sqlx::query_scalar(sql).fetch_one(c).await)
    }

    /// The last migration that this program knows.
    pub fn newest_schema() -> i64 {
        migrate::SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default()
    }

    /// A copy of SQLite's file as it is at this moment; others may write meanwhile. PostgreSQL has none.
    pub async fn copy_to(&self, file: &Path) -> sqlx::Result<()> {
        let Pool::Sqlite(pool) = self.write() else { return Ok(()) };
        let quoted = file.display().to_string().replace('\'', "''");
        // VACUUM INTO takes an expression, but not in every SQLite a bound one; the path is an administrator's.
        sqlx::query(AssertSqlSafe(format!("VACUUM INTO '{quoted}'"))).execute(pool).await.map(drop)
    }

    /// The names of PostgreSQL's tables, each after those that it refers to.
    pub async fn tables(&self) -> sqlx::Result<Vec<String>> {
        match self.read() {
            Pool::Sqlite(_) => Ok(Vec::new()),
            Pool::Postgres(pool) => in_order(&mut *pool.acquire().await?).await,
        }
    }

    /// Hands out PostgreSQL's tables as they are at one moment, each after those that it refers to.
    pub async fn copy_out(&self, mut take: impl FnMut(Copied<'_>) -> io::Result<()>) -> sqlx::Result<()> {
        let Pool::Postgres(pool) = self.read() else { return Ok(()) };
        let mut connection = pool.acquire().await?;
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
        let copied = copy_tables(&mut connection, &mut take).await;
        connection.execute("COMMIT").await?;
        copied
    }

    /// Makes the tables as they were at this migration and fills them, all in one transaction. `next` tells what comes.
    pub async fn copy_in(&self, schema: i64, mut next: impl FnMut() -> io::Result<Option<Loaded>>) -> Result<(), MigrateError> {
        let Pool::Postgres(pool) = self.write() else { return Ok(()) };
        let known = migrate::POSTGRES.iter().filter(|migration| migration.version <= schema).cloned().collect();
        let migrator = Migrator { migrations: Cow::Owned(known), ..Migrator::DEFAULT };
        let mut connection = pool.begin().await?;
        migrator.run_direct(None, &mut *connection, false).await?;
        for table in in_order(&mut connection).await? {
            connection.execute(AssertSqlSafe(format!("DELETE FROM \"{table}\""))).await?;
        }
        while let Some(Loaded::Table(table)) = next().map_err(sqlx::Error::Io)? {
            // The name is one of ours, or the statement fails.
            let quoted = table.replace('"', "");
            let mut copy = connection.copy_in_raw(&format!("COPY \"{quoted}\" FROM STDIN")).await?;
            while let Some(Loaded::Rows(rows)) = next().map_err(sqlx::Error::Io)? {
                copy.send(rows).await?;
            }
            copy.finish().await?;
        }
        Ok(connection.commit().await?)
    }
}

async fn copy_tables(connection: &mut PgConnection, take: &mut impl FnMut(Copied<'_>) -> io::Result<()>) -> sqlx::Result<()> {
    for table in in_order(connection).await? {
        take(Copied::Table(&table)).map_err(sqlx::Error::Io)?;
        let mut rows = connection.copy_out_raw(&format!("COPY \"{table}\" TO STDOUT")).await?;
        while let Some(piece) = rows.try_next().await? {
            take(Copied::Rows(&piece)).map_err(sqlx::Error::Io)?;
        }
        take(Copied::End).map_err(sqlx::Error::Io)?;
    }
    Ok(())
}

/// Tables after those that they refer to; what the migrations know of themselves is not among them.
pub(super) async fn in_order(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let found: Vec<(String, Option<String>)> = sqlx::query_as(TABLES).fetch_all(&mut *connection).await?;
    let mut left: BTreeSet<String> = found.iter().map(|(table, _)| table.clone()).filter(|table| table != BOOKKEEPING).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits =
            |table: &String| found.iter().any(|(of, target)| of == table && target.as_ref().is_some_and(|target| left.contains(target)));
        let ready: Vec<String> = left.iter().filter(|table| !waits(table)).cloned().collect();
        if ready.is_empty() {
            return Err(sqlx::Error::Protocol("tables refer to each other in a ring".into()));
        }
        ready.iter().for_each(|table| _ = left.remove(table));
        order.extend(ready);
    }
    Ok(order)
}
