//! The words of the page about one's data.

use super::file::size;

/// The export of one's data, and the end of one's account.
pub struct Data {
    pub export_title: &'static str,
    pub export_lead: &'static str,
    pub start: &'static str,
    pub again: &'static str,
    pub running: fn(u8) -> String,
    pub running_plain: &'static str,
    pub ready: &'static str,
    pub download: fn(u64) -> String,
    pub until: &'static str,
    pub failed: &'static str,
    pub delete_title: &'static str,
    pub delete_lead: fn(u32) -> String,
    pub delete: &'static str,
    pub password: &'static str,
    pub wrong_password: &'static str,
}

pub const EN: Data = Data {
    export_title: "Export your data",
    export_lead: "Everything that your account holds as one ZIP file: profile, conversations as Markdown and JSON, picture, usage, activity.",
    start: "Make an export",
    again: "Make a new one",
    running: |percent| format!("Being made: {percent} %"),
    running_plain: "Load the page again to see how far it is.",
    ready: "Your export is ready.",
    download: |bytes| format!("Download ({})", size(bytes)),
    until: "It can be fetched until",
    failed: "The export could not be made. Try again later.",
    delete_title: "Delete your account",
    delete_lead: |days| match days {
        0 => "Everything of it is erased at once: conversations, files, settings. This cannot be undone.".to_owned(),
        1 => "You are signed out everywhere, and after one day everything is erased. Signing in until then keeps the account.".to_owned(),
        n => format!("You are signed out everywhere, and after {n} days everything is erased. Signing in until then keeps the account."),
    },
    delete: "Delete my account",
    password: "Your password",
    wrong_password: "The password is not right.",
};

pub const ZH_CN: Data = Data {
    export_title: "导出我的数据",
    export_lead: "将账号中的全部内容打包为一个 ZIP 文件：个人资料、Markdown 与 JSON 格式的对话、头像、用量和活动记录。",
    start: "开始导出",
    again: "重新导出",
    running: |percent| format!("正在打包：{percent}%"),
    running_plain: "重新加载页面即可查看进度。",
    ready: "导出已完成。",
    download: |bytes| format!("下载（{}）", size(bytes)),
    until: "可下载至",
    failed: "导出失败，请稍后再试。",
    delete_title: "注销账号",
    delete_lead: |days| match days {
        0 => "账号的全部内容（对话、文件、设置）将立即清除，且无法恢复。".to_owned(),
        n => format!("您将在所有设备上退出登录，{n} 天后全部内容将被清除。在此之前重新登录即可保留账号。"),
    },
    delete: "注销我的账号",
    password: "您的密码",
    wrong_password: "密码不正确。",
};
