//! The ledger by hours, for the dashboard. What the ledger has new is added in the transaction that marks it as counted, so that every
//! row is counted once, however late it came; `sum` reads, `row` shows the rows behind a figure, `hour` counts what was written.

mod hour;
mod row;
mod sum;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use hour::Written;
pub use row::{Call, Rows};
use sqlx::{AssertSqlSafe, Encode, QueryBuilder, Type};
pub use sum::{Active, Cell, Hours, OfUser, Scope};
use uuid::Uuid;

use super::{Db, on, tx};

/// Whose the rows of everybody together are.
pub const EVERYBODY: Uuid = Uuid::nil();
/// Whose the rows of those are whose accounts were erased.
pub const ERASED: Uuid = Uuid::max();
/// Rows of the ledger that are counted at a time: SQLite takes 32,766 values in a statement, and each may become two rows of sixteen.
const BATCH: i64 = 1000;
/// Each bucket of waiting times ends so many times later than the one before.
const GROWTH: f64 = 1.1;
/// Quarters of an hour in an hour.
pub const QUARTERS: i64 = 4;

/// The statistics of [`Db`].
pub struct Statistics<'a>(&'a Db);

impl Db {
    pub fn statistics(&self) -> Statistics<'_> {
        Statistics(self)
    }
}

/// What is added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Measure {
    pub calls: i64,
    pub answers: i64,
    pub failed: i64,
    pub input_tokens: i64,
    pub cached_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub estimated: i64,
    /// Millionths of a dollar, of the calls that have a price.
    pub cost: i64,
    pub priced: i64,
    /// Calls that have a rate.
    pub rated: i64,
    /// The sum of these, in thousandths of a token per second.
    pub rate: i64,
}

impl Measure {
    /// Adds another one to this.
    pub fn add(&mut self, more: &Self) {
        self.calls += more.calls;
        self.answers += more.answers;
        self.failed += more.failed;
        self.input_tokens += more.input_tokens;
        self.cached_tokens += more.cached_tokens;
        self.output_tokens += more.output_tokens;
        self.reasoning_tokens += more.reasoning_tokens;
        self.estimated += more.estimated;
        self.cost += more.cost;
        self.priced += more.priced;
        self.rated += more.rated;
        self.rate += more.rate;
    }

    fn columns(&self) -> [i64; 12] {
        let Self { calls, answers, failed, input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated, .. } = *self;
        let Self { cost, priced, rated, rate, .. } = *self;
        [calls, answers, failed, input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated, cost, priced, rated, rate]
    }
}

/// The bucket of a time in milliseconds.
pub fn bucket(ms: i64) -> i64 {
    // A logarithm of what fits into an i64 is a small number.
    if ms <= 0 { -1 } else { ((ms as f64).ln() / GROWTH.ln()).ceil() as i64 }
}

/// The time that stands for a bucket: no more than five in a hundred from any that is in it.
pub fn middle(bucket: i64) -> u64 {
    // Negative ones are the bucket of no time at all.
    if bucket < 0 { 0 } else { (2.0 * GROWTH.powf(bucket as f64) / (GROWTH + 1.0)).round() as u64 }
}

/// A row of the ledger that is in no hour yet.
#[derive(sqlx::FromRow)]
struct New {
    user_id: Option<Uuid>,
    quarter: i64,
    provider: String,
    model: String,
    purpose: String,
    outcome: String,
    failure: Option<String>,
    input_tokens: i64,
    cached_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    estimated: bool,
    cost: Option<i64>,
    first_token_ms: Option<i64>,
    tokens_per_second: Option<f64>,
}

impl New {
    fn measure(&self) -> Measure {
        Measure {
            calls: 1,
            answers: i64::from(self.purpose == "chat"),
            failed: i64::from(self.outcome == "failed"),
            input_tokens: self.input_tokens,
            cached_tokens: self.cached_tokens,
            output_tokens: self.output_tokens,
            reasoning_tokens: self.reasoning_tokens,
            estimated: self.estimated.into(),
            cost: self.cost.unwrap_or_default(),
            priced: self.cost.is_some().into(),
            rated: self.tokens_per_second.is_some().into(),
            rate: self.tokens_per_second.map_or(0, thousandths),
        }
    }
}

/// A rate in thousandths, which add up to the same in any order.
pub fn thousandths(rate: f64) -> i64 {
    (rate * 1000.0).round() as i64
}

/// Whose, which hour, provider and model. In order, so that two who add at once wait for each other instead of for ever.
type Key = (Uuid, i64, String, String);

