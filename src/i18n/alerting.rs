//! The words of alerts: of their page, and of what is told.

use super::usage::count;
use crate::model::alert::{AlertEvent, AlertKind, ChannelKind, DeliveryState};

/// Alerts.
pub struct Alerting {
    pub title: &'static str,
    pub lead: &'static str,
    pub now: &'static str,
    pub nothing_now: &'static str,
    pub rules: &'static str,
    pub no_rules: &'static str,
    pub channels: &'static str,
    pub no_channels: &'static str,
    pub history: &'static str,
    pub no_history: &'static str,
    pub add_rule: &'static str,
    pub add_channel: &'static str,
    pub edit: &'static str,
    pub delete: &'static str,
    pub kind: &'static str,
    pub threshold: &'static str,
    pub threshold_hint: &'static str,
    pub minutes: &'static str,
    pub minutes_hint: &'static str,
    pub told_to: &'static str,
    pub told_to_hint: &'static str,
    pub enabled: &'static str,
    pub off: &'static str,
    pub name: &'static str,
    pub target: &'static str,
    pub target_hint: &'static str,
    pub target_keep: &'static str,
    pub secret: &'static str,
    pub secret_hint: &'static str,
    pub signed: &'static str,
    pub private: &'static str,
    pub language: &'static str,
    pub test: &'static str,
    pub tested: &'static str,
    pub silence: &'static str,
    pub silent_until: &'static str,
    pub hours: fn(u32) -> String,
    pub speak: &'static str,
    pub begun: &'static str,
    pub ended: &'static str,
    pub told: &'static str,
    pub cancel: &'static str,
    /// What a rule looks at.
    pub kinds: fn(AlertKind) -> &'static str,
    /// When a rule of this threshold and these minutes is over.
    pub over_at: fn(AlertKind, u32, u32) -> String,
    /// A figure, its threshold, and the minutes that it is of.
    pub says: fn(AlertKind, f64, u32, u32) -> String,
    pub makers: fn(ChannelKind) -> &'static str,
    pub events: fn(AlertEvent) -> &'static str,
    pub states: fn(DeliveryState) -> &'static str,
    /// The title of what is told.
    pub titles: fn(AlertEvent, &str) -> String,
    pub test_title: &'static str,
    pub test_text: &'static str,
}

/// At most one digit behind the point.
fn number(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    if tenths.fract() == 0.0 && tenths >= 0.0 { count(tenths as u64) } else { format!("{tenths:.1}") }
}

/// Minutes in the largest unit that they fill.
fn span(minutes: u32, units: [&str; 3]) -> String {
    match minutes {
        m if m % 1_440 == 0 => format!("{} {}", m / 1_440, units[2]),
        m if m % 60 == 0 => format!("{} {}", m / 60, units[1]),
        m => format!("{m} {}", units[0]),
    }
}

fn en_span(minutes: u32) -> String {
    span(minutes, ["min", "h", "d"])
}

fn zh_span(minutes: u32) -> String {
    span(minutes, ["分钟", "小时", "天"])
}

fn en_value(kind: AlertKind, value: f64) -> String {
    let n = number(value);
    match kind {
        AlertKind::ErrorRate => format!("{n} % of calls to models failed"),
        AlertKind::ProviderDown => format!("{n} providers are down"),
        AlertKind::Spend => format!("calls to models cost ${value:.2}"),
        AlertKind::Queue => format!("{n} jobs and calls wait"),
        AlertKind::Disk => format!("{n} MiB are free on the disk"),
        AlertKind::FailedJobs => format!("{n} background jobs were given up"),
        AlertKind::BackupAge => format!("the last backup is {n} hours old"),
    }
}

fn zh_value(kind: AlertKind, value: f64) -> String {
    let n = number(value);
    match kind {
        AlertKind::ErrorRate => format!("模型调用失败率 {n}%"),
        AlertKind::ProviderDown => format!("{n} 个服务商不可用"),
        AlertKind::Spend => format!("模型调用花费 ${value:.2}"),
        AlertKind::Queue => format!("{n} 个任务和调用在等待"),
        AlertKind::Disk => format!("磁盘剩余 {n} MiB"),
        AlertKind::FailedJobs => format!("{n} 个后台任务失败"),
        AlertKind::BackupAge => format!("上次备份距今 {n} 小时"),
    }
}

