//! The words of the search.

/// The words of the search.
pub struct Search {
    pub title: &'static str,
    pub label: &'static str,
    pub placeholder: &'static str,
    pub go: &'static str,
    pub lead: &'static str,
    pub none: &'static str,
    pub invalid: &'static str,
    /// How many are on the page, and whether there are more.
    pub found: fn(usize, bool) -> String,
    pub indexing: fn(u8) -> String,
    pub titles: &'static str,
    pub first: &'static str,
    pub more: &'static str,
    pub help: &'static str,
    pub filters: [(&'static str, &'static str); 8],
}

pub const EN: Search = Search {
    title: "Search",
    label: "Search all messages",
    placeholder: "Words, \"words together\", tag:sea",
    go: "Search",
    lead: "Looks through every message of yours, in any script.",
    none: "Nothing found.",
    invalid: "This cannot be searched for: before: and after: take a date like 2026-11-23, and the whole has at most 400 characters.",
    found: |n, more| match (n, more) {
        (1, false) => "1 message.".to_owned(),
        (n, false) => format!("{n} messages."),
        (n, true) => format!("The newest {n} messages."),
    },
    indexing: |percent| format!(" Older messages are still being indexed: {percent} % done."),
    titles: "Chats",
    first: "First page",
    more: "Older",
    help: "Filters",
    filters: [
        ("\"…\"", "Words that stand together"),
        ("tag:sea", "Chats with this tag"),
        ("folder:garden", "Chats in this folder and those in it"),
        ("model:gpt", "A part of the model's name"),
        ("from:me", "What you wrote; from:model: what models wrote"),
        ("after:2026-01-31", "That day and later"),
        ("before:2026-01-31", "Earlier than that day"),
        ("has:file", "Files were sent along"),
    ],
};

pub const ZH_CN: Search = Search {
    title: "搜索",
    label: "搜索全部消息",
    placeholder: "词语、\"完整短语\"、tag:海洋",
    go: "搜索",
    lead: "搜索您的每一条消息，不限文字。",
    none: "没有找到。",
    invalid: "无法按此搜索：before: 和 after: 需要 2026-11-23 这样的日期，且总长不超过 400 个字符。",
    found: |n, more| if more { format!("最新的 {n} 条消息。") } else { format!("{n} 条消息。") },
    indexing: |percent| format!("较早的消息仍在建立索引：已完成 {percent}%。"),
    titles: "对话",
    first: "第一页",
    more: "更早的",
    help: "筛选",
    filters: [
        ("\"…\"", "连在一起的词语"),
        ("tag:海洋", "带有此标签的对话"),
        ("folder:花园", "此文件夹及其子文件夹中的对话"),
        ("model:gpt", "模型名称的一部分"),
        ("from:me", "您写的；from:model：模型写的"),
        ("after:2026-01-31", "当天及以后"),
        ("before:2026-01-31", "早于当天"),
        ("has:file", "附有文件"),
    ],
};
