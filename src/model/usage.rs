//! What calls to models used and cost: of an answer, and in sums.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::generation::Usage;
use super::provider::Price;

/// Millionths of the catalogue's currency (the US dollar).
pub type Micro = u64;

/// What a call to a model was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// An answer, or the rest of one.
    Chat,
    /// The title of a conversation.
    Title,
    /// A summary of the oldest messages of a conversation.
    Summary,
    /// A recording, made into text.
    Transcription,
    /// A text, read aloud.
    Speech,
    /// Tags of a conversation.
    Tags,
    /// Questions that may follow an answer.
    FollowUp,
    /// Passages of a document, or a question about it, made into vectors.
    Embedding,
}

/// What an answer used, cost and took; of all runs that wrote it, if there were several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Used {
    /// Of the whole prompt, those from the provider's cache among them.
    pub input_tokens: u64,
    /// Of the whole answer, its reasoning included.
    pub output_tokens: u64,
    /// Of the prompt, those that the provider had in its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_tokens: u64,
    /// Of the answer, those of its reasoning, where the provider tells.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
    /// Some of the tokens were counted here, because the provider did not tell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// In millionths of a US dollar; absent: the price is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Micro>,
    /// Milliseconds from asking to the first word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u32>,
    /// From the first word to the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_second: Option<f32>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Used {
    /// With what was used to go on with the same answer: tokens and costs are added, the first word is the first one's, the rate the
    /// last one's.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            input_tokens: self.input_tokens + more.input_tokens,
            output_tokens: self.output_tokens + more.output_tokens,
            cached_tokens: self.cached_tokens + more.cached_tokens,
            reasoning_tokens: self.reasoning_tokens + more.reasoning_tokens,
            estimated: self.estimated || more.estimated,
            cost: self.cost.zip(more.cost).map(|(one, other)| one + other),
            first_token_ms: self.first_token_ms.or(more.first_token_ms),
            tokens_per_second: more.tokens_per_second.or(self.tokens_per_second),
        }
    }
}

impl Price {
    /// What these tokens cost, each part of a millionth rounded up: what has a price is not free.
    pub fn of(self, tokens: &Usage) -> Micro {
        let cached = tokens.cached_tokens.min(tokens.input_tokens);
        let parts =
            [(tokens.input_tokens - cached, self.input), (cached, self.cached.unwrap_or(self.input)), (tokens.output_tokens, self.output)];
        let whole: u128 = parts.into_iter().map(|(tokens, price)| u128::from(tokens) * u128::from(price)).sum();
        Micro::try_from(whole.div_ceil(1_000_000)).unwrap_or(Micro::MAX)
    }
}

/// The sum of some calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sum {
    /// Calls to models, those that failed among them.
    pub calls: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Part of `input_tokens`.
    pub cached_tokens: u64,
    /// Part of `output_tokens`.
    pub reasoning_tokens: u64,
    /// Calls whose tokens were counted here, because the provider did not tell.
    pub estimated: u64,
    /// In millionths of a US dollar, of the calls whose price is known; null: of none it is.
    pub cost: Option<Micro>,
    /// Calls whose price is not known: they are not in `cost`.
    pub unpriced: u64,
}

impl Sum {
    /// Adds another sum to this one.
    pub fn add(&mut self, more: &Self) {
        self.calls += more.calls;
        self.input_tokens += more.input_tokens;
        self.output_tokens += more.output_tokens;
        self.cached_tokens += more.cached_tokens;
        self.reasoning_tokens += more.reasoning_tokens;
        self.estimated += more.estimated;
        self.cost = match (self.cost, more.cost) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        self.unpriced += more.unpriced;
    }

    /// Of one answer.
    pub fn one(used: &Used) -> Self {
        Self {
            calls: 1,
            input_tokens: used.input_tokens,
            output_tokens: used.output_tokens,
            cached_tokens: used.cached_tokens,
            reasoning_tokens: used.reasoning_tokens,
            estimated: used.estimated.into(),
            cost: used.cost,
            unpriced: used.cost.is_none().into(),
        }
    }

    /// Of the prompts and of the answers.
    pub fn tokens(&self) -> u64 {
        self.input_tokens + self.output_tokens
    }
}