fn en_over(kind: AlertKind, threshold: u32, minutes: u32) -> String {
    let (n, of) = (count(threshold.into()), en_span(minutes));
    match kind {
        AlertKind::ErrorRate => format!("{n} % or more of the calls of {of} (5 at least)"),
        AlertKind::ProviderDown => format!("{n} or more"),
        AlertKind::Spend => format!("${n} or more in {of}"),
        AlertKind::Queue => format!("{n} or more"),
        AlertKind::Disk => format!("less than {n} MiB"),
        AlertKind::FailedJobs => format!("{n} or more in {of}"),
        AlertKind::BackupAge => format!("{n} hours or older"),
    }
}

fn zh_over(kind: AlertKind, threshold: u32, minutes: u32) -> String {
    let (n, of) = (count(threshold.into()), zh_span(minutes));
    match kind {
        AlertKind::ErrorRate => format!("{of}内的调用（至少 5 次）失败率达到 {n}%"),
        AlertKind::ProviderDown | AlertKind::Queue => format!("达到 {n} 个"),
        AlertKind::Spend => format!("{of}内达到 ${n}"),
        AlertKind::Disk => format!("少于 {n} MiB"),
        AlertKind::FailedJobs => format!("{of}内达到 {n} 个"),
        AlertKind::BackupAge => format!("超过 {n} 小时"),
    }
}

pub const EN: Alerting = Alerting {
    title: "Alerts",
    lead: "Rules are looked at every minute. What is over its threshold is told once, and once more when it is over.",
    now: "Now",
    nothing_now: "Nothing is over its threshold.",
    rules: "Rules",
    no_rules: "No rules yet.",
    channels: "Where it is told",
    no_channels: "Nowhere yet: alerts stand on this page only.",
    history: "History",
    no_history: "There was nothing yet.",
    add_rule: "Add a rule",
    add_channel: "Add a channel",
    edit: "Edit",
    delete: "Delete",
    kind: "What it looks at",
    threshold: "Threshold",
    threshold_hint: "Percent, providers, US dollars, how many, MiB (less than), or hours.",
    minutes: "Minutes that it looks back",
    minutes_hint: "Of the error rate, the spend (whole hours) and failed jobs. 5 to 44640.",
    told_to: "Where it is told",
    told_to_hint: "None is ticked: everywhere.",
    enabled: "Switched on",
    off: "off",
    name: "Name",
    target: "Address",
    target_hint: "Mail addresses, separated by commas, or the webhook's https:// address. A webhook's is not shown again.",
    target_keep: "Empty: it stays as it is.",
    secret: "Secret to sign with",
    secret_hint: "Webhook (whsec_… or any text), Feishu and DingTalk, where it signs. Empty: as it was, for the same host.",
    signed: "signed",
    private: "The address may be in a private network",
    language: "Language",
    test: "Test",
    tested: "It was taken. A mail is on its way by the outbox.",
    silence: "Silence",
    silent_until: "silent until",
    hours: |hours| if hours % 24 == 0 { format!("{} d", hours / 24) } else { format!("{hours} h") },
    speak: "End the silence",
    begun: "Begun",
    ended: "Over",
    told: "Told",
    cancel: "Cancel",
    kinds: |kind| match kind {
        AlertKind::ErrorRate => "Error rate",
        AlertKind::ProviderDown => "Providers down",
        AlertKind::Spend => "Spend",
        AlertKind::Queue => "Queue",
        AlertKind::Disk => "Disk",
        AlertKind::FailedJobs => "Failed jobs",
        AlertKind::BackupAge => "Age of the last backup",
    },
    over_at: en_over,
    says: |kind, value, threshold, minutes| format!("{}. Threshold: {}.", en_value(kind, value), en_over(kind, threshold, minutes)),
    makers: |kind| match kind {
        ChannelKind::Mail => "Mail",
        ChannelKind::Webhook => "Webhook",
        ChannelKind::Slack => "Slack",
        ChannelKind::Feishu => "Feishu",
        ChannelKind::Dingtalk => "DingTalk",
        ChannelKind::Wecom => "WeCom",
    },
    events: |event| match event {
        AlertEvent::Firing => "begun",
        AlertEvent::Resolved => "over",
    },
    states: |state| match state {
        DeliveryState::Queued => "waits",
        DeliveryState::Sent => "taken",
        DeliveryState::Failed => "given up",
    },
    titles: |event, kind| match event {
        AlertEvent::Firing => format!("Alert: {kind}"),
        AlertEvent::Resolved => format!("Over: {kind}"),
    },
    test_title: "A test of the alerts",
    test_text: "An administrator sent this to see whether alerts arrive here. They do.",
};

