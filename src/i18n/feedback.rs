//! The words of the page on which administrators see what people think of models.

use super::block;
use crate::model::feedback::Reason;

/// What people think of models, for administrators.
pub struct Judging {
    pub title: &'static str,
    pub lead: &'static str,
    pub privacy: &'static str,
    pub none: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub model: &'static str,
    pub unknown: &'static str,
    pub all: &'static str,
    pub share: &'static str,
    pub good: &'static str,
    pub bad: &'static str,
    pub why: &'static str,
    pub reasons: fn(Reason) -> &'static str,
}

pub const EN: Judging = Judging {
    title: "Feedback",
    lead: "How many answers of each model were found good or bad, and why.",
    privacy: "These are counts only. Who said what of which answer, and in which words, stays with who said it.",
    none: "Nobody has said anything of an answer in this time.",
    from: "From",
    to: "To",
    model: "Model",
    unknown: "Not known",
    all: "All models",
    share: "Found good",
    good: "Good",
    bad: "Bad",
    why: "Why",
    reasons: |reason| match reason {
        Reason::Incorrect => block::EN.rate.incorrect,
        Reason::Incomplete => block::EN.rate.incomplete,
        Reason::Instructions => block::EN.rate.instructions,
        Reason::Style => block::EN.rate.style,
        Reason::Unsafe => block::EN.rate.harmful,
        Reason::Other => block::EN.rate.other,
    },
};

pub const ZH_CN: Judging = Judging {
    title: "反馈",
    lead: "每个模型有多少回答被评为好或不好，以及原因。",
    privacy: "这里只有数量。谁对哪个回答说了什么，只有本人能看到。",
    none: "这段时间内没有人评价过回答。",
    from: "从",
    to: "到",
    model: "模型",
    unknown: "未知",
    all: "所有模型",
    share: "好评率",
    good: "好",
    bad: "不好",
    why: "原因",
    reasons: |reason| match reason {
        Reason::Incorrect => block::ZH_CN.rate.incorrect,
        Reason::Incomplete => block::ZH_CN.rate.incomplete,
        Reason::Instructions => block::ZH_CN.rate.instructions,
        Reason::Style => block::ZH_CN.rate.style,
        Reason::Unsafe => block::ZH_CN.rate.harmful,
        Reason::Other => block::ZH_CN.rate.other,
    },
};
