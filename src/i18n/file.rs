//! The words about files: beside a message, on their pages.

/// The words about files: beside a message, on their pages.
pub struct FileWords {
    pub title: &'static str,
    pub lead: &'static str,
    pub none: &'static str,
    pub room: fn(u64, u64) -> String,
    pub all: &'static str,
    pub download: &'static str,
    pub delete_one: fn(&str) -> String,
    pub delete_text: &'static str,
    pub older: &'static str,
    pub newest: &'static str,
    pub text: &'static str,
    pub text_cut: &'static str,
    pub text_around: &'static str,
    pub passage: &'static str,
    pub page: fn(u32) -> String,
    pub text_whole: &'static str,
    pub sending: fn(u64) -> String,
    pub waiting: &'static str,
    pub reading: &'static str,
    pub ready: &'static str,
    pub remove: fn(&str) -> String,
    pub again: fn(&str) -> String,
    pub waits: &'static str,
    pub stuck: &'static str,
    pub blind: &'static str,
    pub blind_remove: &'static str,
    pub blind_switch: fn(&str) -> String,
    pub blind_choose: &'static str,
    pub too_many: fn(usize) -> String,
    pub too_large: &'static str,
    pub unsupported: &'static str,
    pub infected: &'static str,
    pub previous: &'static str,
    pub next: &'static str,
    pub of: fn(usize, usize) -> String,
    pub damaged: &'static str,
    pub locked: &'static str,
    pub no_text: &'static str,
    pub too_heavy: &'static str,
    pub too_slow: &'static str,
    pub server: &'static str,
}

pub const EN: FileWords = FileWords {
    title: "Files",
    lead: "What you have sent with messages. A file that you delete here is gone for models too; the messages keep its name.",
    none: "No files yet. Attach one to a message.",
    room: |used, limit| format!("{} of {} used", size(used), size(limit)),
    all: "All files",
    download: "Download",
    delete_one: |name| format!("Delete “{name}”?"),
    delete_text: "Messages that it was sent with keep its name. This cannot be undone.",
    older: "Older files",
    newest: "Newest files",
    text: "What models read of it",
    text_cut: "This is the beginning.",
    text_around: "The marked passage, and what stands around it.",
    passage: "Cited passage",
    page: |page| format!("(page {page})"),
    text_whole: "The whole text",
    sending: |percent| format!("Sending, {percent}%"),
    waiting: "Waiting for the connection",
    reading: "Being read",
    ready: "Ready",
    remove: |name| format!("Remove {name}"),
    again: |name| format!("Send {name} again"),
    waits: "The message is sent as soon as its files are ready.",
    stuck: "Take out what cannot be sent, or try it again.",
    blind: "This model sees no pictures.",
    blind_remove: "Remove the pictures",
    blind_switch: |name| format!("Use {name}"),
    blind_choose: "Choose another model",
    too_many: |most| format!("A message may have at most {most} files."),
    too_large: "The file is larger than this server takes.",
    unsupported: "Models cannot read this kind of file.",
    infected: "The virus scanner refuses this file.",
    previous: "Previous picture",
    next: "Next picture",
    of: |at, all| format!("{at} of {all}"),
    damaged: "The file is damaged, or not what it seems.",
    locked: "The file is protected by a password.",
    no_text: "There is no text in it: its pages may be pictures.",
    too_heavy: "Reading it takes more memory than is allowed.",
    too_slow: "Reading it takes too long.",
    server: "The server could not read it.",
};

pub const ZH_CN: FileWords = FileWords {
    title: "文件",
    lead: "随消息发送过的文件。在这里删除后，模型也无法再读取；消息中仍保留文件名。",
    none: "还没有文件。可在消息中添加。",
    room: |used, limit| format!("已使用 {}，共 {}", size(used), size(limit)),
    all: "全部文件",
    download: "下载",
    delete_one: |name| format!("删除“{name}”？"),
    delete_text: "相关消息中仍保留文件名。此操作无法撤销。",
    older: "更早的文件",
    newest: "最新的文件",
    text: "模型读取到的文字",
    text_cut: "这里只显示开头部分。",
    text_around: "标出的段落及其上下文。",
    passage: "引用的段落",
    page: |page| format!("（第 {page} 页）"),
    text_whole: "完整文字",
    sending: |percent| format!("正在上传 {percent}%"),
    waiting: "等待网络恢复",
    reading: "正在读取",
    ready: "就绪",
    remove: |name| format!("移除 {name}"),
    again: |name| format!("重新上传 {name}"),
    waits: "文件就绪后将自动发送消息。",
    stuck: "请移除无法发送的文件，或重新上传。",
    blind: "该模型无法识别图片。",
    blind_remove: "移除图片",
    blind_switch: |name| format!("改用 {name}"),
    blind_choose: "选择其他模型",
    too_many: |most| format!("一条消息最多可添加 {most} 个文件。"),
    too_large: "文件超出了服务器允许的大小。",
    unsupported: "模型无法读取这种文件。",
    infected: "病毒扫描未通过，文件已被拒绝。",
    previous: "上一张图片",
    next: "下一张图片",
    of: |at, all| format!("第 {at} 张，共 {all} 张"),
    damaged: "文件已损坏，或与其类型不符。",
    locked: "文件受密码保护。",
    no_text: "文件中没有文字，页面可能是图片。",
    too_heavy: "读取该文件所需的内存超出了限制。",
    too_slow: "读取该文件耗时过长。",
    server: "服务器未能读取该文件。",
};

/// Bytes as people read them.
pub fn size(bytes: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = (bytes * 10 + unit / 2) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..=1023 => format!("{bytes} B"),
        1024..=1_048_575 => format!("{} KiB", tenths(1024)),
        1_048_576..=1_073_741_823 => format!("{} MiB", tenths(1_048_576)),
        _ => format!("{} GiB", tenths(1_073_741_824)),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn bytes_are_said_in_the_unit_that_fits() {
        let said = [0, 1023, 1024, 1536, 1_048_576, 5_500_000, 2_147_483_648].map(size);
        assert_eq!(said, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "5.2 MiB", "2.0 GiB"]);
    }
}