pub const ZH_CN: Alerting = Alerting {
    title: "告警",
    lead: "规则每分钟检查一次。超过阈值时通知一次，恢复时再通知一次。",
    now: "当前",
    nothing_now: "没有超过阈值的项目。",
    rules: "规则",
    no_rules: "还没有规则。",
    channels: "通知渠道",
    no_channels: "还没有渠道：告警只显示在此页面。",
    history: "历史",
    no_history: "还没有告警。",
    add_rule: "添加规则",
    add_channel: "添加渠道",
    edit: "编辑",
    delete: "删除",
    kind: "监测项",
    threshold: "阈值",
    threshold_hint: "百分比、服务商数、美元、个数、MiB（少于）或小时。",
    minutes: "回看分钟数",
    minutes_hint: "用于失败率、花费（按整小时）和失败任务。5 至 44640。",
    told_to: "通知到",
    told_to_hint: "不勾选则通知所有渠道。",
    enabled: "启用",
    off: "停用",
    name: "名称",
    target: "地址",
    target_hint: "邮箱地址（以逗号分隔）或 https:// 开头的 Webhook 地址。Webhook 地址保存后不再显示。",
    target_keep: "留空则保持不变。",
    secret: "签名密钥",
    secret_hint: "用于 Webhook（whsec_… 或任意文本）、飞书和钉钉的签名。留空则保持不变（主机相同时）。",
    signed: "已签名",
    private: "地址可以在内网中",
    language: "语言",
    test: "测试",
    tested: "对方已接收。邮件将由发件箱发送。",
    silence: "静默",
    silent_until: "静默至",
    hours: |hours| if hours % 24 == 0 { format!("{} 天", hours / 24) } else { format!("{hours} 小时") },
    speak: "结束静默",
    begun: "开始",
    ended: "结束",
    told: "通知",
    cancel: "取消",
    kinds: |kind| match kind {
        AlertKind::ErrorRate => "失败率",
        AlertKind::ProviderDown => "服务商不可用",
        AlertKind::Spend => "花费",
        AlertKind::Queue => "排队",
        AlertKind::Disk => "磁盘",
        AlertKind::FailedJobs => "失败的任务",
        AlertKind::BackupAge => "备份时间",
    },
    over_at: zh_over,
    says: |kind, value, threshold, minutes| format!("{}。阈值：{}。", zh_value(kind, value), zh_over(kind, threshold, minutes)),
    makers: |kind| match kind {
        ChannelKind::Mail => "邮件",
        ChannelKind::Webhook => "Webhook",
        ChannelKind::Slack => "Slack",
        ChannelKind::Feishu => "飞书",
        ChannelKind::Dingtalk => "钉钉",
        ChannelKind::Wecom => "企业微信",
    },
    events: |event| match event {
        AlertEvent::Firing => "开始",
        AlertEvent::Resolved => "恢复",
    },
    states: |state| match state {
        DeliveryState::Queued => "等待中",
        DeliveryState::Sent => "已接收",
        DeliveryState::Failed => "失败",
    },
    titles: |event, kind| match event {
        AlertEvent::Firing => format!("告警：{kind}"),
        AlertEvent::Resolved => format!("已恢复：{kind}"),
    },
    test_title: "告警测试",
    test_text: "管理员发送此消息以确认告警能否送达。它已送达。",
};
