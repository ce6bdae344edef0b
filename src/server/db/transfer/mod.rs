//! All rows from SQLite to PostgreSQL or back: read from one moment of the source, written in one transaction of the target, read again
//! there and compared. Which tables and columns there are, and what is in them, PostgreSQL's catalogue says, on whichever side it is.
//!
//! `table` finds the tables, `value` is what both engines can tell, `sqlite` and `postgres` read and write it, `file` is the new file of SQLite.

mod file;
mod postgres;
mod sqlite;
mod table;
#[cfg(test)]
mod tests;
mod value;

use std::io;
use std::path::PathBuf;

use file::NewFile;
use futures::stream::{BoxStream, StreamExt};
use sqlx::{PgConnection, SqliteConnection};
use table::Table;
pub use value::Digest;
use value::{Row, Value};

use super::{Db, MigrateError, Pool, migrate};

/// Rows that are held in memory at a time, at most.
const ROWS: usize = 100;
/// Bytes after which no more rows are taken to those that are held.
const BYTES: usize = 256 * 1024;

/// Why nothing was moved: a sentence for the administrator. The target is as empty as it was.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error("--to has to be sqlite://path/to/a/file or postgres://user:password@host/name.")]
    Address,
    #[error(
        "Both databases are {0}: `liao move` goes from SQLite to PostgreSQL or back; for the same kind, `liao backup` and `liao restore` do it."
    )]
    Same(&'static str),
    #[error("There is no database of Liao at the source (LIAO_DATABASE_URL): nothing to move.")]
    Nothing,
    #[error("The source misses migration {0}, which this program has: run `liao migrate` first.")]
    Older(i64),
    #[error("The source cannot be moved: {0}")]
    Source(MigrateError),
    #[error("The target cannot be opened: {0}")]
    Target(sqlx::Error),
    #[error("The target cannot be prepared: {0}")]
    Prepare(#[from] MigrateError),
    #[error("The target is not empty: its table {0} has rows. Nothing is overwritten; give it a database where nothing is.")]
    NotEmpty(String),
    #[error("{0} is there already, and is not overwritten.")]
    Taken(PathBuf),
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    #[error("The databases are not of one shape: {0}.")]
    Shape(String),
    #[error("{column} of a row ({row}) in the table {table} cannot be moved: {why}. Nothing was moved.")]
    Value { table: String, column: String, row: String, why: String },
    #[error("The table {0} cannot be moved: {1}. Nothing was moved.")]
    Table(String, sqlx::Error),
    #[error(
        "The table {table} is not the same on both sides ({from} rows at the source, {to} at the target, or other values in them). Nothing was moved."
    )]
    Differs { table: String, from: u64, to: u64 },
    #[error("The database failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// A table that is on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub table: String,
    pub rows: u64,
    /// Of all rows in any order.
    pub digest: Digest,
    /// In so many parts they were written; each is held in memory whole.
    pub parts: u64,
    /// Bytes of the largest of them, without what an engine needs around it.
    pub largest: usize,
}

/// What was moved.
#[derive(Debug)]
pub struct Transferred {
    pub tables: Vec<Moved>,
    /// Others that were connected to the source, where that can be known: what they write is not moved.
    pub others: i64,
}

/// A transaction of one engine.
enum Side<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// The file that the address of a SQLite database names.
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    Some(path.into())
}

impl Db {
    /// Moves all rows to the database of the other engine at this address, where nothing is. `told` hears of each table when it is there.
    pub async fn transfer(&self, to: &str, told: impl FnMut(&Moved)) -> Result<Transferred, TransferError> {
        let path = sqlite_path(to);
        let known = to.starts_with("postgres://") || to.starts_with("postgresql://");
        if path.as_ref().map_or(!known, |path| path.as_os_str().is_empty() || to.contains(":memory:")) {
            return Err(TransferError::Address);
        }
        if path.is_some() == matches!(self, Self::Sqlite { .. }) {
            return Err(TransferError::Same(self.engine()));
        }
        self.is_current().await?;
        let Some(path) = path else {
            let target = Self::open(to).await.map_err(TransferError::Target)?;
            let done = self.transfer_into(&target, told).await;
            target.close().await;
            return done;
        };
        let file = NewFile::make(path)?;
        let target = Self::open(&file.url()).await.map_err(TransferError::Target)?;
        let done = self.transfer_into(&target, told).await;
        // The last connection that closes takes the write-ahead log into the file.
        target.close().await;
        let done = done?;
        file.keep()?;
        Ok(done)
    }

    /// Others that are connected to this database, where that can be known (0 for SQLite): a handle that has made one connection asks.
    pub async fn others(&self) -> sqlx::Result<i64> {
        match self.read() {
            Pool::Sqlite(_) => Ok(0),
            Pool::Postgres(pool) => postgres::others(&mut *pool.acquire().await?).await,
        }
    }

    /// Whether it has the migrations of this program, all of them and no others.
    async fn is_current(&self) -> Result<(), TransferError> {
        let applied = self.applied().await?;
        if applied.is_empty() {
            return Err(TransferError::Nothing);
        }
        migrate::ours(self.migrator(), &applied).map_err(TransferError::Source)?;
        match self.migrator().iter().find(|migration| !applied.contains_key(&migration.version)) {
            Some(missing) => Err(TransferError::Older(missing.version)),
            None => Ok(()),
        }
    }

