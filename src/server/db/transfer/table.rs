//! The tables that are moved, and what their columns hold: as PostgreSQL's catalogue says, and only if SQLite has the same.

use std::collections::BTreeSet;

use sqlx::{PgConnection, SqliteConnection};

use super::TransferError;
use super::value::Value;
use crate::server::db::backup::in_order;

/// Each engine has an index of its own, which is built from the messages.
const INDEX: &str = "search_documents";

/// What a column holds. SQLite keeps ids and bytes in BLOB, times and JSON in TEXT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Integer,
    Float,
    Text,
    Bytes,
    Id,
    Time,
    Json,
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
}

impl Kind {
    /// By PostgreSQL's name of the type.
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" => Self::Bool,
            "smallint" | "integer" | "bigint" => Self::Integer,
            "double precision" => Self::Float,
            "text" | "character varying" => Self::Text,
            "bytea" => Self::Bytes,
            "uuid" => Self::Id,
            "timestamp with time zone" => Self::Time,
            "jsonb" => Self::Json,
            _ => return None,
        })
    }
}

impl Table {
    /// `"a", "b"`
    pub(super) fn names(&self) -> String {
        let quoted: Vec<_> = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        quoted.join(", ")
    }

    /// The error of a value that cannot be moved.
    pub(super) fn refuses(&self, row: &[Value], column: usize, why: impl Into<String>) -> TransferError {
        let column = self.columns.get(column).map(|column| column.name.clone()).unwrap_or_default();
        // The first column is the id, or a part of it.
        let first = row.first().map_or_else(|| "?".into(), Value::shown);
        let row = self.columns.first().map(|column| format!("{} {first}", column.name)).unwrap_or_default();
        TransferError::Value { table: self.name.clone(), column, row, why: why.into() }
    }
}

/// The tables that both have, each after those that it refers to. What only one has is an error: it would be lost.
pub(super) async fn of_both(postgres: &mut PgConnection, sqlite: &mut SqliteConnection) -> Result<Vec<Table>, TransferError> {
    let mut tables = Vec::new();
    for name in in_order(postgres).await?.into_iter().filter(|name| name != INDEX) {
        tables.push(Table { columns: columns(postgres, &name).await?, name });
    }
    let here: BTreeSet<String> = tables.iter().map(|table| table.name.clone()).collect();
    let there = names(sqlite).await?;
    if let Some(lonely) = here.symmetric_difference(&there).next() {
        return Err(TransferError::Shape(format!("only one of them has a table {lonely}")));
    }
    for table in &tables {
        let here: BTreeSet<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let sql = "SELECT name FROM pragma_table_info($1)";
        let there: Vec<String> = sqlx::query_scalar(sql).bind(&table.name).fetch_all(&mut *sqlite).await?;
        if let Some(lonely) = here.symmetric_difference(&there.into_iter().collect()).next() {
            return Err(TransferError::Shape(format!("only one of them has a column {lonely} in the table {}", table.name)));
        }
    }
    Ok(tables)
}

/// SQLite's tables, without those that an index is made of.
async fn names(sqlite: &mut SqliteConnection) -> sqlx::Result<BTreeSet<String>> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        AND name NOT IN ('_sqlx_migrations', 'search_documents')";
    Ok(sqlx::query_scalar::<_, String>(sql).fetch_all(sqlite).await?.into_iter().collect())
}

async fn columns(postgres: &mut PgConnection, table: &str) -> Result<Vec<Column>, TransferError> {
    let sql = "SELECT CAST(a.attname AS TEXT), CAST(format_type(a.atttypid, NULL) AS TEXT) FROM pg_attribute a
        JOIN pg_class k ON k.oid = a.attrelid
        WHERE CAST(k.relname AS TEXT) = $1 AND k.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum";
    let found: Vec<(String, String)> = sqlx::query_as(sql).bind(table).fetch_all(postgres).await?;
    let column = |(name, kind): (String, String)| match Kind::of(&kind) {
        Some(kind) => Ok(Column { name, kind }),
        None => Err(TransferError::Shape(format!("{table}.{name} is of the type {kind}, which this program does not move"))),
    };
    found.into_iter().map(column).collect()
}
