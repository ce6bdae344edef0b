//! Writes that are stored together or not at all, told to SQLite in as few words as it takes: every statement of a transaction is a
//! message to the connection's thread and back, and these cost more than the statements. A batch is one message, with its `BEGIN`
//! and `COMMIT` when it is alone.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Executor, SqliteConnection};
use uuid::Uuid;

use super::{Db, Pool};

/// Statements that write, in order.
#[derive(Default)]
pub(super) struct Batch(Vec<Statement>);

struct Statement {
    /// With the placeholders `$1`, `$2`, …
    sql: &'static str,
    /// What PostgreSQL is told instead.
    postgres: Option<&'static str>,
    values: Vec<Value>,
}

/// What a placeholder stands for.
pub(super) enum Value {
    Id(Uuid),
    MaybeId(Option<Uuid>),
    Text(String),
    MaybeText(Option<String>),
    Number(i64),
    MaybeNumber(Option<i64>),
    MaybeReal(Option<f64>),
    Truth(bool),
    Time(DateTime<Utc>),
    MaybeJson(Option<serde_json::Value>),
}

/// Converts each into a [`Value`].
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::server::db::batch::Value::from($value)),*] };
}
pub(super) use values;

/// Binds all to the query, whichever engine it is for.
macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Value::Id(id) => query.bind(id),
                Value::MaybeId(id) => query.bind(id),
                Value::Text(text) => query.bind(text),
                Value::MaybeText(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
                Value::MaybeNumber(number) => query.bind(number),
                Value::MaybeReal(number) => query.bind(number),
                Value::Truth(truth) => query.bind(truth),
                Value::Time(time) => query.bind(time),
                Value::MaybeJson(json) => query.bind(json.map(Json)),
            };
        }
        query
    }};
}

impl Batch {
    pub(super) fn add(&mut self, sql: &'static str, values: Vec<Value>) {
        self.0.push(Statement { sql, postgres: None, values });
    }

    /// The same in the words of SQLite (of one statement or more) and of PostgreSQL, where they differ.
    pub(super) fn add_for_each(&mut self, (sqlite, postgres): (&'static str, &'static str), values: Vec<Value>) {
        self.0.push(Statement { sql: sqlite, postgres: Some(postgres), values });
    }

    /// All in one text, the placeholders numbered through.
    fn text(&self) -> String {
        let mut text = String::new();
        let mut before = 0;
        for Statement { sql, values, .. } in &self.0 {
            let mut pieces = sql.split('$');
            text.push_str(pieces.next().unwrap_or_default());
            for piece in pieces {
                let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
                let number = piece[..digits].parse::<usize>().unwrap_or_default();
                let _ = write!(text, "${}{}", before + number, &piece[digits..]);
            }
            text.push(';');
            before += values.len();
        }
        text
    }

    fn into_values(self) -> impl Iterator<Item = Value> {
        self.0.into_iter().flat_map(|statement| statement.values)
    }
}

/// Stores the batches in one transaction; after an error nothing is stored. Answers how many rows the first statement of each changed.
/// Not to be given up halfway: on SQLite the transaction would stay open until the connection is lent again.
pub(super) async fn store(db: &Db, batches: Vec<Batch>) -> sqlx::Result<Vec<u64>> {
    match db.write() {
        Pool::Sqlite(connections) => {
            let mut lent = connections.lend().await?;
            let stored = in_sqlite(lent.connection()?, batches).await;
            if stored.is_ok() {
                lent.trust();
            } else {
                // Now, not when it is lent again: until then no other program could write. It may not even have begun.
                let _ = lent.connection()?.execute("ROLLBACK").await;
            }
            stored
        }
        Pool::Postgres(pool) => {
            let mut tx = pool.begin().await?;
            let mut changed = Vec::with_capacity(batches.len());
            for batch in batches {
                let mut rows = Vec::with_capacity(batch.0.len());
                for Statement { sql, postgres, values } in batch.0 {
                    let sql = postgres.unwrap_or(sql);
                    rows.push(bound!(sqlx::query(sql), values).execute(&mut *tx).await?.rows_affected());
                }
                changed.push(rows.first().copied().unwrap_or_default());
            }
            tx.commit().await?;
            Ok(changed)
        }
    }
}

