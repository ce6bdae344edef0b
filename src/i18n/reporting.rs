//! The words of the page on which somebody reports a message.

use crate::model::report::{ReportReason, ReportState};

/// Reporting a message.
pub struct Reporting {
    pub title: &'static str,
    pub lead: &'static str,
    pub choose: &'static str,
    pub which: &'static str,
    pub why: &'static str,
    pub note: &'static str,
    pub note_hint: &'static str,
    pub send: &'static str,
    pub sent: &'static str,
    pub own: &'static str,
    pub nothing: &'static str,
    pub reasons: fn(ReportReason) -> &'static str,
    pub states: fn(ReportState) -> &'static str,
}

pub fn en_reason(reason: ReportReason) -> &'static str {
    match reason {
        ReportReason::Illegal => "Against the law",
        ReportReason::Hate => "Hate or harassment",
        ReportReason::Sexual => "Sexual content",
        ReportReason::Violence => "Violence",
        ReportReason::SelfHarm => "Self-harm",
        ReportReason::Privacy => "Somebody's private matters",
        ReportReason::Other => "Something else",
    }
}

pub fn zh_reason(reason: ReportReason) -> &'static str {
    match reason {
        ReportReason::Illegal => "违法内容",
        ReportReason::Hate => "仇恨或骚扰",
        ReportReason::Sexual => "色情内容",
        ReportReason::Violence => "暴力",
        ReportReason::SelfHarm => "自残",
        ReportReason::Privacy => "侵犯隐私",
        ReportReason::Other => "其他",
    }
}

pub fn en_state(state: ReportState) -> &'static str {
    match state {
        ReportState::Open => "Open",
        ReportState::Upheld => "Upheld",
        ReportState::Dismissed => "Dismissed",
    }
}

pub fn zh_state(state: ReportState) -> &'static str {
    match state {
        ReportState::Open => "待处理",
        ReportState::Upheld => "成立",
        ReportState::Dismissed => "驳回",
    }
}

pub const EN: Reporting = Reporting {
    title: "Report a message",
    lead: "The administrators of this server see your report. To look at the message they have to open the chat, which its owner is told.",
    choose: "Open the chat that the message is in, and choose “Report” at the answer or in the chat's settings.",
    which: "Which message",
    why: "What is wrong with it",
    note: "In your words (optional)",
    note_hint: "At most 2,000 characters.",
    send: "Report",
    sent: "Thank you: the administrators see your report now.",
    own: "What you have reported",
    nothing: "You have reported nothing yet.",
    reasons: en_reason,
    states: en_state,
};

pub const ZH_CN: Reporting = Reporting {
    title: "举报消息",
    lead: "此服务器的管理员会看到您的举报。查看消息内容须打开对话，对话的主人会收到通知。",
    choose: "请打开消息所在的对话，在回答处或对话的设置中选择“举报”。",
    which: "哪条消息",
    why: "有什么问题",
    note: "补充说明（可不填）",
    note_hint: "最多 2,000 个字符。",
    send: "举报",
    sent: "谢谢，管理员已可看到您的举报。",
    own: "您的举报",
    nothing: "您还没有举报过。",
    reasons: zh_reason,
    states: zh_state,
};
