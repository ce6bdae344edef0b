//! The words of what can be done with a block of an answer. The page hands them to `public/blocks.js`; no WASM carries them.

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
};
