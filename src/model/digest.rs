//! Reports of use: what one person, or everybody on this server, used in a week or a month; and who wants them by mail.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::statistics::{Compared, FailureCount, Figures, ModelFigures, UserFigures};
use super::usage::Sum;

/// Whose use a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DigestScope {
    /// That of who reads it.
    Own,
    /// Everybody's. For administrators.
    Server,
}

/// How long a time a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DigestPeriod {
    /// From Monday to Sunday (ISO 8601).
    Week,
    /// Of the calendar.
    Month,
}

impl DigestPeriod {
    pub const ALL: [Self; 2] = [Self::Week, Self::Month];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the period that this day is in.
    pub fn begin(self, day: NaiveDate) -> NaiveDate {
        let into = match self {
            Self::Week => day.weekday().num_days_from_monday(),
            Self::Month => day.day0(),
        };
        day.checked_sub_days(Days::new(into.into())).unwrap_or(day)
    }

    /// The first day after the period that begins so.
    pub fn end(self, begin: NaiveDate) -> NaiveDate {
        let end = match self {
            Self::Week => begin.checked_add_days(Days::new(7)),
            Self::Month => begin.checked_add_months(Months::new(1)),
        };
        end.unwrap_or(begin)
    }

    /// Where the period before the one that begins so begins.
    pub fn before(self, begin: NaiveDate) -> NaiveDate {
        self.begin(begin.pred_opt().unwrap_or(begin))
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DigestFormat {
    #[default]
    Json,
    /// A page, as the mail has it.
    Html,
    Pdf,
}

/// Which reports come by mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DigestChoices {
    /// What one used in a week, when it is over.
    pub week: bool,
    pub month: bool,
    /// What everybody used in a week. False for who does not administer.
    pub server_week: bool,
    pub server_month: bool,
}

/// Changes of that: what is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DigestChange {
    pub week: Option<bool>,
    pub month: Option<bool>,
    /// Administrators only.
    pub server_week: Option<bool>,
    pub server_month: Option<bool>,
}

impl DigestChoices {
    /// Wants, or no longer wants, this one.
    pub fn set(&mut self, scope: DigestScope, period: DigestPeriod, wanted: bool) {
        let place = match (scope, period) {
            (DigestScope::Own, DigestPeriod::Week) => &mut self.week,
            (DigestScope::Own, DigestPeriod::Month) => &mut self.month,
            (DigestScope::Server, DigestPeriod::Week) => &mut self.server_week,
            (DigestScope::Server, DigestPeriod::Month) => &mut self.server_month,
        };
        *place = wanted;
    }
}

/// The days of a period, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestDays {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// What a page offers of reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestOffer {
    pub choices: DigestChoices,
    /// Whether there are reports about everybody for who asks.
    pub admin: bool,
    /// Whether mail goes to them: their address was proved to be theirs.
    pub verified: bool,
    /// The last week and the last month that are over, where they live.
    pub week: DigestDays,
    pub month: DigestDays,
}

/// What was used on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DigestDay {
    pub day: NaiveDate,
    pub sum: Sum,
    /// Calls that wrote an answer.
    pub answers: u64,
    pub failed: u64,
}

/// What a report about everybody has besides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DigestCrowd {
    /// Who asked a model.
    pub active: Compared,
    /// Accounts that were made, and still exist.
    pub new: Compared,
    /// What happened most comes first.
    pub failures: Vec<FailureCount>,
    /// Who used most; empty where conversations may not be read by administrators.
    pub users: Vec<UserFigures>,
}

/// A report of use. Every sum is the ledger's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Digest {
    pub scope: DigestScope,
    pub period: DigestPeriod,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Where days begin: the zone of the profile, else UTC.
    #[schema(example = "Asia/Shanghai")]
    pub time_zone: String,
    /// The first moment: a whole hour of UTC, in which the first day begins.
    pub begins_at: DateTime<Utc>,
    /// The first moment after it; of a period that goes on, the end of this hour.
    pub ends_at: DateTime<Utc>,
    /// Whether the period is over.
    pub finished: bool,
    /// Older rows of the ledger are still being counted.
    pub counting: bool,
    pub now: Figures,
    /// Of the whole period before.
    pub previous: Figures,
    /// Oldest first, those without a call among them.
    pub days: Vec<DigestDay>,
    /// What cost or was used most comes first.
    pub models: Vec<ModelFigures>,
    /// Of everybody; null in one's own.
    pub crowd: Option<DigestCrowd>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_week_begins_on_monday_and_a_month_on_its_first() {
        for (day, week, month) in [
            ("2026-11-22", "2026-11-16", "2026-11-01"),
            ("2026-11-16", "2026-11-16", "2026-11-01"),
            ("2027-01-01", "2026-12-28", "2027-01-01"),
            ("2028-02-29", "2028-02-28", "2028-02-01"),
        ] {
            assert_eq!((DigestPeriod::Week.begin(date(day)), DigestPeriod::Month.begin(date(day))), (date(week), date(month)), "{day}");
        }
        assert_eq!(DigestPeriod::Week.end(date("2026-12-28")), date("2027-01-04"));
        assert_eq!(DigestPeriod::Month.end(date("2028-02-01")), date("2028-03-01"));
        assert_eq!(
            (DigestPeriod::Week.before(date("2027-01-04")), DigestPeriod::Month.before(date("2028-03-01"))),
            (date("2026-12-28"), date("2028-02-01"))
        );
    }

    #[test]
    fn every_choice_has_a_place_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for scope in [DigestScope::Own, DigestScope::Server] {
            for period in DigestPeriod::ALL {
                let mut one = DigestChoices::default();
                one.set(scope, period, true);
                seen.insert(serde_json::to_string(&one).unwrap());
            }
        }
        assert_eq!(seen.len(), 4, "{seen:?}");
        assert!(seen.iter().all(|one| one.matches("true").count() == 1), "{seen:?}");
    }
}
