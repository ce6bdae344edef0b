//! The words about messages that wait. The server alone says them.

/// Messages that wait for an answer's end.
pub struct Queueing {
    pub title: &'static str,
    pub waits: fn(usize) -> String,
    pub files: fn(usize) -> String,
    pub stopped: &'static str,
    pub failed: &'static str,
    pub refused: &'static str,
    pub paused: &'static str,
    pub go_on: &'static str,
    pub pause: &'static str,
    pub add: &'static str,
    pub edit: &'static str,
    pub save: &'static str,
    pub earlier: &'static str,
    pub later: &'static str,
    pub now: &'static str,
    pub remove: &'static str,
    pub problem: &'static str,
    pub write: &'static str,
    pub watch: &'static str,
}

pub const EN: Queueing = Queueing {
    title: "Waiting messages",
    waits: |n| {
        if n == 1 {
            "1 message waits and is sent when the answer is complete.".to_owned()
        } else {
            format!("{n} messages wait; each is sent when the answer before it is complete.")
        }
    },
    files: |n| if n == 1 { "1 file".to_owned() } else { format!("{n} files") },
    stopped: "Paused, because the answer was stopped.",
    failed: "Paused, because the answer failed.",
    refused: "Paused, because the next message could not be sent.",
    paused: "Paused.",
    go_on: "Go on",
    pause: "Pause",
    add: "Send when the answer is complete",
    edit: "Edit this message",
    save: "Save",
    earlier: "Send earlier",
    later: "Send later",
    now: "Send now",
    remove: "Remove",
    problem: "That did not work.",
    write: "Write the next message",
    watch: "Back to the answer",
};

pub const ZH_CN: Queueing = Queueing {
    title: "等待发送的消息",
    waits: |n| format!("{n} 条消息等待发送，每条在前一个回答完成后发出。"),
    files: |n| format!("{n} 个文件"),
    stopped: "已暂停：回答被停止。",
    failed: "已暂停：回答失败。",
    refused: "已暂停：下一条消息无法发送。",
    paused: "已暂停。",
    go_on: "继续",
    pause: "暂停",
    add: "回答完成后发送",
    edit: "编辑这条消息",
    save: "保存",
    earlier: "提前",
    later: "推后",
    now: "立即发送",
    remove: "移除",
    problem: "操作未成功。",
    write: "写下一条消息",
    watch: "返回回答",
};
