//! The words of what can be done with an answer and its blocks. The page hands them to `public/blocks.js` and `public/answer.js`; no WASM
//! carries them.

use serde::Serialize;

/// On a table, a block of code, a formula, and a selection.
#[derive(Serialize)]
pub struct Blocks {
    pub tools: &'static str,
    pub csv: &'static str,
    pub markdown: &'static str,
    pub download: &'static str,
    pub wrap: &'static str,
    pub fold: &'static str,
    pub source: &'static str,
    pub copied: &'static str,
    pub quote: &'static str,
    pub rate: Rate,
}

/// What somebody thinks of an answer.
#[derive(Serialize)]
pub struct Rate {
    pub good: &'static str,
    pub bad: &'static str,
    pub why: &'static str,
    pub incorrect: &'static str,
    pub incomplete: &'static str,
    pub instructions: &'static str,
    pub style: &'static str,
    #[serde(rename = "unsafe")]
    pub harmful: &'static str,
    pub other: &'static str,
    pub note: &'static str,
    pub send: &'static str,
    pub close: &'static str,
    pub failed: &'static str,
    pub report: &'static str,
}

pub const EN: Blocks = Blocks {
    tools: "With this block",
    csv: "Copy as CSV",
    markdown: "Copy as Markdown",
    download: "Download",
    wrap: "Wrap lines",
    fold: "Fold",
    source: "Copy LaTeX",
    copied: "Copied",
    quote: "Quote",
    rate: Rate {
        good: "Good answer",
        bad: "Bad answer",
        why: "Why?",
        incorrect: "Wrong",
        incomplete: "Incomplete",
        instructions: "Not what I asked for",
        style: "Its tone or form",
        harmful: "Harmful",
        other: "Something else",
        note: "In your words (optional)",
        send: "Send",
        close: "Close",
        failed: "That could not be kept. Try again.",
        report: "Report it to the administrators",
    },
};

pub const ZH_CN: Blocks = Blocks {
    tools: "对此内容块的操作",
    csv: "复制为 CSV",
    markdown: "复制为 Markdown",
    download: "下载",
    wrap: "自动换行",
    fold: "折叠",
    source: "复制 LaTeX",
    copied: "已复制",
    quote: "引用",
    rate: Rate {
        good: "回答得好",
        bad: "回答得不好",
        why: "为什么？",
        incorrect: "内容有误",
        incomplete: "不完整",
        instructions: "没有按要求回答",
        style: "语气或形式不好",
        harmful: "有害",
        other: "其他",
        note: "补充说明（可不填）",
        send: "提交",
        close: "关闭",
        failed: "没有保存成功，请重试。",
        report: "向管理员举报",
    },
};
