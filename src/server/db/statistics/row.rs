//! The rows behind a figure, the newest first; each kind of filter has an index to walk.

use chrono::{DateTime, Utc};
use sqlx::{Encode, QueryBuilder, Type};
use uuid::Uuid;

use super::sum::{Hours, Scope};
use super::{ERASED, QUARTERS, Statistics};
use crate::model::generation::{FailureKind, Status};
use crate::model::usage::Purpose;
use crate::server::db::{Text, on};

/// Which rows are asked for.
#[derive(Clone, Debug)]
pub struct Rows {
    pub scope: Scope,
    pub hours: Hours,
    pub failure: Option<FailureKind>,
    /// What a key is called.
    pub key: Option<String>,
    /// After this row: its quarter and its id.
    pub after: Option<(i64, Uuid)>,
}

/// A row, and whose it is.
#[derive(Clone, Debug)]
pub struct Call {
    pub id: Uuid,
    pub quarter: i64,
    pub finished_at: DateTime<Utc>,
    pub user_id: Option<Uuid>,
    pub user_name: Option<String>,
    pub purpose: Purpose,
    pub provider: String,
    pub model: String,
    pub key: Option<String>,
    pub input_tokens: i64,
    pub cached_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub estimated: bool,
    pub cost: Option<i64>,
    pub tries: i64,
    pub first_token_ms: Option<i64>,
    pub tokens_per_second: Option<f64>,
    pub outcome: Status,
    pub failure: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    quarter: i64,
    finished_at: DateTime<Utc>,
    user_id: Option<Uuid>,
    user_name: Option<String>,
    purpose: Text<Purpose>,
    provider: String,
    model: String,
    key_label: Option<String>,
    input_tokens: i64,
    cached_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    estimated: bool,
    cost: Option<i64>,
    tries: i64,
    first_token_ms: Option<i64>,
    tokens_per_second: Option<f64>,
    outcome: Text<Status>,
    failure: Option<String>,
}

impl From<Row> for Call {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            quarter: row.quarter,
            finished_at: row.finished_at,
            user_id: row.user_id,
            user_name: row.user_name,
            purpose: row.purpose.0,
            provider: row.provider,
            model: row.model,
            key: row.key_label,
            input_tokens: row.input_tokens,
            cached_tokens: row.cached_tokens,
            output_tokens: row.output_tokens,
            reasoning_tokens: row.reasoning_tokens,
            estimated: row.estimated,
            cost: row.cost,
            tries: row.tries,
            first_token_ms: row.first_token_ms,
            tokens_per_second: row.tokens_per_second,
            outcome: row.outcome.0,
            failure: row.failure,
        }
    }
}

const SELECT: &str =
    "SELECT l.id, l.quarter, l.finished_at, l.user_id, u.name AS user_name, l.purpose, l.provider, l.model, l.key_label, l.input_tokens,
    l.cached_tokens, l.output_tokens, l.reasoning_tokens, l.estimated, l.cost, l.tries, l.first_token_ms, l.tokens_per_second, l.outcome,
    l.failure FROM ledger l LEFT JOIN users u ON u.id = l.user_id WHERE l.quarter >= ";

/// Only what is asked for stands in the statement, so that the database sees which index serves.
fn select<DB: sqlx::Database>(rows: &Rows, limit: i64) -> QueryBuilder<DB>
where
    Uuid: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
    String: for<'q> Encode<'q, DB> + Type<DB>,
    Text<FailureKind>: for<'q> Encode<'q, DB> + Type<DB>,
{
    let Rows { scope, hours, failure, key, after } = rows;
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(hours.start * QUARTERS).push(" AND l.quarter < ").push_bind(hours.end * QUARTERS);
    match scope.user {
        Some(ERASED) => _ = query.push(" AND l.user_id IS NULL"),
        Some(user) => _ = query.push(" AND l.user_id = ").push_bind(user),
        None => {}
    }
    if let Some(provider) = &scope.provider {
        query.push(" AND l.provider = ").push_bind(provider.clone());
    }
    if let Some(model) = &scope.model {
        query.push(" AND l.model = ").push_bind(model.clone());
    }
    if let Some(failure) = failure {
        query.push(" AND l.failure = ").push_bind(Text(*failure));
    }
    if let Some(key) = key {
        query.push(" AND l.key_label = ").push_bind(key.clone());
    }
    if let Some((quarter, id)) = after {
        query.push(" AND (l.quarter, l.id) < (").push_bind(*quarter).push(", ").push_bind(*id).push(")");
    }
    query.push(format!(" ORDER BY l.quarter DESC, l.id DESC LIMIT {limit}"));
    query
}

impl Statistics<'_> {
    /// The next `limit` rows, the newest first.
    pub async fn rows(&self, rows: &Rows, limit: i64) -> sqlx::Result<Vec<Call>> {
        let found: Vec<Row> = on!(self.0.read(), c => select(rows, limit).build_query_as().fetch_all(c).await)?;
        Ok(found.into_iter().map(Call::from).collect())
    }
}
