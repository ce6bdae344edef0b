//! The words of the page about one's usage.

use chrono::{Datelike, NaiveDate};

use super::usage::count;

/// The page about one's usage.
pub struct UsagePage {
    pub lead: &'static str,
    pub calls: &'static str,
    pub estimated: fn(u64) -> String,
    pub days_30: &'static str,
    pub month: &'static str,
    pub all: &'static str,
    pub period: &'static str,
    pub by_model: &'static str,
    pub nothing: &'static str,
    pub year: &'static str,
    pub weekday: &'static str,
    pub zone: fn(&str) -> String,
    /// Monday first.
    pub weekdays: [&'static str; 7],
    pub months: [&'static str; 12],
    pub date: fn(NaiveDate) -> String,
    /// A day in the calendar: calls, tokens.
    pub day: fn(NaiveDate, u64, u64) -> String,
    pub less: &'static str,
    pub more: &'static str,
    pub erased_model: &'static str,
}

pub const EN: UsagePage = UsagePage {
    lead: "What your conversations used: answers, and the titles that models wrote for them.",
    calls: "Calls",
    estimated: |n| match n {
        1 => "Of one call the tokens were counted here: the provider did not tell them.".to_owned(),
        n => format!("Of {} calls the tokens were counted here: the provider did not tell them.", count(n)),
    },
    days_30: "30 days",
    month: "This month",
    all: "All time",
    period: "Period",
    by_model: "By model",
    nothing: "Nothing was used in this time.",
    year: "The last year, day by day",
    weekday: "Day of the week",
    zone: |zone| format!("Days begin and end in the time zone {zone}."),
    weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    date: |day| format!("{} {} {}", day.day(), EN.months[day.month0() as usize], day.year()),
    day: |day, calls, tokens| match calls {
        0 => format!("{}: nothing", (EN.date)(day)),
        1 => format!("{}: 1 call, {} tokens", (EN.date)(day), count(tokens)),
        n => format!("{}: {} calls, {} tokens", (EN.date)(day), count(n), count(tokens)),
    },
    less: "Less",
    more: "More",
    erased_model: "unknown",
};

pub const ZH_CN: UsagePage = UsagePage {
    lead: "您的对话所用的数量：包括回答，以及模型为对话生成的标题。",
    calls: "调用次数",
    estimated: |n| format!("有 {} 次调用的令牌数由本服务器估算：服务商未提供。", count(n)),
    days_30: "近 30 天",
    month: "本月",
    all: "全部",
    period: "时间范围",
    by_model: "按模型",
    nothing: "这段时间没有用量。",
    year: "过去一年，逐日",
    weekday: "星期",
    zone: |zone| format!("日期按时区 {zone} 划分。"),
    weekdays: ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
    months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    date: |day| format!("{}年{}月{}日", day.year(), day.month(), day.day()),
    day: |day, calls, tokens| match calls {
        0 => format!("{}：无", (ZH_CN.date)(day)),
        n => format!("{}：{} 次调用，{} 个令牌", (ZH_CN.date)(day), count(n), count(tokens)),
    },
    less: "少",
    more: "多",
    erased_model: "未知",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_told_in_words() {
        let day = NaiveDate::from_ymd_opt(2026, 2, 3).unwrap();
        assert_eq!((EN.day)(day, 2, 1500), "3 Feb 2026: 2 calls, 1,500 tokens");
        assert_eq!((ZH_CN.day)(day, 0, 0), "2026年2月3日：无");
    }
}
