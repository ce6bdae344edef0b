//! Days, where somebody lives. The ledger counts quarters of an hour since 1970; every time zone's days begin at one.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::server::db::QUARTER;

/// A time zone of the IANA database, which is part of the program.
pub struct Zone {
    pub name: String,
    zone: TimeZone,
}

impl Zone {
    /// The zone of this name; UTC if there is none.
    pub fn named(name: Option<&str>) -> Self {
        let found = name.and_then(|name| Some((name, TimeZone::get(name).ok()?)));
        let (name, zone) = found.unwrap_or(("UTC", TimeZone::UTC));
        Self { name: name.to_owned(), zone }
    }

    /// The day at this moment.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.day_of_second(at.timestamp())
    }

    /// The day of this quarter of an hour.
    pub fn day_of(&self, quarter: i64) -> NaiveDate {
        self.day_of_second(quarter.saturating_mul(QUARTER))
    }

    /// The hour of the day, of an hour since 1970: where an hour of a clock begins within it, the one that it begins in.
    pub fn hour_of_day(&self, hour: i64) -> usize {
        let begin = Timestamp::from_second(hour.saturating_mul(3600)).unwrap_or_default();
        usize::from(begin.to_zoned(self.zone.clone()).hour().unsigned_abs())
    }

    /// The clock at the beginning of an hour since 1970: month, day, hour, minute.
    pub fn clock(&self, hour: i64) -> [u8; 4] {
        let at = Timestamp::from_second(hour.saturating_mul(3600)).unwrap_or_default().to_zoned(self.zone.clone());
        [at.month(), at.day(), at.hour(), at.minute()].map(i8::unsigned_abs)
    }

    fn day_of_second(&self, second: i64) -> NaiveDate {
        let date = Timestamp::from_second(second).unwrap_or_default().to_zoned(self.zone.clone()).date();
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        NaiveDate::from_ymd_opt(date.year().into(), month.into(), day.into()).unwrap_or_default()
    }

    /// The quarter of an hour in which this day begins; where midnight is left out, the first one after it.
    pub fn start(&self, day: NaiveDate) -> i64 {
        let part = |n: u32| i8::try_from(n).unwrap_or(1);
        let date = Date::new(i16::try_from(day.year()).unwrap_or(i16::MAX), part(day.month()), part(day.day()));
        let begun = date.and_then(|date| date.to_zoned(self.zone.clone()));
        begun.map_or(i64::MAX, |begun| begun.timestamp().as_second().div_euclid(QUARTER))
    }
}

/// So many days before.
pub fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_where_one_lives() {
        let at: DateTime<Utc> = "2026-11-25T18:30:00Z".parse().unwrap();
        for (zone, day) in
            [("UTC", "2026-11-25"), ("Asia/Shanghai", "2026-11-26"), ("Asia/Kathmandu", "2026-11-26"), ("America/Lima", "2026-11-25")]
        {
            let zone = Zone::named(Some(zone));
            assert_eq!(zone.day(at), date(day), "{}", zone.name);
            let start = zone.start(date(day));
            assert_eq!((zone.day_of(start), zone.day_of(start - 1)), (date(day), before(date(day), 1)), "{}", zone.name);
        }
        assert_eq!(Zone::named(Some("Moon/Crater")).name, "UTC");
    }

    #[test]
    fn a_day_may_have_23_hours_and_no_midnight() {
        let berlin = Zone::named(Some("Europe/Berlin"));
        assert_eq!(berlin.start(date("2026-03-30")) - berlin.start(date("2026-03-29")), 23 * 4);
        // In Beirut clocks go from 24:00 to 1:00.
        let beirut = Zone::named(Some("Asia/Beirut"));
        let start = beirut.start(date("2026-03-29"));
        assert_eq!((beirut.day_of(start), beirut.day_of(start - 1)), (date("2026-03-29"), date("2026-03-28")));
    }

    #[test]
    fn every_zone_that_can_be_chosen_is_known() {
        for name in crate::server::service::profile::time_zones() {
            assert_eq!(Zone::named(Some(name)).name, name);
        }
    }
}
