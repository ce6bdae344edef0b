//! What one call to a model uses and takes, from the first time that it is asked to its line in the ledger.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::time::{Duration, Instant};

use crate::model::generation::{FailureKind, Status, Usage};
use crate::model::provider::{Price, Rate, Unit};
use crate::model::usage::{Purpose, Used};
use crate::server::db::{Call, Measured};
use crate::server::llm::{Delta, Resolved};

/// An answer that came within less tells no rate.
const RATE_FROM: Duration = Duration::from_millis(50);

/// The meter of a call. One that never asked leaves no line.
pub struct Meter {
    purpose: Purpose,
    provider: String,
    model: String,
    price: Option<Price>,
    /// What it costs by another measure than tokens.
    rate: Option<Rate>,
    /// How much of that there was.
    units: Option<u64>,
    /// What the key is called that was used last.
    key: Option<Arc<str>>,
    tries: u32,
    /// When it was asked first.
    begun: Option<(DateTime<Utc>, Instant)>,
    /// When the first and the last word came.
    words: Option<(Instant, Instant)>,
    /// What the provider said of the try before this one, which brought nothing.
    before: Usage,
    /// What it says of this one.
    reported: Option<Usage>,
}

/// What was received of a call, counted here.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    /// Tokens of the request.
    pub input: u64,
    /// Tokens of what came.
    pub output: u64,
}

impl Meter {
    /// Of a call to this model, at the price that it has now.
    pub fn new(resolved: &Resolved, purpose: Purpose) -> Self {
        let (provider, model) = split(&resolved.id);
        Self {
            purpose,
            provider,
            model,
            price: resolved.facts.price,
            rate: resolved.facts.rate,
            units: None,
            key: None,
            tries: 0,
            begun: None,
            words: None,
            before: Usage::default(),
            reported: None,
        }
    }

    /// The provider is being asked, for the first time or again.
    pub fn ask(&mut self, now: DateTime<Utc>) {
        self.tries += 1;
        self.begun.get_or_insert((now, Instant::now()));
        if let Some(said) = self.reported.take() {
            self.before = plus(self.before, said);
        }
    }

    /// With this key, where it has one.
    pub fn with(&mut self, key: Option<&Arc<str>>) {
        self.key = key.cloned().or(self.key.take());
    }

    /// How much it was by other measures than tokens.
    pub fn measure(&mut self, seconds: Option<f64>, characters: u64) {
        self.units = match self.rate.map(|rate| rate.unit) {
            // As providers round.
            Some(Unit::Second) => seconds.map(|seconds| seconds.ceil() as u64),
            Some(Unit::Character) => Some(characters),
            None => None,
        };
    }

    /// It was not asked after all: nobody was.
    pub fn unask(&mut self) {
        self.tries = self.tries.saturating_sub(1);
        if self.tries == 0 {
            self.begun = None;
        }
    }

    /// A piece of the answer came.
    pub fn hear(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(_) | Delta::Reasoning(_) | Delta::ToolCall(_) => {
                let now = Instant::now();
                self.words.get_or_insert((now, now)).1 = now;
            }
            Delta::Usage(said) => self.reported = Some(*said),
            Delta::Sealed(_) | Delta::Notice(_) | Delta::Stop(_) => {}
        }
    }

    /// The line of the ledger; none if nothing was asked. What the provider did not tell is counted by the estimate.
    pub fn call(&self, estimate: Estimate, outcome: Status, failure: Option<FailureKind>, now: DateTime<Utc>) -> Option<Call> {
        let (started_at, asked) = self.begun?;
        let (tokens, estimated) = self.tokens(estimate, outcome);
        let rate = self.words.map(|(first, last)| last - first).filter(|took| *took >= RATE_FROM);
        Some(Call {
            purpose: self.purpose,
            provider: self.provider.clone(),
            model: self.model.clone(),
            tokens,
            estimated,
            price: self.price.filter(|_| !self.is_uncounted(estimated, outcome)),
            measured: self.measured(outcome),
            key: self.key.as_deref().map(str::to_owned),
            tries: self.tries,
            first_token_ms: self.words.map(|(first, _)| u64::try_from((first - asked).as_millis()).unwrap_or(u64::MAX)),
            tokens_per_second: rate.map(|took| tokens.output_tokens as f64 / took.as_secs_f64()),
            outcome,
            failure,
            started_at,
            finished_at: now,
        })
    }

    /// Of speech we count no tokens: what the provider did not count has no price by them.
    fn is_uncounted(&self, estimated: bool, outcome: Status) -> bool {
        estimated && outcome != Status::Failed && matches!(self.purpose, Purpose::Transcription | Purpose::Speech)
    }

    /// What is paid for besides tokens; of what failed it is nothing.
    fn measured(&self, outcome: Status) -> Option<Measured> {
        let Rate { unit, price } = self.rate?;
        let units = if outcome == Status::Failed { Some(0) } else { self.units };
        units.map(|units| Measured { unit, units, price })
    }

    fn tokens(&self, estimate: Estimate, outcome: Status) -> (Usage, bool) {
        let (tokens, estimated) = match self.reported {
            Some(said) if outcome == Status::Done => (said, false),
            // What a provider says in the middle is not yet about the whole of what it sent.
            Some(said) => (Usage { output_tokens: said.output_tokens.max(estimate.output), ..said }, said.output_tokens < estimate.output),
            // Refused, or lost before the first word: nothing was served.
            None if outcome == Status::Failed && estimate.output == 0 && self.words.is_none() => (Usage::default(), true),
            None => (Usage::new(estimate.input, estimate.output), true),
        };
        (plus(self.before, tokens), estimated)
    }
}

