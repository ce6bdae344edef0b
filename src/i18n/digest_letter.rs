//! The words of a report of use, in a mail and on paper, that no page has.

use chrono::{Datelike, NaiveDate};

use super::usage_page::{EN as EN_PAGE, ZH_CN as ZH_PAGE};
use crate::model::digest::{DigestPeriod, DigestScope};

/// A report of use.
pub struct DigestLetter {
    /// Of the first and the last day.
    pub title: fn(DigestScope, DigestPeriod, NaiveDate, NaiveDate) -> String,
    pub compared: fn(DigestPeriod) -> &'static str,
    pub unfinished: &'static str,
    pub counting: &'static str,
    pub totals: &'static str,
    pub by_day: &'static str,
    pub day: &'static str,
    /// A day of a table.
    pub date: fn(NaiveDate) -> String,
    /// What the drawing shows: most, and when.
    pub chart: fn(&str, NaiveDate) -> String,
    /// So many rows were left out of a table.
    pub more: fn(usize) -> String,
    pub page: fn(usize, usize) -> String,
    pub made: fn(&str) -> String,
}

/// Days of one month, of one year, or of two.
fn english(from: NaiveDate, to: NaiveDate) -> String {
    let month = |day: NaiveDate| EN_PAGE.months[day.month0() as usize];
    if from.year() != to.year() {
        return format!("{} – {}", (EN_PAGE.date)(from), (EN_PAGE.date)(to));
    }
    if from.month() != to.month() {
        return format!("{} {} – {}", from.day(), month(from), (EN_PAGE.date)(to));
    }
    format!("{}–{}", from.day(), (EN_PAGE.date)(to))
}

fn chinese(from: NaiveDate, to: NaiveDate) -> String {
    if from.year() != to.year() {
        return format!("{}至{}", (ZH_PAGE.date)(from), (ZH_PAGE.date)(to));
    }
    format!("{}至{}月{}日", (ZH_PAGE.date)(from), to.month(), to.day())
}

pub const EN: DigestLetter = DigestLetter {
    title: |scope, period, from, to| {
        let which = match period {
            DigestPeriod::Week => "week",
            DigestPeriod::Month => "month",
        };
        match scope {
            DigestScope::Own => format!("Your {which}: {}", english(from, to)),
            DigestScope::Server => format!("The server's {which}: {}", english(from, to)),
        }
    },
    compared: |period| match period {
        DigestPeriod::Week => "Compared with the week before.",
        DigestPeriod::Month => "Compared with the month before.",
    },
    unfinished: "This time is not over yet.",
    counting: "Older calls are still being counted: the figures grow until that is done.",
    totals: "All of it",
    by_day: "Day by day",
    day: "Day",
    date: |day| {
        let weekday = EN_PAGE.weekdays[day.weekday().num_days_from_monday() as usize];
        format!("{weekday} {} {}", day.day(), EN_PAGE.months[day.month0() as usize])
    },
    chart: |most, day| format!("Tokens by day; most on {}: {most}.", (EN.date)(day)),
    more: |n| format!("… and {n} more"),
    page: |n, all| format!("Page {n} of {all}"),
    made: |host| format!("Made by Liao at {host}"),
};

pub const ZH_CN: DigestLetter = DigestLetter {
    title: |scope, period, from, to| {
        let which = match period {
            DigestPeriod::Week => "周报",
            DigestPeriod::Month => "月报",
        };
        match scope {
            DigestScope::Own => format!("您的用量{which}：{}", chinese(from, to)),
            DigestScope::Server => format!("服务器{which}：{}", chinese(from, to)),
        }
    },
    compared: |period| match period {
        DigestPeriod::Week => "与前一周相比。",
        DigestPeriod::Month => "与前一个月相比。",
    },
    unfinished: "此时段尚未结束。",
    counting: "仍在统计较早的调用：完成之前，数字会继续增加。",
    totals: "总计",
    by_day: "逐日",
    day: "日期",
    date: |day| {
        let weekday = ZH_PAGE.weekdays[day.weekday().num_days_from_monday() as usize];
        format!("{}月{}日 {weekday}", day.month(), day.day())
    },
    chart: |most, day| format!("逐日令牌数；最多的是{}：{most}。", (ZH_CN.date)(day)),
    more: |n| format!("……另有 {n} 项"),
    page: |n, all| format!("第 {n} 页，共 {all} 页"),
    made: |host| format!("由 {host} 的 Liao 生成"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_says_which_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let own = |words: &DigestLetter, from, to| (words.title)(DigestScope::Own, DigestPeriod::Week, day(from), day(to));
        assert_eq!(own(&EN, "2026-11-16", "2026-11-22"), "Your week: 16–22 Nov 2026");
        assert_eq!(own(&EN, "2026-11-30", "2026-12-06"), "Your week: 30 Nov – 6 Dec 2026");
        assert_eq!(own(&EN, "2026-12-28", "2027-01-03"), "Your week: 28 Dec 2026 – 3 Jan 2027");
        assert_eq!(own(&ZH_CN, "2026-11-16", "2026-11-22"), "您的用量周报：2026年11月16日至11月22日");
        assert_eq!(own(&ZH_CN, "2026-12-28", "2027-01-03"), "您的用量周报：2026年12月28日至2027年1月3日");
    }
}
