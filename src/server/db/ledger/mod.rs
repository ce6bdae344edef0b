//! The ledger: a row for each call to a model. Rows are added with what they belong to (`generation/change.rs`) and never changed; the
//! erasure of an account takes the person out of them. Sums are in `sum`.

mod sum;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::Serialize;
pub use sum::{OfUserRow, Span};
use uuid::Uuid;

use super::batch::{Batch, values};
use super::{Db, Text, on};
use crate::model::generation::{FailureKind, Status, Usage};
use crate::model::provider::{Price, Unit};
use crate::model::usage::{Micro, Purpose};

/// Seconds of what the ledger counts time in: every time zone's days begin at a quarter of an hour.
pub const QUARTER: i64 = 900;

/// A call to a model, as it ended.
#[derive(Clone, Debug)]
pub struct Call {
    pub purpose: Purpose,
    pub provider: String,
    /// The name at the provider.
    pub model: String,
    pub tokens: Usage,
    /// Counted here, not by the provider.
    pub estimated: bool,
    /// As it was; absent: not known.
    pub price: Option<Price>,
    /// What is paid for by another measure.
    pub measured: Option<Measured>,
    /// What the key is called that was used last; absent: it has no name, or there was none.
    pub key: Option<String>,
    /// How often the provider was asked.
    pub tries: u32,
    pub first_token_ms: Option<u64>,
    pub tokens_per_second: Option<f64>,
    pub outcome: Status,
    pub failure: Option<FailureKind>,
    pub started_at: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
}

#[cfg(test)]
impl Call {
    /// An answer of a conversation that ended well at once.
    pub fn example(provider: &str, model: &str, tokens: Usage, at: DateTime<Utc>) -> Self {
        Self {
            purpose: Purpose::Chat,
            provider: provider.into(),
            model: model.into(),
            tokens,
            estimated: false,
            price: None,
            measured: None,
            key: None,
            tries: 1,
            first_token_ms: None,
            tokens_per_second: None,
            outcome: Status::Done,
            failure: None,
            started_at: at,
            finished_at: at,
        }
    }
}

/// What a call is paid for besides tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    pub unit: Unit,
    pub units: u64,
    /// Micro-dollars for a million of them.
    pub price: u64,
}

impl Measured {
    /// A part of a millionth is rounded up.
    fn cost(self) -> Micro {
        Micro::try_from((u128::from(self.units) * u128::from(self.price)).div_ceil(1_000_000)).unwrap_or(Micro::MAX)
    }
}

/// Whose, of which conversation and message it is, the run tells, or the account alone. `$n` are those of [`Call::values`].
macro_rules! add {
    ($whose:literal, $source:literal) => {
        concat!(
            "INSERT INTO ledger (id, ",
            $whose,
            ", purpose, provider, model, input_tokens, cached_tokens, output_tokens,
                reasoning_tokens, estimated, input_price, cached_price, output_price, cost, tries, first_token_ms, tokens_per_second,
                outcome, failure, started_at, finished_at, quarter, key_label, unit, units, unit_price)
            SELECT $2, ",
            $source
        )
    };
}

/// With the end of the run, unless somebody else ended it.
const WITH_END: &str = add!(
    "user_id, chat_id, message_id",
    "user_id, chat_id, message_id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26
    FROM generations WHERE id = $1 AND status = 'running'"
);
/// Of a run that has ended.
const AFTER_END: &str = add!(
    "user_id, chat_id, message_id",
    "user_id, chat_id, message_id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26
    FROM generations WHERE id = $1"
);
/// Of no conversation: the account's.
const ALONE: &str = add!(
    "user_id",
    "id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26
    FROM users WHERE id = $1"
);

impl Call {
    /// What it cost; absent: the price is not known.
    pub fn cost(&self) -> Option<Micro> {
        let parts = [self.price.map(|price| price.of(&self.tokens)), self.measured.map(Measured::cost)];
        parts.into_iter().flatten().reduce(Micro::saturating_add)
    }

    /// Adds the row to what ends the run.
    pub(super) fn add(&self, run: Uuid, batch: &mut Batch) -> serde_json::Result<()> {
        batch.add(WITH_END, self.values(run)?);
        Ok(())
    }

    /// Adds the row for a run that has ended.
    pub(super) fn add_after(&self, run: Uuid, batch: &mut Batch) -> serde_json::Result<()> {
        batch.add(AFTER_END, self.values(run)?);
        Ok(())
    }

    /// Adds the row of a call that belongs to no conversation.
    pub(super) fn add_alone(&self, user_id: Uuid, batch: &mut Batch) -> serde_json::Result<()> {
        batch.add(ALONE, self.values(user_id)?);
        Ok(())
    }

