//! The words about what models are shown of a conversation.

use super::usage::count;

/// The composer's bar, its panel, pins and summaries.
pub struct Context {
    pub too_long: fn(u32, u32) -> String,
    pub pins_too_long: fn(u32, u32) -> String,
    pub system_too_long: fn(u32, u32) -> String,
    pub summarizing: &'static str,
    pub summarized: fn(&str) -> String,
    pub summary_failed: &'static str,
    pub title: &'static str,
    pub lead: &'static str,
    /// Of the bar: tokens that would be used, the window, per cent.
    pub uses: fn(u64, u32, u64) -> String,
    /// The same where the window is not known.
    pub uses_unknown: fn(u64) -> String,
    pub full: &'static str,
    pub trimmed: &'static str,
    pub system: &'static str,
    pub pinned: &'static str,
    pub summary: &'static str,
    pub messages: &'static str,
    pub draft: &'static str,
    pub reserved: &'static str,
    pub window: &'static str,
    pub unknown: &'static str,
    pub room: &'static str,
    pub newest: &'static str,
    pub newest_hint: &'static str,
    pub by_summary: &'static str,
    pub by_summary_hint: &'static str,
    pub more: &'static str,
    pub back: &'static str,
    pub edit_summary: &'static str,
    pub edit_hint: &'static str,
    pub partial: &'static str,
    pub no_summary: &'static str,
    pub pins: &'static str,
    pub no_pins: &'static str,
}

pub const EN: Context = Context {
    too_long: |has, most| {
        let (has, most) = (count(has.into()), count(most.into()));
        format!(
            "This message has about {has} tokens, and the model has room for {most}. Shorten it, or choose a model with a larger context window."
        )
    },
    pins_too_long: |has, most| {
        let (has, most) = (count(has.into()), count(most.into()));
        format!(
            "The pinned messages have about {has} tokens, and the model has room for {most}. Unpin some, or choose a model with a larger context window."
        )
    },
    system_too_long: |has, most| {
        let (has, most) = (count(has.into()), count(most.into()));
        format!(
            "The system prompt has about {has} tokens, and the model has room for {most}. Shorten it, or choose a model with a larger context window."
        )
    },
    summarizing: "The oldest messages are being summarised …",
    summarized: |n| format!("The oldest {n} messages were summarised to make room."),
    summary_failed: "The oldest messages could not be summarised. They were left out of this answer.",
    title: "What the model sees",
    lead: "A model reads only so much at once. This is what the next question of this conversation would send.",
    uses: |used, window, percent| {
        format!("The next question would use about {} of {} tokens ({percent}%).", count(used), count(window.into()))
    },
    uses_unknown: |used| format!("The next question would send about {} tokens. How many this model takes is not known.", count(used)),
    full: "It is too long for this model.",
    trimmed: "The oldest messages no longer fit.",
    system: "System prompt",
    pinned: "Pinned messages",
    summary: "Summary",
    messages: "Messages",
    draft: "What you are writing",
    reserved: "Kept free for the answer",
    window: "Context window",
    unknown: "not known",
    room: "When it no longer fits",
    newest: "Leave out the oldest messages",
    newest_hint: "The newest whole turns stay.",
    by_summary: "Summarise the oldest messages",
    by_summary_hint: "The model writes a summary that takes their place. You can change it.",
    more: "What the model sees",
    back: "Back to the conversation",
    edit_summary: "Summary of the oldest messages",
    edit_hint: "Models are shown this text in the place of those messages, from the next answer on.",
    partial: "Messages before these were too long to be summarised.",
    no_summary: "There is none yet. One is written when the conversation no longer fits.",
    pins: "Pinned messages",
    no_pins: "None. Pin a message to keep it in what models are shown, however long the conversation becomes.",
};

pub const ZH_CN: Context = Context {
    too_long: |has, most| {
        let (has, most) = (count(has.into()), count(most.into()));
        format!("这条消息约有 {has} 个令牌，而模型只能容纳 {most} 个。请缩短消息，或选择上下文更长的模型。")
    },
    pins_too_long: |has, most| {
        let (has, most) = (count(has.into()), count(most.into()));
        format!("置顶消息约有 {has} 个令牌，而模型只能容纳 {most} 个。请取消部分置顶，或选择上下文更长的模型。")
    },
    system_too_long: |has, most| {
        let (has, most) = (count(has.into()), count(most.into()));
        format!("系统提示约有 {has} 个令牌，而模型只能容纳 {most} 个。请缩短系统提示，或选择上下文更长的模型。")
    },
    summarizing: "正在概括最早的消息……",
    summarized: |n| format!("为腾出空间，已概括最早的 {n} 条消息。"),
    summary_failed: "最早的消息未能概括，此回答没有用到它们。",
    title: "模型看到的内容",
    lead: "模型一次只能读取有限的内容。下面是此对话的下一个问题会发送的内容。",
    uses: |used, window, percent| format!("下一个问题约使用 {} / {} 个令牌（{percent}%）。", count(used), count(window.into())),
    uses_unknown: |used| format!("下一个问题约发送 {} 个令牌。此模型的上下文长度未知。", count(used)),
    full: "对此模型来说太长了。",
    trimmed: "最早的消息已放不下。",
    system: "系统提示",
    pinned: "置顶消息",
    summary: "摘要",
    messages: "消息",
    draft: "正在输入的内容",
    reserved: "为回答预留",
    window: "上下文长度",
    unknown: "未知",
    room: "放不下时",
    newest: "略去最早的消息",
    newest_hint: "保留最新的完整轮次。",
    by_summary: "概括最早的消息",
    by_summary_hint: "由模型写一份摘要来代替它们，您可以修改。",
    more: "模型看到的内容",
    back: "返回对话",
    edit_summary: "最早消息的摘要",
    edit_hint: "从下一个回答起，模型看到的是这段文字，而不是那些消息。",
    partial: "更早的消息太长，未能概括。",
    no_summary: "还没有摘要。对话放不下时会写一份。",
    pins: "置顶消息",
    no_pins: "没有。置顶一条消息，无论对话多长，模型都会看到它。",
};
