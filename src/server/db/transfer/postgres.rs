//! PostgreSQL's side: rows are read as they come over the line and written by `COPY`, one for each table.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::stream::{BoxStream, StreamExt};
use sqlx::postgres::{PgCopyIn, PgRow};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row as _};
use uuid::Uuid;

use super::TransferError;
use super::table::{Column, Kind, Table};
use super::value::{Row, Value, hexadecimal};
use crate::server::db::backup::in_order;
use crate::server::db::migrate;

/// Others that are connected to the same database.
pub(super) async fn others(connection: &mut PgConnection) -> sqlx::Result<i64> {
    let sql = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    sqlx::query_scalar(sql).fetch_one(connection).await
}

/// Makes the tables in the transaction that is open, unless there is a row anywhere.
pub(super) async fn prepare(connection: &mut PgConnection) -> Result<(), TransferError> {
    let there = in_order(connection).await?;
    if !there.is_empty() {
        // Who has just begun to use them is heard of; nobody begins meanwhile.
        let names: Vec<_> = there.iter().map(|table| format!("\"{table}\"")).collect();
        let lock = format!("SET LOCAL lock_timeout = '10s'; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", names.join(", "));
        connection.execute(AssertSqlSafe(lock)).await?;
    }
    for table in there {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM \"{table}\")");
        if sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *connection).await? {
            return Err(TransferError::NotEmpty(table));
        }
    }
    let made = migrate::POSTGRES.run_direct(None, &mut *connection, false).await;
    made.map_err(|error| TransferError::Prepare(error.into()))
}

pub(super) fn rows<'c>(connection: &'c mut PgConnection, table: &'c Table) -> BoxStream<'c, Result<Row, TransferError>> {
    let names: Vec<_> = table.columns.iter().map(selected).collect();
    let sql = format!("SELECT {} FROM \"{}\"", names.join(", "), table.name);
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    rows.map(move |row| row.and_then(|row| read(table, &row)).map_err(|error| TransferError::Table(table.name.clone(), error))).boxed()
}

/// The column as one of the types that [`value`] reads.
fn selected(column: &Column) -> String {
    match column.kind {
        Kind::Integer => format!("CAST(\"{}\" AS BIGINT)", column.name),
        Kind::Text | Kind::Json => format!("CAST(\"{}\" AS TEXT)", column.name),
        _ => format!("\"{}\"", column.name),
    }
}

fn read(table: &Table, row: &PgRow) -> sqlx::Result<Row> {
    table.columns.iter().enumerate().map(|(at, column)| value(row, at, column)).collect()
}

fn value(row: &PgRow, at: usize, column: &Column) -> sqlx::Result<Value> {
    let value = match column.kind {
        Kind::Bool => row.try_get::<Option<bool>, _>(at)?.map(Value::Bool),
        Kind::Integer => row.try_get::<Option<i64>, _>(at)?.map(Value::Integer),
        Kind::Float => row.try_get::<Option<f64>, _>(at)?.map(Value::Float),
        Kind::Text => row.try_get::<Option<String>, _>(at)?.map(Value::Text),
        Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map(Value::Bytes),
        Kind::Id => row.try_get::<Option<Uuid>, _>(at)?.map(Value::Id),
        Kind::Time => row.try_get::<Option<DateTime<Utc>>, _>(at)?.map(Value::Time),
        Kind::Json => row.try_get::<Option<String>, _>(at)?.map(Value::Json),
    };
    Ok(value.unwrap_or(Value::Null))
}

/// Takes the rows of one table.
pub(super) struct Writer<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
    table: &'c Table,
}

impl<'c> Writer<'c> {
    pub(super) async fn new(connection: &'c mut PgConnection, table: &'c Table) -> sqlx::Result<Self> {
        let sql = format!("COPY \"{}\" ({}) FROM STDIN", table.name, table.names());
        Ok(Self { copy: connection.copy_in_raw(&sql).await?, table })
    }

    pub(super) async fn write(&mut self, rows: Vec<Row>) -> Result<(), TransferError> {
        let mut text = String::new();
        for row in rows {
            for (at, value) in row.iter().enumerate() {
                if at > 0 {
                    text.push('\t');
                }
                put(&mut text, value).map_err(|why| self.table.refuses(&row, at, why))?;
            }
            text.push('\n');
        }
        let sent = self.copy.send(text.into_bytes()).await;
        sent.map(drop).map_err(|error| TransferError::Table(self.table.name.clone(), error))
    }

    pub(super) async fn finish(self) -> sqlx::Result<()> {
        self.copy.finish().await.map(drop)
    }
}

/// Writes the value as `COPY` reads it.
fn put(out: &mut String, value: &Value) -> Result<(), &'static str> {
    match value {
        Value::Null => out.push_str("\\N"),
        Value::Bool(truth) => out.push(if *truth { 't' } else { 'f' }),
        // Writing to a String cannot fail.
        Value::Integer(number) => _ = write!(out, "{number}"),
        Value::Float(number) => _ = write!(out, "{number}"),
        Value::Bytes(bytes) => out.extend(["\\\\x", hexadecimal(bytes).as_str()]),
        Value::Id(id) => _ = write!(out, "{id}"),
        Value::Time(at) => out.push_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        Value::Text(text) | Value::Json(text) => {
            for character in text.chars() {
                match character {
                    '\0' => return Err("it holds a NUL, which PostgreSQL does not keep in text"),
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    other => out.push(other),
                }
            }
        }
    }
    Ok(())
}
