//! A report in words and numbers, as its reader writes them. What was counted is in it to the unit.

use chrono::NaiveDate;

use super::{Bar, Chart, Sheet, Table, Total};
use crate::i18n::usage::{count, duration, money};
use crate::i18n::{Locale, Texts};
use crate::model::digest::{Digest, DigestCrowd, DigestDay, DigestPeriod, DigestScope};
use crate::model::statistics::{Compared, Figures, ModelFigures};
use crate::model::usage::Sum;

/// Most rows of a table.
const ROWS: usize = 20;

/// A report, and the language that it is told in.
struct Told<'a> {
    of: &'a Digest,
    texts: &'static Texts,
}

/// The report in this language.
pub fn sheet(of: &Digest, locale: Locale) -> Sheet {
    let told = Told { of, texts: locale.texts() };
    let words = told.texts.digest_letter();
    let mut lead = vec![(told.texts.usage_page().zone)(&of.time_zone), (words.compared)(of.period).to_owned()];
    lead.extend((!of.finished).then(|| words.unfinished.to_owned()));
    lead.extend(of.counting.then(|| words.counting.to_owned()));
    if of.now.sum.calls == 0 {
        lead.push(told.texts.statistics().nothing.to_owned());
    }
    let mut tables = vec![told.models()];
    if let Some(crowd) = &of.crowd {
        tables.extend([told.people(crowd), told.failures(crowd)]);
    }
    tables.push(told.days());
    tables.retain(|table| !table.rows.is_empty());
    Sheet {
        title: (words.title)(of.scope, of.period, of.from, of.to),
        lead,
        totals: told.totals(),
        notes: told.notes(),
        chart: told.chart(),
        tables,
    }
}

/// By how much a figure has changed, in percent; nothing where there was none before.
fn change(now: u64, before: u64) -> Option<i64> {
    let percent = (now as f64 - before as f64) / before as f64 * 100.0;
    // What grew a thousandfold is told by its figures.
    (before > 0 && percent.abs() < 1e6).then_some(percent.round() as i64)
}

