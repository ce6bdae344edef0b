//! The words of the page of a conversation's branches.

/// The page of a conversation's branches.
pub struct Branching {
    pub title: &'static str,
    pub lead: &'static str,
    /// How many messages, and in how many branches.
    pub counts: fn(u32, u32) -> String,
    pub empty: &'static str,
    pub whole: &'static str,
    pub earlier: &'static str,
    pub shown: &'static str,
    pub other: &'static str,
    pub beside: &'static str,
    pub here: &'static str,
    pub version: fn(u32, u32) -> String,
    pub folded: fn(u32) -> String,
    /// How many versions, with how many messages.
    pub more_versions: fn(u32, u32) -> String,
    pub more_below: fn(u32) -> String,
    pub no_words: &'static str,
    pub running: &'static str,
    pub stopped: &'static str,
    pub interrupted: &'static str,
    pub failed: &'static str,
    pub pinned: &'static str,
    pub good: &'static str,
    pub bad: &'static str,
}

pub const EN: Branching = Branching {
    title: "Branches",
    lead: "Every version of every message. Choose one: the chat shows the branch that it is on.",
    counts: |messages, branches| {
        let messages = if messages == 1 { "1 message".to_owned() } else { format!("{messages} messages") };
        if branches == 1 { format!("{messages}, one branch") } else { format!("{messages}, {branches} branches") }
    },
    empty: "Nothing has been said here yet.",
    whole: "From where the chat is now",
    earlier: "What is above",
    shown: "The branch that is shown",
    other: "A branch that is not shown",
    beside: "Other versions",
    here: "You are here",
    version: |n, of| format!("Version {n} of {of}"),
    folded: |n| format!("… {n} messages"),
    more_versions: |versions, messages| {
        if versions == 1 {
            format!("One more version: {messages} messages")
        } else {
            format!("{versions} more versions: {messages} messages")
        }
    },
    more_below: |n| if n == 1 { "… 1 more message".to_owned() } else { format!("… {n} more messages") },
    no_words: "Without words",
    running: "Being written",
    stopped: "Stopped",
    interrupted: "Interrupted",
    failed: "Failed",
    pinned: "Pinned",
    good: "You found it good",
    bad: "You found it bad",
};

pub const ZH_CN: Branching = Branching {
    title: "分支",
    lead: "每条消息的每个版本。选择其中一条，对话就会显示它所在的分支。",
    counts: |messages, branches| format!("{messages} 条消息，{branches} 个分支"),
    empty: "这里还没有消息。",
    whole: "回到当前位置",
    earlier: "更早的消息",
    shown: "当前显示的分支",
    other: "未显示的分支",
    beside: "其他版本",
    here: "当前位置",
    version: |n, of| format!("第 {n} 版，共 {of} 版"),
    folded: |n| format!("…… {n} 条消息"),
    more_versions: |versions, messages| format!("还有 {versions} 个版本，共 {messages} 条消息"),
    more_below: |n| format!("…… 还有 {n} 条消息"),
    no_words: "没有文字",
    running: "正在写",
    stopped: "已停止",
    interrupted: "已中断",
    failed: "失败",
    pinned: "已固定",
    good: "您觉得好",
    bad: "您觉得不好",
};