async fn in_sqlite(connection: &mut SqliteConnection, mut batches: Vec<Batch>) -> sqlx::Result<Vec<u64>> {
    if batches.len() == 1
        && let Some(only) = batches.pop()
    {
        let text = format!("BEGIN IMMEDIATE;{}COMMIT", only.text());
        // The first step is BEGIN.
        return Ok(vec![send(connection, text, only).await?.get(1).copied().unwrap_or_default()]);
    }
    connection.execute("BEGIN IMMEDIATE").await?;
    let mut changed = Vec::with_capacity(batches.len());
    for batch in batches {
        changed.push(send(connection, batch.text(), batch).await?.first().copied().unwrap_or_default());
    }
    connection.execute("COMMIT").await?;
    Ok(changed)
}

/// One message; answers the rows that each statement of the text changed.
async fn send(connection: &mut SqliteConnection, text: String, batch: Batch) -> sqlx::Result<Vec<u64>> {
    let query = bound!(sqlx::query(AssertSqlSafe(text)), batch.into_values());
    connection.execute_many(query).map_ok(|done| done.rows_affected()).try_collect().await
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<Option<Uuid>> for Value {
    fn from(id: Option<Uuid>) -> Self {
        Self::MaybeId(id)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::MaybeText(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::MaybeNumber(number)
    }
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        Self::MaybeReal(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Time(time)
    }
}

impl From<Option<serde_json::Value>> for Value {
    fn from(json: Option<serde_json::Value>) -> Self {
        Self::MaybeJson(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::db::on;
    use crate::server::db::testing::{TestDb, databases};

    const ADD: &str = "INSERT INTO users (id, email, name, role, created_at, updated_at) VALUES ($1, $2, $2, 'user', $3, $3)";
    const RENAME: &str = "UPDATE users SET name = $2 WHERE email = $1";

    fn adding(email: &str) -> Batch {
        let mut batch = Batch::default();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        batch.add(ADD, values![Uuid::now_v7(), email, now]);
        batch.add(RENAME, values![email, "renamed"]);
        batch
    }

    async fn names(test: &TestDb) -> Vec<String> {
        on!(test.db.read(), c => sqlx::query_scalar("SELECT name || ' ' || email FROM users ORDER BY email").fetch_all(c).await).unwrap()
    }

    #[tokio::test]
    async fn batches_are_stored_together_or_not_at_all() {
        for test in databases().await {
            assert_eq!(store(&test.db, vec![adding("a@x")]).await.unwrap(), [1], "{}", test.engine);
            assert_eq!(names(&test).await, ["renamed a@x"], "{}: alone", test.engine);
            let taken = store(&test.db, vec![adding("b@x"), adding("a@x")]).await;
            assert!(taken.unwrap_err().as_database_error().is_some_and(|error| error.is_unique_violation()), "{}", test.engine);
            assert!(store(&test.db, vec![adding("a@x")]).await.is_err());
            assert_eq!(names(&test).await.len(), 1, "{}: the half of a failed one", test.engine);
            assert_eq!(store(&test.db, vec![adding("b@x"), adding("c@x")]).await.unwrap(), [1, 1], "{}", test.engine);
            assert_eq!(names(&test).await.len(), 3, "{}: together", test.engine);
            assert_eq!(store(&test.db, Vec::new()).await.unwrap(), [0; 0], "{}", test.engine);
        }
    }

    #[tokio::test]
    async fn what_a_batch_changed_is_told() {
        for test in databases().await {
            let mut batch = Batch::default();
            batch.add(RENAME, values!["nobody@x", "renamed"]);
            batch.add(ADD, values![Uuid::now_v7(), "a@x", DateTime::from_timestamp(1_800_000_000, 0).unwrap()]);
            assert_eq!(store(&test.db, vec![batch, adding("b@x")]).await.unwrap(), [0, 1], "{}", test.engine);
        }
    }
}