impl Told<'_> {
    fn counted(&self, name: &str, now: u64, before: u64) -> Total {
        Total { name: name.to_owned(), now: count(now), before: (self.texts.statistics().before)(change(now, before), &count(before)) }
    }

    fn compared(&self, name: &str, of: Compared) -> Total {
        self.counted(name, of.now, of.before)
    }

    fn totals(&self) -> Vec<Total> {
        let (t, usage, now, before) = (self.texts.statistics(), &self.texts.usage, &self.of.now, &self.of.previous);
        let mut totals = vec![
            self.counted(t.answers, now.answers, before.answers),
            self.counted(t.calls, now.sum.calls, before.sum.calls),
            self.counted(t.failed, now.failed, before.failed),
            self.counted(usage.input, now.sum.input_tokens, before.sum.input_tokens),
            self.counted(usage.output, now.sum.output_tokens, before.sum.output_tokens),
            self.costs(now, before),
        ];
        totals.extend([self.waited(t.p50, |of| of.wait.map(|wait| wait.p50_ms)), self.waited(t.p95, |of| of.wait.map(|wait| wait.p95_ms))]);
        if let Some(crowd) = &self.of.crowd {
            totals.extend([self.compared(t.active, crowd.active), self.compared(t.new_users, crowd.new)]);
        }
        totals
    }

    fn costs(&self, now: &Figures, before: &Figures) -> Total {
        let (cost, earlier) = (now.sum.cost.unwrap_or_default(), before.sum.cost.unwrap_or_default());
        let change = change(cost, earlier).filter(|_| now.sum.cost.is_some());
        let before = (self.texts.statistics().before)(change, &self.cost(&before.sum));
        Total { name: self.texts.usage.cost.to_owned(), now: self.cost(&now.sum), before }
    }

    fn waited(&self, name: &str, of: fn(&Figures) -> Option<u64>) -> Total {
        let (now, before) = (of(&self.of.now), of(&self.of.previous));
        let told = |ms: u64| duration(u32::try_from(ms).unwrap_or(u32::MAX));
        let earlier = before.map(|before| (self.texts.statistics().before)(now.and_then(|now| change(now, before)), &told(before)));
        Total { name: name.to_owned(), now: now.map_or_else(|| "–".to_owned(), told), before: earlier.unwrap_or_default() }
    }

    /// Where none of it has a price, that it is not known; nothing at all costs nothing.
    fn cost(&self, sum: &Sum) -> String {
        match sum.cost {
            Some(cost) => money(cost),
            None if sum.calls == 0 => money(0),
            None => self.texts.usage.no_price.to_owned(),
        }
    }

    fn notes(&self) -> Vec<String> {
        let sum = &self.of.now.sum;
        let unpriced = (sum.unpriced > 0).then(|| (self.texts.usage.unpriced)(sum.unpriced));
        let estimated = (sum.estimated > 0).then(|| (self.texts.usage_page().estimated)(sum.estimated));
        unpriced.into_iter().chain(estimated).collect()
    }

    fn chart(&self) -> Chart {
        let words = self.texts.digest_letter();
        let most = self.of.days.iter().map(|of| of.sum.tokens()).max().unwrap_or_default();
        let top = self.of.days.iter().find(|of| of.sum.tokens() == most && most > 0);
        let bar = |of: &DigestDay| {
            let tokens = of.sum.tokens();
            let share = if most == 0 { 0 } else { (u128::from(tokens) * 100).div_ceil(u128::from(most)) };
            Bar { name: (words.date)(of.day), value: count(tokens), percent: u8::try_from(share).unwrap_or(100) }
        };
        let said = top.map(|of| (words.chart)(&count(most), of.day)).unwrap_or_default();
        Chart { name: self.texts.statistics().chart_tokens.to_owned(), said, bars: self.of.days.iter().map(bar).collect() }
    }

    fn table<T>(&self, name: &str, head: [&str; 5], rows: &[T], row: impl Fn(&T) -> Vec<String>) -> Table {
        let left = rows.len().saturating_sub(ROWS);
        let note = if left > 0 { (self.texts.digest_letter().more)(left) } else { String::new() };
        let head = head.iter().filter(|word| !word.is_empty()).map(|word| (*word).to_owned()).collect();
        Table { name: name.to_owned(), head, rows: rows.iter().take(ROWS).map(row).collect(), note }
    }

    fn models(&self) -> Table {
        let (t, usage) = (self.texts.statistics(), &self.texts.usage);
        let head = [usage.model, t.calls, usage.input, usage.output, usage.cost];
        self.table(t.by_model, head, &self.of.models, |of: &ModelFigures| {
            let name = if of.model.is_empty() { self.texts.usage_page().erased_model } else { &of.model };
            self.row(format!("{}/{name}", of.provider), &of.figures.sum)
        })
    }

    fn people(&self, crowd: &DigestCrowd) -> Table {
        let (t, usage) = (self.texts.statistics(), &self.texts.usage);
        let head = [t.user, t.calls, usage.input, usage.output, usage.cost];
        self.table(t.by_user, head, &crowd.users, |of| {
            // Their addresses stay here: a mail goes through other hands.
            self.row(of.user.as_ref().map_or_else(|| t.erased.to_owned(), |user| user.name.clone()), &of.sum)
        })
    }

    fn failures(&self, crowd: &DigestCrowd) -> Table {
        let t = self.texts.statistics();
        let happened: Vec<_> = crowd.failures.iter().filter(|of| of.calls.now > 0).collect();
        self.table(t.by_failure, [t.failure, t.calls, t.earlier, "", ""], &happened, |of| {
            vec![(t.failures)(of.failure).to_owned(), count(of.calls.now), count(of.calls.before)]
        })
    }

    fn days(&self) -> Table {
        let (t, usage, words) = (self.texts.statistics(), &self.texts.usage, self.texts.digest_letter());
        let head = [words.day, t.calls, usage.input, usage.output, usage.cost].map(str::to_owned).to_vec();
        let rows = self.of.days.iter().map(|of| self.row((words.date)(of.day), &of.sum)).collect();
        Table { name: words.by_day.to_owned(), head, rows, note: String::new() }
    }

    fn row(&self, name: String, sum: &Sum) -> Vec<String> {
        vec![name, count(sum.calls), count(sum.input_tokens), count(sum.output_tokens), self.cost(sum)]
    }
}

/// One to be looked at, of nobody's figures.
pub fn sample(locale: Locale) -> Sheet {
    let day = |n: u64| NaiveDate::default().checked_add_days(chrono::Days::new(20_773 + n)).unwrap_or_default();
    let of = |calls: u64| Sum { calls, input_tokens: calls * 1200, output_tokens: calls * 340, cost: Some(calls * 4100), ..Sum::default() };
    let figures = |calls: u64| Figures { sum: of(calls), answers: calls, ..Figures::default() };
    let days =
        [4, 9, 2, 0, 12, 1, 0].into_iter().zip(0..).map(|(calls, n)| DigestDay { day: day(n), sum: of(calls), answers: calls, failed: 0 });
    let model = |name: &str, calls| ModelFigures { provider: "openai".into(), model: name.into(), figures: figures(calls) };
    let digest = Digest {
        scope: DigestScope::Own,
        period: DigestPeriod::Week,
        from: day(0),
        to: day(6),
        time_zone: "UTC".into(),
        begins_at: day(0).and_time(chrono::NaiveTime::MIN).and_utc(),
        ends_at: day(7).and_time(chrono::NaiveTime::MIN).and_utc(),
        finished: true,
        counting: false,
        now: figures(28),
        previous: figures(21),
        days: days.collect(),
        models: vec![model("gpt-5", 20), model("gpt-5-mini", 8)],
        crowd: None,
    };
    sheet(&digest, locale)
}