/// The sum of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OfModel {
    /// `provider/model`.
    pub model: String,
    pub sum: Sum,
}

/// The sum of a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OfDay {
    pub day: NaiveDate,
    pub sum: Sum,
}

/// How far back sums go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The last 30 days, today among them.
    #[default]
    #[serde(rename = "30d")]
    Days,
    /// This month.
    Month,
    /// The last 365 days, today among them.
    Year,
    All,
}

impl Period {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Days => "30d",
            Self::Month => "month",
            Self::Year => "year",
            Self::All => "all",
        }
    }

    /// The period of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Days, Self::Month, Self::Year, Self::All].into_iter().find(|period| period.name() == name)
    }
}

/// What somebody used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    pub period: Period,
    /// The first day; null: the first there is.
    pub from: Option<NaiveDate>,
    /// The last day: today.
    pub to: NaiveDate,
    /// Where days begin and end: the zone of the profile, else UTC.
    #[schema(example = "Asia/Shanghai")]
    pub time_zone: String,
    pub total: Sum,
    /// What cost or was used most comes first.
    pub models: Vec<OfModel>,
    /// Days without a call are left out; oldest first.
    pub days: Vec<OfDay>,
}

/// Somebody whose use is summed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Consumer {
    pub id: Uuid,
    pub name: String,
    pub email: String,
}

/// What one account used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OfUser {
    /// Null: those whose accounts were erased, together.
    pub user: Option<Consumer>,
    pub total: Sum,
    /// What cost or was used most comes first.
    pub models: Vec<OfModel>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_price_is_not_free_and_cached_tokens_have_theirs() {
        let price = Price { input: 1_000_000, output: 5_000_000, cached: Some(100_000) };
        assert_eq!(price.of(&Usage { cached_tokens: 600, ..Usage::new(1000, 10) }), 400 + 60 + 50);
        assert_eq!(Price { cached: None, ..price }.of(&Usage { cached_tokens: 600, ..Usage::new(1000, 10) }), 1000 + 50);
        assert_eq!(Price { input: 1, output: 1, cached: None }.of(&Usage::new(1, 0)), 1, "rounded up");
        assert_eq!(price.of(&Usage::default()), 0);
        assert_eq!(Price { input: 0, output: 0, cached: None }.of(&Usage::new(1000, 1000)), 0, "a price of nothing is a price");
        // A provider that says more is cached than there is.
        assert_eq!(price.of(&Usage { cached_tokens: 20, ..Usage::new(10, 0) }), 1);
        assert_eq!(price.of(&Usage::new(u64::MAX, u64::MAX)), Micro::MAX);
    }

    #[test]
    fn what_is_not_known_of_a_part_is_not_known_of_the_whole() {
        let one = Used { cost: Some(2), first_token_ms: Some(5), tokens_per_second: Some(9.0), ..Used::default() };
        let both = one.and(Used { cost: Some(3), first_token_ms: Some(7), ..Used::default() });
        assert_eq!((both.cost, both.first_token_ms, both.tokens_per_second), (Some(5), Some(5), Some(9.0)));
        assert_eq!(one.and(Used::default()).cost, None);
    }

    #[test]
    fn a_sum_says_how_much_of_it_has_no_price() {
        let mut sum = Sum::default();
        assert_eq!(sum.cost, None);
        sum.add(&Sum::one(&Used { cost: Some(2), ..Used::default() }));
        sum.add(&Sum::one(&Used { estimated: true, ..Used::default() }));
        assert_eq!((sum.calls, sum.cost, sum.unpriced, sum.estimated), (2, Some(2), 1, 1));
    }

    #[test]
    fn what_was_stored_before_there_was_a_ledger_is_read() {
        let old: Used = serde_json::from_str(r#"{"input_tokens":3,"output_tokens":4,"cached_tokens":1}"#).unwrap();
        assert_eq!((old.input_tokens, old.cached_tokens, old.cost, old.estimated), (3, 1, None, false));
        assert_eq!(serde_json::to_string(&Used { input_tokens: 3, ..Used::default() }).unwrap(), r#"{"input_tokens":3,"output_tokens":0}"#);
    }
}