/// What some rows of the ledger add.
#[derive(Default)]
struct Additions {
    sums: BTreeMap<Key, Measure>,
    failures: BTreeMap<(Key, String), i64>,
    waits: BTreeMap<(Key, i64), i64>,
}

impl Additions {
    fn of(rows: Vec<New>) -> Self {
        let mut all = Self::default();
        for row in rows {
            let (measure, hour) = (row.measure(), row.quarter.div_euclid(QUARTERS));
            for whose in [EVERYBODY, row.user_id.unwrap_or(ERASED)] {
                let key = (whose, hour, row.provider.clone(), row.model.clone());
                if let Some(failure) = &row.failure {
                    *all.failures.entry((key.clone(), failure.clone())).or_default() += 1;
                }
                if let Some(ms) = row.first_token_ms {
                    *all.waits.entry((key.clone(), bucket(ms))).or_default() += 1;
                }
                all.sums.entry(key).or_default().add(&measure);
            }
        }
        all
    }

    fn sums<DB: sqlx::Database>(&self) -> QueryBuilder<DB>
    where
        Uuid: for<'q> Encode<'q, DB> + Type<DB>,
        i64: for<'q> Encode<'q, DB> + Type<DB>,
        String: for<'q> Encode<'q, DB> + Type<DB>,
    {
        let mut query = QueryBuilder::new(
            "INSERT INTO statistics (user_id, hour, provider, model, calls, answers, failed, input_tokens, cached_tokens, output_tokens,
                reasoning_tokens, estimated, cost, priced, rated, rate) ",
        );
        query.push_values(&self.sums, |mut row, ((user, hour, provider, model), measure)| {
            row.push_bind(*user).push_bind(*hour).push_bind(provider.clone()).push_bind(model.clone());
            for number in measure.columns() {
                row.push_bind(number);
            }
        });
        query.push(ADD_SUMS);
        query
    }

    fn failures<DB: sqlx::Database>(&self) -> QueryBuilder<DB>
    where
        Uuid: for<'q> Encode<'q, DB> + Type<DB>,
        i64: for<'q> Encode<'q, DB> + Type<DB>,
        String: for<'q> Encode<'q, DB> + Type<DB>,
    {
        let mut query = QueryBuilder::new("INSERT INTO statistics_failures (user_id, hour, provider, model, failure, calls) ");
        query.push_values(&self.failures, |mut row, (((user, hour, provider, model), failure), calls)| {
            row.push_bind(*user).push_bind(*hour).push_bind(provider.clone()).push_bind(model.clone());
            row.push_bind(failure.clone()).push_bind(*calls);
        });
        query.push(ADD_FAILURES);
        query
    }

    fn waits<DB: sqlx::Database>(&self) -> QueryBuilder<DB>
    where
        Uuid: for<'q> Encode<'q, DB> + Type<DB>,
        i64: for<'q> Encode<'q, DB> + Type<DB>,
        String: for<'q> Encode<'q, DB> + Type<DB>,
    {
        let mut query = QueryBuilder::new("INSERT INTO statistics_waits (user_id, hour, provider, model, bucket, calls) ");
        query.push_values(&self.waits, |mut row, (((user, hour, provider, model), bucket), calls)| {
            row.push_bind(*user).push_bind(*hour).push_bind(provider.clone()).push_bind(model.clone());
            row.push_bind(*bucket).push_bind(*calls);
        });
        query.push(ADD_WAITS);
        query
    }
}

macro_rules! add_sums {
    () => {
        " ON CONFLICT (user_id, hour, provider, model) DO UPDATE SET calls = statistics.calls + excluded.calls,
        answers = statistics.answers + excluded.answers, failed = statistics.failed + excluded.failed,
        input_tokens = statistics.input_tokens + excluded.input_tokens, cached_tokens = statistics.cached_tokens + excluded.cached_tokens,
        output_tokens = statistics.output_tokens + excluded.output_tokens,
        reasoning_tokens = statistics.reasoning_tokens + excluded.reasoning_tokens,
        estimated = statistics.estimated + excluded.estimated, cost = statistics.cost + excluded.cost,
        priced = statistics.priced + excluded.priced, rated = statistics.rated + excluded.rated, rate = statistics.rate + excluded.rate"
    };
}
macro_rules! add_failures {
    () => {
        " ON CONFLICT (user_id, hour, provider, model, failure) DO UPDATE SET calls = statistics_failures.calls + excluded.calls"
    };
}
macro_rules! add_waits {
    () => {
        " ON CONFLICT (user_id, hour, provider, model, bucket) DO UPDATE SET calls = statistics_waits.calls + excluded.calls"
    };
}
const ADD_SUMS: &str = add_sums!();
const ADD_FAILURES: &str = add_failures!();
const ADD_WAITS: &str = add_waits!();

