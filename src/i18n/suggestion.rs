//! The words about what a model suggests beside its answers.

/// What a model suggests.
pub struct Suggesting {
    pub title: &'static str,
    pub lead: &'static str,
    pub tags: &'static str,
    pub follow_ups: &'static str,
    pub own: &'static str,
    pub own_tags: &'static str,
    pub own_follow_ups: &'static str,
    pub own_hint: &'static str,
}

pub const EN: Suggesting = Suggesting {
    title: "Suggestions",
    lead: "Asked of the model for titles, or of the chat's own. Each is one more call, which is in the ledger; the built-in model is not asked.",
    tags: "Tag new chats: one call after the first answer",
    follow_ups: "Suggest what to ask next: one call after every answer",
    own: "Suggestions by a model",
    own_tags: "Tag my new chats",
    own_follow_ups: "Suggest what to ask next below an answer",
    own_hint: "Where this server offers it.",
};

pub const ZH_CN: Suggesting = Suggesting {
    title: "建议",
    lead: "由标题模型完成；未设置时由对话所用的模型完成。每项多一次调用，并记入账目；不会使用内置模型。",
    tags: "为新对话添加标签：首次回答后调用一次",
    follow_ups: "建议后续问题：每次回答后调用一次",
    own: "模型的建议",
    own_tags: "为我的新对话添加标签",
    own_follow_ups: "在回答下方建议后续问题",
    own_hint: "仅在本站提供时有效。",
};
