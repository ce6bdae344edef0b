//! What people think of answers: 👍 or 👎, why, and in their words. Kept for who chooses models, and for datasets.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields};

/// Longest note, in characters.
pub const NOTE_MAX: usize = 2_000;

/// Whether an answer helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    Bad,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What it says is wrong.
    Incorrect,
    /// Something is missing.
    Incomplete,
    /// It does not do what was asked.
    Instructions,
    /// How it says it.
    Style,
    /// It harms.
    Unsafe,
    Other,
}

/// What somebody thinks of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Feedback {
    pub message_id: Uuid,
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    /// In their words; empty: none.
    #[schema(example = "The second step is wrong.")]
    pub note: String,
    pub updated_at: DateTime<Utc>,
}

/// What is said of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackForm {
    pub verdict: Verdict,
    #[serde(default)]
    pub reason: Option<Reason>,
    /// At most 2,000 characters.
    #[serde(default)]
    #[schema(example = "The second step is wrong.")]
    pub note: String,
}

/// How many answers of a model were found so. Nobody's name, and nothing of what was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackCount {
    /// `provider/model`; absent where it is not known.
    #[schema(example = "local/smollm2-135m-instruct")]
    pub model: Option<String>,
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    pub count: i64,
}

/// Of which answers it is counted. Texts, because people type them into an address; the service says what is wrong with one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedbackQuery {
    /// What was said since this day, or this moment (RFC 3339).
    pub from: Option<String>,
    /// Up to the end of this day, or before this moment.
    pub to: Option<String>,
    /// `provider/model`.
    pub model: Option<String>,
}

/// What was said of one model's answers, or of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    pub model: Option<String>,
    pub good: i64,
    pub bad: i64,
    /// Why, the most frequent first; of those who said why.
    pub reasons: Vec<(Reason, i64)>,
}

impl Judged {
    /// How many of a hundred found them good, rounded.
    pub fn share(&self) -> i64 {
        let all = self.good + self.bad;
        if all == 0 { 0 } else { (self.good * 200 + all) / (2 * all) }
    }

    fn take(&mut self, of: &FeedbackCount) {
        match of.verdict {
            Verdict::Good => self.good += of.count,
            Verdict::Bad => self.bad += of.count,
        }
        let Some(reason) = of.reason else { return };
        match self.reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += of.count,
            None => self.reasons.push((reason, of.count)),
        }
        self.reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    }
}

/// What was said of all answers, and of each model's: the models of which most was said first.
pub fn judged(counts: &[FeedbackCount]) -> (Judged, Vec<Judged>) {
    let (mut all, mut models) = (Judged::default(), Vec::<Judged>::new());
    for count in counts {
        all.take(count);
        match models.iter_mut().find(|of| of.model == count.model) {
            Some(of) => of.take(count),
            None => {
                let mut of = Judged { model: count.model.clone(), ..Judged::default() };
                of.take(count);
                models.push(of);
            }
        }
    }
    models.sort_by_key(|of| std::cmp::Reverse(of.good + of.bad));
    (all, models)
}

impl FeedbackForm {
    /// Trims and checks.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.note = self.note.trim().replace("\r\n", "\n").replace('\0', "\u{FFFD}");
        let mut fields = Fields::default();
        fields.length("note", &self.note, 0, NOTE_MAX);
        fields.check()?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_summed_by_model() {
        let count = |model: &str, verdict, reason, count| FeedbackCount { model: Some(model.into()), verdict, reason, count };
        let counts = [
            count("a/one", Verdict::Bad, None, 1),
            count("a/one", Verdict::Bad, Some(Reason::Style), 1),
            count("a/one", Verdict::Bad, Some(Reason::Incorrect), 2),
            count("b/two", Verdict::Good, None, 5),
            count("b/two", Verdict::Good, Some(Reason::Style), 2),
            count("b/two", Verdict::Bad, Some(Reason::Incorrect), 1),
        ];
        let (all, models) = judged(&counts);
        assert_eq!((all.good, all.bad, all.share()), (7, 5, 58));
        assert_eq!(all.reasons, [(Reason::Style, 3), (Reason::Incorrect, 3)]);
        let names: Vec<_> = models.iter().map(|of| (of.model.as_deref(), of.good, of.bad, of.share())).collect();
        assert_eq!(names, [(Some("b/two"), 7, 1, 88), (Some("a/one"), 0, 4, 0)]);
        assert_eq!(models[1].reasons, [(Reason::Incorrect, 2), (Reason::Style, 1)]);
        assert_eq!(judged(&[]).0.share(), 0);
    }
}