/// What takes a person out of the statistics, in order; `$1` is who, `$2` everybody. Their rows of the ledger become uncounted ones of
/// nobody, and are added again as such.
pub(super) const DISOWN: [&str; 9] = [
    concat!(
        "INSERT INTO statistics (user_id, hour, provider, model, calls, answers, failed, input_tokens, cached_tokens, output_tokens,
            reasoning_tokens, estimated, cost, priced, rated, rate)
        SELECT $2, hour, provider, model, -calls, -answers, -failed, -input_tokens, -cached_tokens, -output_tokens, -reasoning_tokens,
            -estimated, -cost, -priced, -rated, -rate FROM statistics WHERE user_id = $1",
        add_sums!()
    ),
    "DELETE FROM statistics WHERE user_id = $2 AND calls <= 0 AND EXISTS (SELECT 1 FROM statistics s WHERE s.user_id = $1
        AND s.hour = statistics.hour AND s.provider = statistics.provider AND s.model = statistics.model)",
    "DELETE FROM statistics WHERE user_id = $1 AND user_id <> $2",
    concat!(
        "INSERT INTO statistics_failures (user_id, hour, provider, model, failure, calls)
        SELECT $2, hour, provider, model, failure, -calls FROM statistics_failures WHERE user_id = $1",
        add_failures!()
    ),
    "DELETE FROM statistics_failures WHERE user_id = $2 AND calls <= 0 AND EXISTS (SELECT 1 FROM statistics_failures s WHERE s.user_id = $1
        AND s.hour = statistics_failures.hour AND s.provider = statistics_failures.provider AND s.model = statistics_failures.model
        AND s.failure = statistics_failures.failure)",
    "DELETE FROM statistics_failures WHERE user_id = $1 AND user_id <> $2",
    concat!(
        "INSERT INTO statistics_waits (user_id, hour, provider, model, bucket, calls)
        SELECT $2, hour, provider, model, bucket, -calls FROM statistics_waits WHERE user_id = $1",
        add_waits!()
    ),
    "DELETE FROM statistics_waits WHERE user_id = $2 AND calls <= 0 AND EXISTS (SELECT 1 FROM statistics_waits s WHERE s.user_id = $1
        AND s.hour = statistics_waits.hour AND s.provider = statistics_waits.provider AND s.model = statistics_waits.model
        AND s.bucket = statistics_waits.bucket)",
    "DELETE FROM statistics_waits WHERE user_id = $1 AND user_id <> $2",
];

impl Statistics<'_> {
    /// Whether the ledger has rows that are in no hour yet.
    pub async fn has_new(&self) -> sqlx::Result<bool> {
        let sql = "SELECT 1 FROM ledger WHERE NOT counted LIMIT 1";
        on!(self.0.read(), c => sqlx::query(sql).fetch_optional(c).await.map(|row| row.is_some()))
    }

    /// Adds some of what the ledger has new to its hours; answers how many rows. Zero: there were none.
    pub async fn fold(&self) -> sqlx::Result<u64> {
        // Nothing new is the common case, and asking must not take the writer.
        if !self.has_new().await? {
            return Ok(0);
        }
        // SQLite has one writer; PostgreSQL has to step over what others are counting at this moment.
        let skip = if matches!(self.0, Db::Postgres(_)) { "FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE ledger SET counted = TRUE WHERE id IN (SELECT id FROM ledger WHERE NOT counted LIMIT {BATCH} {skip})
            RETURNING user_id, quarter, provider, model, purpose, outcome, failure, input_tokens, cached_tokens, output_tokens,
                reasoning_tokens, estimated, cost, first_token_ms, tokens_per_second"
        );
        let folded = tx!(self.0, tx => {
            let rows: Vec<New> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *tx).await?;
            let count = rows.len();
            let all = Additions::of(rows);
            if !all.sums.is_empty() {
                all.sums().build().execute(&mut *tx).await?;
            }
            if !all.failures.is_empty() {
                all.failures().build().execute(&mut *tx).await?;
            }
            if !all.waits.is_empty() {
                all.waits().build().execute(&mut *tx).await?;
            }
            count
        });
        Ok(folded as u64)
    }
}
