//! Sums and waiting times that belong together, and the figures that are made of them.

use std::collections::BTreeMap;

use crate::model::statistics::{Figures, Wait};
use crate::model::usage::Sum;
use crate::server::db::{Measure, middle};

/// What was added up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    pub measure: Measure,
    /// Calls by the bucket of how long they waited.
    waits: BTreeMap<i64, i64>,
}

/// The hours that have something.
pub fn by_hour(measures: Vec<(i64, Measure)>, waits: Vec<(i64, i64, i64)>) -> BTreeMap<i64, Tally> {
    let mut hours: BTreeMap<i64, Tally> = BTreeMap::new();
    for (hour, measure) in measures {
        hours.entry(hour).or_default().measure.add(&measure);
    }
    for (hour, bucket, calls) in waits {
        hours.entry(hour).or_default().wait(bucket, calls);
    }
    hours
}

/// Calls, tokens and costs.
pub fn sum(measure: &Measure) -> Sum {
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    Sum {
        calls: count(measure.calls),
        input_tokens: count(measure.input_tokens),
        output_tokens: count(measure.output_tokens),
        cached_tokens: count(measure.cached_tokens),
        reasoning_tokens: count(measure.reasoning_tokens),
        estimated: count(measure.estimated),
        cost: (measure.priced > 0).then(|| count(measure.cost)),
        unpriced: count(measure.calls - measure.priced),
    }
}

impl Tally {
    /// So many calls waited this long.
    pub fn wait(&mut self, bucket: i64, calls: i64) {
        *self.waits.entry(bucket).or_default() += calls;
    }

    /// Adds another one to this.
    pub fn add(&mut self, more: &Self) {
        self.measure.add(&more.measure);
        more.waits.iter().for_each(|(bucket, calls)| self.wait(*bucket, *calls));
    }

    pub fn figures(&self) -> Figures {
        let Measure { answers, failed, rated, rate, .. } = self.measure;
        Figures {
            sum: sum(&self.measure),
            answers: answers.unsigned_abs(),
            failed: failed.unsigned_abs(),
            wait: self.quantile(50).zip(self.quantile(95)).map(|(p50_ms, p95_ms)| Wait { p50_ms, p95_ms }),
            // Thousandths of a mean: nothing that a single float could not hold.
            tokens_per_second: (rated > 0).then(|| (rate as f64 / rated as f64 / 1000.0) as f32),
        }
    }

    /// By when so many of a hundred had their first token.
    fn quantile(&self, percent: i64) -> Option<u64> {
        let total: i64 = self.waits.values().sum();
        let rank = (total * percent + 99) / 100;
        let mut seen = 0;
        self.waits.iter().find_map(|(bucket, calls)| {
            seen += calls;
            (total > 0 && seen >= rank).then(|| middle(*bucket))
        })
    }
}
