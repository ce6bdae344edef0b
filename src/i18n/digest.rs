//! The words about reports of use: where they are chosen, and where a link of a mail ends them.

use super::usage_page::{EN as EN_PAGE, ZH_CN as ZH_PAGE};
use crate::model::digest::{DigestDays, DigestPeriod, DigestScope};

/// Choosing reports, and ending them.
pub struct Digests {
    pub title: &'static str,
    pub lead: &'static str,
    pub own: &'static str,
    pub server: &'static str,
    pub week: &'static str,
    pub month: &'static str,
    pub hint: &'static str,
    pub unverified: &'static str,
    pub now: &'static str,
    pub preview: &'static str,
    pub pdf: &'static str,
    /// Of the time that a row is about.
    pub days: fn(DigestPeriod, DigestDays) -> String,
    pub stop_title: &'static str,
    pub stop: fn(DigestScope, DigestPeriod) -> String,
    pub stop_button: &'static str,
    pub stopped_title: &'static str,
    pub stopped: &'static str,
    pub unknown_title: &'static str,
    pub unknown: &'static str,
    pub settings: &'static str,
}

pub const EN: Digests = Digests {
    title: "Reports by mail",
    lead: "What was used, as a mail with a PDF, when a week or a month is over. Nothing comes unless it is chosen here.",
    own: "My usage",
    server: "Everybody on this server",
    week: "Every week",
    month: "Every month",
    hint: "They come on the morning after. A time in which you used nothing brings no mail.",
    unverified: "Nothing is sent before your address is confirmed.",
    now: "What was last",
    preview: "Preview",
    pdf: "Download PDF",
    days: |period, DigestDays { from, to }| match period {
        DigestPeriod::Week => format!("Week: {} to {}", (EN_PAGE.date)(from), (EN_PAGE.date)(to)),
        DigestPeriod::Month => format!("Month: {} to {}", (EN_PAGE.date)(from), (EN_PAGE.date)(to)),
    },
    stop_title: "No more reports?",
    stop: |scope, period| {
        let which = match period {
            DigestPeriod::Week => "weekly",
            DigestPeriod::Month => "monthly",
        };
        match scope {
            DigestScope::Own => format!("The {which} report of your usage will not come any more."),
            DigestScope::Server => format!("The {which} report about everybody on this server will not come to you any more."),
        }
    },
    stop_button: "Stop these mails",
    stopped_title: "These mails have ended",
    stopped: "You can choose them again in your settings.",
    unknown_title: "This link leads nowhere",
    unknown: "It is of an old mail, or was not copied whole. Reports are chosen in your settings.",
    settings: "To the settings",
};

pub const ZH_CN: Digests = Digests {
    title: "邮件报告",
    lead: "每周或每月结束后，以邮件发送用量报告，并附 PDF。只有在此勾选后才会发送。",
    own: "我的用量",
    server: "此服务器的所有人",
    week: "每周",
    month: "每月",
    hint: "报告在次日早上发送。没有用量的时段不会发送。",
    unverified: "确认邮箱地址之前不会发送。",
    now: "最近一期",
    preview: "预览",
    pdf: "下载 PDF",
    days: |period, DigestDays { from, to }| match period {
        DigestPeriod::Week => format!("周报：{} 至 {}", (ZH_PAGE.date)(from), (ZH_PAGE.date)(to)),
        DigestPeriod::Month => format!("月报：{} 至 {}", (ZH_PAGE.date)(from), (ZH_PAGE.date)(to)),
    },
    stop_title: "不再接收报告？",
    stop: |scope, period| {
        let which = match period {
            DigestPeriod::Week => "周报",
            DigestPeriod::Month => "月报",
        };
        match scope {
            DigestScope::Own => format!("将不再向您发送个人用量{which}。"),
            DigestScope::Server => format!("将不再向您发送此服务器的{which}。"),
        }
    },
    stop_button: "停止发送",
    stopped_title: "已停止发送",
    stopped: "您可以随时在设置中重新开启。",
    unknown_title: "此链接无效",
    unknown: "它来自较早的邮件，或未被完整复制。报告可在设置中选择。",
    settings: "前往设置",
};
