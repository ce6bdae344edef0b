//! The words about temporary chats. The server alone says them.

/// The page of a temporary chat.
pub struct Passing {
    /// Above it, as long as it is open.
    pub banner: &'static str,
    pub again: &'static str,
    pub lead: &'static str,
    pub promises: [&'static str; 3],
    pub without_script: &'static str,
    pub placeholder: &'static str,
    /// What the page says by itself.
    pub too_long: &'static str,
    pub interrupted: &'static str,
    pub keep: &'static str,
    pub kept_title: &'static str,
}

pub const EN: Passing = Passing {
    banner: "Temporary chat: nothing of it is stored.",
    again: "Start over",
    lead: "This page alone holds what is said here.",
    promises: [
        "It is not in your list, not found by the search, and no title or suggestion is made of it.",
        "When you close or reload this page it is gone, and an answer that is being written stops.",
        "The model’s provider sees it, as always, and your usage counts its tokens and its cost, without a word of it.",
    ],
    without_script: "Without scripts, every question sends what was said before along with it.",
    placeholder: "Ask something that is not kept",
    too_long: "This temporary chat has become too long for another question. Start over, or keep it as a normal chat.",
    interrupted: "The connection broke off. What had come is here; the rest is not kept anywhere.",
    keep: "Keep this chat",
    kept_title: "Kept temporary chat",
};

pub const ZH_CN: Passing = Passing {
    banner: "临时对话：任何内容都不会保存。",
    again: "重新开始",
    lead: "这里说的话只存在于这个页面中。",
    promises: [
        "它不会出现在您的列表和搜索中，也不会为它生成标题或建议。",
        "关闭或重新加载此页面后内容即消失，正在生成的回答也会停止。",
        "模型的提供方照常会看到内容；您的用量会计入其令牌数和费用，但不含任何文字。",
    ],
    without_script: "未启用脚本时，每个问题都会附带之前的内容一起发送。",
    placeholder: "问一个不会被保存的问题",
    too_long: "此临时对话过长，无法继续提问。请重新开始，或将其保存为普通对话。",
    interrupted: "连接中断。已收到的内容保留在此页面，其余部分未保存在任何地方。",
    keep: "保存此对话",
    kept_title: "保存的临时对话",
};