/// The provider and the model of `provider/model`.
pub fn split(id: &str) -> (String, String) {
    let (provider, model) = id.split_once('/').unwrap_or(("", id));
    (provider.to_owned(), model.to_owned())
}

fn plus(one: Usage, other: Usage) -> Usage {
    Usage {
        input_tokens: one.input_tokens + other.input_tokens,
        output_tokens: one.output_tokens + other.output_tokens,
        cached_tokens: one.cached_tokens + other.cached_tokens,
        reasoning_tokens: one.reasoning_tokens + other.reasoning_tokens,
    }
}

/// What is shown of calls with the answer that they wrote; `before` is what it had used.
pub fn used(before: Option<Used>, calls: &[Call]) -> Option<Used> {
    let used = |call: &Call| Used {
        input_tokens: call.tokens.input_tokens,
        output_tokens: call.tokens.output_tokens,
        cached_tokens: call.tokens.cached_tokens,
        reasoning_tokens: call.tokens.reasoning_tokens,
        estimated: call.estimated,
        cost: call.cost(),
        first_token_ms: call.first_token_ms.map(|ms| u32::try_from(ms).unwrap_or(u32::MAX)),
        tokens_per_second: call.tokens_per_second.map(|rate| rate as f32),
    };
    // A summary that made room is the conversation's, not the answer's.
    let own = calls.iter().filter(|call| call.purpose == Purpose::Chat).map(used);
    before.into_iter().chain(own).reduce(Used::and)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn meter(price: Option<Price>) -> Meter {
        Meter {
            purpose: Purpose::Chat,
            provider: "p".into(),
            model: "m".into(),
            price,
            rate: None,
            units: None,
            key: None,
            tries: 0,
            begun: None,
            words: None,
            before: Usage::default(),
            reported: None,
        }
    }

    const ESTIMATE: Estimate = Estimate { input: 10, output: 5 };

    #[test]
    fn what_was_never_asked_leaves_no_line() {
        assert!(meter(None).call(ESTIMATE, Status::Stopped, None, now()).is_none());
    }

    #[test]
    fn the_provider_counts_better_unless_it_stopped_counting() {
        let mut meter = meter(Some(Price { input: 1_000_000, output: 1_000_000, cached: None }));
        meter.ask(now());
        let call = meter.call(ESTIMATE, Status::Stopped, None, now()).unwrap();
        assert_eq!((call.tokens, call.estimated, call.cost()), (Usage::new(10, 5), true, Some(15)));
        meter.hear(&Delta::Usage(Usage::new(11, 2)));
        let call = meter.call(ESTIMATE, Status::Done, None, now()).unwrap();
        assert_eq!((call.tokens, call.estimated), (Usage::new(11, 2), false));
        let call = meter.call(ESTIMATE, Status::Failed, Some(FailureKind::Network), now()).unwrap();
        assert_eq!((call.tokens, call.estimated), (Usage::new(11, 5), true), "more came than it had counted");
    }

    #[test]
    fn a_refusal_costs_nothing_and_an_unknown_price_is_not_nothing() {
        let mut meter = meter(None);
        meter.ask(now());
        let call = meter.call(Estimate { input: 10, output: 0 }, Status::Failed, Some(FailureKind::Auth), now()).unwrap();
        assert_eq!((call.tokens, call.cost()), (Usage::default(), None));
    }

    #[test]
    fn what_is_paid_by_the_second_or_character_costs_what_there_was_of_it() {
        let rated = |unit, price| Meter { rate: Some(Rate { unit, price }), purpose: Purpose::Transcription, ..meter(None) };
        let mut heard = rated(Unit::Second, 100_000_000);
        heard.ask(now());
        heard.measure(Some(61.2), 0);
        assert_eq!(heard.call(ESTIMATE, Status::Done, None, now()).unwrap().cost(), Some(6_200));
        assert_eq!(heard.call(ESTIMATE, Status::Failed, Some(FailureKind::Auth), now()).unwrap().cost(), Some(0));
        heard.measure(None, 0);
        assert_eq!(heard.call(ESTIMATE, Status::Done, None, now()).unwrap().cost(), None, "how long it was nobody told");
        let mut read = rated(Unit::Character, 15_000_000);
        read.ask(now());
        read.measure(None, 1_000);
        assert_eq!(read.call(ESTIMATE, Status::Done, None, now()).unwrap().cost(), Some(15_000));
        let tokens = Some(Price { input: 1_000_000, output: 1_000_000, cached: None });
        let mut uncounted = Meter { purpose: Purpose::Speech, ..meter(tokens) };
        uncounted.ask(now());
        assert_eq!(uncounted.call(ESTIMATE, Status::Done, None, now()).unwrap().cost(), None, "tokens of sound are not counted here");
    }

    #[test]
    fn several_tries_are_one_line_with_all_that_was_reported() {
        let mut meter = meter(None);
        meter.ask(now());
        meter.hear(&Delta::Usage(Usage::new(3, 0)));
        meter.ask(now());
        meter.hear(&Delta::Text("a".into()));
        meter.hear(&Delta::Usage(Usage::new(3, 1)));
        let call = meter.call(ESTIMATE, Status::Done, None, now()).unwrap();
        assert_eq!((call.tries, call.tokens, call.first_token_ms.is_some()), (2, Usage::new(6, 1), true));
    }
}
