//! Sums of the ledger. Those of one user, and of one conversation, read that user's or that conversation's rows only.

use uuid::Uuid;

use super::Ledger;
use crate::model::usage::Sum;
use crate::server::db::on;

/// Quarters of an hour since 1970: from one until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: i64,
    pub until: i64,
}

/// The columns of a [`SumRow`].
macro_rules! sums {
    ($before:literal, $after:literal) => {
        concat!(
            "SELECT ",
            $before,
            "COUNT(*) AS calls, CAST(COALESCE(SUM(input_tokens), 0) AS BIGINT) AS input_tokens,
            CAST(COALESCE(SUM(output_tokens), 0) AS BIGINT) AS output_tokens,
            CAST(COALESCE(SUM(cached_tokens), 0) AS BIGINT) AS cached_tokens,
            CAST(COALESCE(SUM(reasoning_tokens), 0) AS BIGINT) AS reasoning_tokens,
            CAST(COALESCE(SUM(CASE WHEN estimated THEN 1 ELSE 0 END), 0) AS BIGINT) AS estimated,
            CAST(SUM(cost) AS BIGINT) AS cost, COUNT(*) - COUNT(cost) AS unpriced ",
            $after
        )
    };
}

pub(super) const OF_CHAT: &str = sums!("", "FROM ledger WHERE chat_id = $1");
pub(super) const OF_MODELS: &str = sums!(
    "provider, model, ",
    "FROM ledger WHERE user_id = $1 AND quarter >= $2 AND quarter < $3 GROUP BY provider, model ORDER BY provider, model"
);
pub(super) const OF_QUARTERS: &str =
    sums!("quarter, ", "FROM ledger WHERE user_id = $1 AND quarter >= $2 AND quarter < $3 GROUP BY quarter ORDER BY quarter");
/// The next users that have a row, by their ids, and of each its rows.
pub(super) const OF_USERS: &str = sums!(
    "u.id AS user_id, u.name, u.email, l.provider, l.model, ",
    "FROM (SELECT p.id, p.name, p.email FROM users p WHERE p.id > $1
        AND EXISTS (SELECT 1 FROM ledger f WHERE f.user_id = p.id AND f.quarter >= $2 AND f.quarter < $3) ORDER BY p.id LIMIT $4) u
    JOIN ledger l ON l.user_id = u.id AND l.quarter >= $2 AND l.quarter < $3
    GROUP BY u.id, u.name, u.email, l.provider, l.model ORDER BY u.id, l.provider, l.model"
);
pub(super) const OF_NOBODY: &str = sums!(
    "provider, model, ",
    "FROM ledger WHERE user_id IS NULL AND quarter >= $1 AND quarter < $2 GROUP BY provider, model ORDER BY provider, model"
);

#[derive(sqlx::FromRow)]
struct SumRow {
    calls: i64,
    input_tokens: i64,
    output_tokens: i64,
    cached_tokens: i64,
    reasoning_tokens: i64,
    estimated: i64,
    cost: Option<i64>,
    unpriced: i64,
}

impl From<SumRow> for Sum {
    fn from(row: SumRow) -> Self {
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        Self {
            calls: count(row.calls),
            input_tokens: count(row.input_tokens),
            output_tokens: count(row.output_tokens),
            cached_tokens: count(row.cached_tokens),
            reasoning_tokens: count(row.reasoning_tokens),
            estimated: count(row.estimated),
            cost: row.cost.map(count),
            unpriced: count(row.unpriced),
        }
    }
}

#[derive(sqlx::FromRow)]
struct ModelRow {
    provider: String,
    model: String,
    #[sqlx(flatten)]
    sum: SumRow,
}

#[derive(sqlx::FromRow)]
struct QuarterRow {
    quarter: i64,
    #[sqlx(flatten)]
    sum: SumRow,
}

#[derive(sqlx::FromRow)]
struct UserRow {
    user_id: Uuid,
    name: String,
    email: String,
    #[sqlx(flatten)]
    model: ModelRow,
}

/// What a user used of one model.
pub struct OfUserRow {
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    /// `provider/model`.
    pub model: String,
    pub sum: Sum,
}

fn of_model(row: ModelRow) -> (String, Sum) {
    let ModelRow { provider, model, sum } = row;
    (format!("{provider}/{model}"), sum.into())
}

impl Ledger<'_> {
    /// The sum of a conversation, titles and branches that are not shown among it.
    pub async fn of_chat(&self, chat_id: Uuid) -> sqlx::Result<Sum> {
        let row: SumRow = on!(self.0.read(), c => sqlx::query_as(OF_CHAT).bind(chat_id).fetch_one(c).await)?;
        Ok(row.into())
    }

    /// What the user used of each model (`provider/model`).
    pub async fn of_models(&self, user_id: Uuid, span: Span) -> sqlx::Result<Vec<(String, Sum)>> {
        let rows: Vec<ModelRow> =
            on!(self.0.read(), c => sqlx::query_as(OF_MODELS).bind(user_id).bind(span.from).bind(span.until).fetch_all(c).await)?;
        Ok(rows.into_iter().map(of_model).collect())
    }

    /// What the user used in each quarter of an hour; those without a call are left out.
    pub async fn of_quarters(&self, user_id: Uuid, span: Span) -> sqlx::Result<Vec<(i64, Sum)>> {
        let rows: Vec<QuarterRow> =
            on!(self.0.read(), c => sqlx::query_as(OF_QUARTERS).bind(user_id).bind(span.from).bind(span.until).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|row| (row.quarter, row.sum.into())).collect())
    }

    /// Of the next `limit` users after this id who used any: what of each model. Users by their ids, their models together.
    pub async fn of_users(&self, after: Option<Uuid>, span: Span, limit: i64) -> sqlx::Result<Vec<OfUserRow>> {
        let after = after.unwrap_or(Uuid::nil());
        let rows: Vec<UserRow> = on!(self.0.read(), c => {
            sqlx::query_as(OF_USERS).bind(after).bind(span.from).bind(span.until).bind(limit).fetch_all(c).await
        })?;
        let row = |UserRow { user_id, name, email, model }| {
            let (model, sum) = of_model(model);
            OfUserRow { user_id, name, email, model, sum }
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// What those used whose accounts were erased.
    pub async fn of_nobody(&self, span: Span) -> sqlx::Result<Vec<(String, Sum)>> {
        let rows: Vec<ModelRow> = on!(self.0.read(), c => sqlx::query_as(OF_NOBODY).bind(span.from).bind(span.until).fetch_all(c).await)?;
        Ok(rows.into_iter().map(of_model).collect())
    }
}
