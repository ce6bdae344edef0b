//! SQLite's side: rows are read by a cursor and written by statements of many rows.

use chrono::{DateTime, Utc};
use futures::stream::{BoxStream, StreamExt};
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Executor, Row as _, SqliteConnection};

use super::table::{Column, Kind, Table};
use super::value::{Row, Value};
use super::{ROWS, TransferError};
use crate::server::db::{MigrateError, migrate};

/// Makes the tables, in the transaction that is open.
pub(super) async fn prepare(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    migrate::SQLITE.run_direct(None, &mut *connection, false).await?;
    // Until the end of the transaction: rows may come before those that they refer to.
    connection.execute("PRAGMA defer_foreign_keys = ON").await?;
    Ok(())
}

pub(super) fn rows<'c>(connection: &'c mut SqliteConnection, table: &'c Table) -> BoxStream<'c, Result<Row, TransferError>> {
    let sql = format!("SELECT {} FROM \"{}\"", table.names(), table.name);
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    rows.map(move |row| read(table, &row.map_err(|error| TransferError::Table(table.name.clone(), error))?)).boxed()
}

fn read(table: &Table, row: &SqliteRow) -> Result<Row, TransferError> {
    let mut values = Vec::with_capacity(table.columns.len());
    for (at, column) in table.columns.iter().enumerate() {
        match value(row, at, column) {
            Ok(value) => values.push(value),
            Err(why) => return Err(table.refuses(&values, at, why.to_string())),
        }
    }
    Ok(values)
}

fn value(row: &SqliteRow, at: usize, column: &Column) -> Result<Value, BoxDynError> {
    let value = match column.kind {
        Kind::Bool => row.try_get::<Option<bool>, _>(at)?.map(Value::Bool),
        Kind::Integer => row.try_get::<Option<i64>, _>(at)?.map(Value::Integer),
        Kind::Float => row.try_get::<Option<f64>, _>(at)?.map(Value::Float),
        Kind::Text => row.try_get::<Option<String>, _>(at)?.map(Value::Text),
        Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map(Value::Bytes),
        Kind::Id => row.try_get::<Option<uuid::Uuid>, _>(at)?.map(Value::Id),
        Kind::Json => row.try_get::<Option<String>, _>(at)?.map(Value::Json),
        Kind::Time => row.try_get::<Option<DateTime<Utc>>, _>(at)?.map(whole_micros).transpose()?,
    };
    Ok(value.unwrap_or(Value::Null))
}

/// PostgreSQL keeps no more: what is finer would be changed, and with it what was signed.
fn whole_micros(at: DateTime<Utc>) -> Result<Value, BoxDynError> {
    if at.timestamp_subsec_nanos().is_multiple_of(1_000) { Ok(Value::Time(at)) } else { Err("it is finer than a microsecond".into()) }
}

/// Takes the rows of one table.
pub(super) struct Writer<'c> {
    connection: &'c mut SqliteConnection,
    table: &'c Table,
    full: String,
}

impl<'c> Writer<'c> {
    pub(super) fn new(connection: &'c mut SqliteConnection, table: &'c Table) -> Self {
        Self { connection, table, full: insert(table, ROWS) }
    }

    pub(super) async fn write(&mut self, rows: Vec<Row>) -> Result<(), TransferError> {
        let full = rows.len() == ROWS;
        let sql = if full { self.full.clone() } else { insert(self.table, rows.len()) };
        // One that is not full is hardly sent again.
        let mut query = sqlx::query::<sqlx::Sqlite>(AssertSqlSafe(sql)).persistent(full);
        for value in rows.into_iter().flatten() {
            query = match value {
                Value::Null => query.bind(None::<String>),
                Value::Bool(truth) => query.bind(truth),
                Value::Integer(number) => query.bind(number),
                Value::Float(number) => query.bind(number),
                Value::Text(text) | Value::Json(text) => query.bind(text),
                Value::Bytes(bytes) => query.bind(bytes),
                Value::Id(id) => query.bind(id),
                Value::Time(at) => query.bind(at),
            };
        }
        let written = query.execute(&mut *self.connection).await;
        written.map(drop).map_err(|error| TransferError::Table(self.table.name.clone(), error))
    }
}

/// A statement that takes so many rows.
fn insert(table: &Table, rows: usize) -> String {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    format!("INSERT INTO \"{}\" ({}) VALUES {}", table.name, table.names(), vec![row; rows].join(", "))
}