    /// `of`: the run, or the account.
    fn values(&self, of: Uuid) -> serde_json::Result<Vec<super::batch::Value>> {
        let tokens = &self.tokens;
        let (purpose, outcome) = (word(self.purpose)?, word(self.outcome)?);
        let failure = self.failure.map(word).transpose()?;
        let unit = self.measured.map(|measured| word(measured.unit)).transpose()?;
        let price = |part: fn(Price) -> Option<u64>| self.price.and_then(part).map(number);
        Ok(values![
            of,
            // One that tells no time: the row may outlive its person.
            Uuid::new_v4(),
            purpose.as_str(),
            self.provider.as_str(),
            self.model.as_str(),
            number(tokens.input_tokens),
            number(tokens.cached_tokens),
            number(tokens.output_tokens),
            number(tokens.reasoning_tokens),
            self.estimated,
            price(|price| Some(price.input)),
            price(|price| price.cached),
            price(|price| Some(price.output)),
            self.cost().map(number),
            i64::from(self.tries),
            self.first_token_ms.map(number),
            self.tokens_per_second,
            outcome.as_str(),
            failure.as_deref(),
            self.started_at,
            self.finished_at,
            self.finished_at.timestamp().div_euclid(QUARTER),
            self.key.as_deref(),
            unit.as_deref(),
            self.measured.map(|measured| number(measured.units)),
            self.measured.map(|measured| number(measured.price)),
        ])
    }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A unit enum as it is stored.
fn word(value: impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().to_owned())
}

/// A row of the ledger, as its owner may have it.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    #[serde(skip)]
    pub id: Uuid,
    #[serde(skip)]
    pub quarter: i64,
    pub started_at: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
    pub purpose: Purpose,
    pub provider: String,
    pub model: String,
    pub session_id: Option<Uuid>,
    pub message_id: Option<Uuid>,
    pub input_tokens: i64,
    pub cached_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub estimated: bool,
    pub input_price: Option<i64>,
    pub cached_price: Option<i64>,
    pub output_price: Option<i64>,
    /// What is paid for besides tokens, how much of it there was, and micro-dollars for a million.
    pub unit: Option<String>,
    pub units: Option<i64>,
    pub unit_price: Option<i64>,
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
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
    purpose: Text<Purpose>,
    provider: String,
    model: String,
    chat_id: Option<Uuid>,
    message_id: Option<Uuid>,
    input_tokens: i64,
    cached_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    estimated: bool,
    input_price: Option<i64>,
    cached_price: Option<i64>,
    output_price: Option<i64>,
    unit: Option<String>,
    units: Option<i64>,
    unit_price: Option<i64>,
    cost: Option<i64>,
    tries: i64,
    first_token_ms: Option<i64>,
    tokens_per_second: Option<f64>,
    outcome: Text<Status>,
    failure: Option<String>,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            quarter: row.quarter,
            started_at: row.started_at,
            finished_at: row.finished_at,
            purpose: row.purpose.0,
            provider: row.provider,
            model: row.model,
            session_id: row.chat_id,
            message_id: row.message_id,
            input_tokens: row.input_tokens,
            cached_tokens: row.cached_tokens,
            output_tokens: row.output_tokens,
            reasoning_tokens: row.reasoning_tokens,
            estimated: row.estimated,
            input_price: row.input_price,
            cached_price: row.cached_price,
            output_price: row.output_price,
            unit: row.unit,
            units: row.units,
            unit_price: row.unit_price,
            cost: row.cost,
            tries: row.tries,
            first_token_ms: row.first_token_ms,
            tokens_per_second: row.tokens_per_second,
            outcome: row.outcome.0,
            failure: row.failure,
        }
    }
}

const ENTRIES: &str = "SELECT id, quarter, started_at, finished_at, purpose, provider, model, chat_id, message_id, input_tokens,
    cached_tokens, output_tokens, reasoning_tokens, estimated, input_price, cached_price, output_price, unit, units, unit_price,
    cost, tries, first_token_ms, tokens_per_second, outcome, failure
    FROM ledger WHERE user_id = $1 AND (quarter, id) > ($2, $3) ORDER BY quarter, id LIMIT $4";

/// The ledger of [`Db`].
pub struct Ledger<'a>(&'a Db);

impl Db {
    pub fn ledger(&self) -> Ledger<'_> {
        Ledger(self)
    }
}

impl Ledger<'_> {
    /// The user's rows, oldest first to the quarter of an hour, after the row at `(quarter, id)`.
    pub async fn entries(&self, user_id: Uuid, after: Option<(i64, Uuid)>, limit: i64) -> sqlx::Result<Vec<Entry>> {
        let (quarter, id) = after.unwrap_or((i64::MIN, Uuid::nil()));
        let rows: Vec<Row> = on!(self.0.read(), c => {
            sqlx::query_as(ENTRIES).bind(user_id).bind(quarter).bind(id).bind(limit).fetch_all(c).await
        })?;
        Ok(rows.into_iter().map(Entry::from).collect())
    }
}