    async fn transfer_into(&self, target: &Self, mut told: impl FnMut(&Moved)) -> Result<Transferred, TransferError> {
        match (self.write(), target.write()) {
            (Pool::Sqlite(from), Pool::Postgres(to)) => {
                migrate::ours(target.migrator(), &target.applied().await?)?;
                let mut lent = from.lend().await?;
                // Nobody writes to it meanwhile.
                let mut source = lent.begin().await?;
                let mut written = to.begin().await?;
                postgres::prepare(&mut written).await?;
                let (mut one, mut other) = (Side::Sqlite(&mut source), Side::Postgres(&mut written));
                let tables = all(&mut one, &mut other, &mut told).await?;
                written.commit().await?;
                source.rollback().await?;
                lent.trust();
                Ok(Transferred { tables, others: 0 })
            }
            (Pool::Postgres(from), Pool::Sqlite(to)) => {
                let mut source = from.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
                let mut lent = to.lend().await?;
                let mut written = lent.begin().await?;
                sqlite::prepare(&mut written).await?;
                let (mut one, mut other) = (Side::Postgres(&mut source), Side::Sqlite(&mut written));
                let tables = all(&mut one, &mut other, &mut told).await?;
                written.commit().await?;
                lent.trust();
                let others = postgres::others(&mut source).await?;
                source.rollback().await?;
                Ok(Transferred { tables, others })
            }
            _ => Err(TransferError::Same(self.engine())),
        }
    }
}

/// The index of the search is not moved: whoever finds this row builds it anew, in the background.
const INDEX_ANEW: &str = "UPDATE settings SET value = '{\"percent\": 0}' WHERE name = 'search_index'";

async fn all(from: &mut Side<'_>, to: &mut Side<'_>, told: &mut impl FnMut(&Moved)) -> Result<Vec<Moved>, TransferError> {
    let tables = match (&mut *from, &mut *to) {
        // Two arms: what is borrowed from the one side does not live as long as what is from the other.
        (Side::Postgres(postgres), Side::Sqlite(sqlite)) => table::of_both(postgres, sqlite).await?,
        (Side::Sqlite(sqlite), Side::Postgres(postgres)) => table::of_both(postgres, sqlite).await?,
        (Side::Sqlite(_), Side::Sqlite(_)) => return Err(TransferError::Same("SQLite")),
        (Side::Postgres(_), Side::Postgres(_)) => return Err(TransferError::Same("PostgreSQL")),
    };
    let mut moved = Vec::with_capacity(tables.len());
    for table in &tables {
        let there = copy(from, to, table).await?;
        let (rows, digest) = to.digest(table).await?;
        if (rows, digest) != (there.rows, there.digest) {
            return Err(TransferError::Differs { table: table.name.clone(), from: there.rows, to: rows });
        }
        told(&there);
        moved.push(there);
    }
    to.execute(INDEX_ANEW).await?;
    Ok(moved)
}

/// Writes the rows of one side to the other, some at a time.
async fn copy(from: &mut Side<'_>, to: &mut Side<'_>, table: &Table) -> Result<Moved, TransferError> {
    let mut moved = Moved { table: table.name.clone(), rows: 0, digest: Digest::default(), parts: 0, largest: 0 };
    let failed = |error| TransferError::Table(table.name.clone(), error);
    let mut writer = to.writer(table).await.map_err(failed)?;
    let mut rows = from.rows(table);
    loop {
        let (mut part, mut bytes) = (Vec::with_capacity(ROWS), 0);
        while part.len() < ROWS
            && bytes < BYTES
            && let Some(row) = rows.next().await
        {
            let row = row?;
            moved.digest.add(&row).map_err(|(at, why)| table.refuses(&row, at, why))?;
            moved.rows += 1;
            bytes += row.iter().map(Value::size).sum::<usize>();
            part.push(row);
        }
        if part.is_empty() {
            break;
        }
        moved.parts += 1;
        moved.largest = moved.largest.max(bytes);
        writer.write(part).await?;
    }
    writer.finish().await.map_err(failed)?;
    Ok(moved)
}

impl Side<'_> {
    /// The rows of the table as they come; few of them are in memory.
    fn rows<'s>(&'s mut self, table: &'s Table) -> BoxStream<'s, Result<Row, TransferError>> {
        match self {
            Self::Sqlite(connection) => sqlite::rows(connection, table),
            Self::Postgres(connection) => postgres::rows(connection, table),
        }
    }

    async fn writer<'s>(&'s mut self, table: &'s Table) -> sqlx::Result<Writer<'s>> {
        Ok(match self {
            Self::Sqlite(connection) => Writer::Sqlite(sqlite::Writer::new(connection, table)),
            Self::Postgres(connection) => Writer::Postgres(postgres::Writer::new(connection, table).await?),
        })
    }

    /// How many rows the table has, and what is in them.
    async fn digest(&mut self, table: &Table) -> Result<(u64, Digest), TransferError> {
        let (mut count, mut digest) = (0, Digest::default());
        let mut rows = self.rows(table);
        while let Some(row) = rows.next().await {
            let row = row?;
            digest.add(&row).map_err(|(at, why)| table.refuses(&row, at, why))?;
            count += 1;
        }
        Ok((count, digest))
    }

    async fn execute(&mut self, sql: &'static str) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(connection) => sqlx::query(sql).execute(&mut **connection).await.map(drop),
            Self::Postgres(connection) => sqlx::query(sql).execute(&mut **connection).await.map(drop),
        }
    }
}

/// Takes the rows of one table.
enum Writer<'c> {
    Sqlite(sqlite::Writer<'c>),
    Postgres(postgres::Writer<'c>),
}

impl Writer<'_> {
    async fn write(&mut self, rows: Vec<Row>) -> Result<(), TransferError> {
        match self {
            Self::Sqlite(writer) => writer.write(rows).await,
            Self::Postgres(writer) => writer.write(rows).await,
        }
    }

    async fn finish(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(writer) => writer.finish().await,
        }
    }
}
