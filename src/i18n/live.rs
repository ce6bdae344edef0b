//! The words of what pages do beside the server's HTML: finished answers, what is kept for reading without a connection, new versions. The
//! page hands them to `public/live.js`; no WASM carries them.

use serde::Serialize;

/// Answers that end elsewhere, notifications, and pages without a connection.
#[derive(Serialize)]
pub struct LivePages {
    /// Of an answer that ended in another conversation.
    pub ready: &'static str,
    pub open: &'static str,
    pub close: &'static str,
    pub untitled: &'static str,
    pub allow: &'static str,
    pub allowed: &'static str,
    pub denied: &'static str,
    pub unsupported: &'static str,
    /// A new version of the program.
    pub version: &'static str,
    pub reload: &'static str,
    /// Above a page that is shown without a connection; `{time}` is when it was kept.
    pub offline: &'static str,
    pub offline_title: &'static str,
    pub offline_lead: &'static str,
    pub offline_none: &'static str,
    pub list: &'static str,
    pub again: &'static str,
    pub messages: &'static str,
    pub message: &'static str,
    pub write: &'static str,
    pub send: &'static str,
    /// Messages that were written without a connection.
    pub waiting: &'static str,
    pub waits: &'static str,
    pub refused: &'static str,
    pub remove: &'static str,
    pub sent: &'static str,
    pub picture: &'static str,
}

pub const EN: LivePages = LivePages {
    ready: "The answer has ended.",
    open: "Open",
    close: "Close",
    untitled: "New chat",
    allow: "Allow notifications on this device",
    allowed: "This device shows a notification while Liao is in the background.",
    denied: "This browser blocks notifications from here. Allow them in its settings for this site, then load the page again.",
    unsupported: "This browser cannot show notifications here. They need a secure connection (https).",
    version: "A new version of Liao is here.",
    reload: "Load it",
    offline: "No connection. This is how the chat was on {time}; it can only be read.",
    offline_title: "No connection",
    offline_lead: "These chats are kept on this device and can be read.",
    offline_none: "No chat is kept on this device.",
    list: "Chats on this device",
    again: "Try again",
    messages: "Messages",
    message: "Message",
    write: "Write a message; it is sent when the connection is back",
    send: "Send later",
    waiting: "Messages that wait for the connection",
    waits: "Is sent when the connection is back.",
    refused: "Could not be sent.",
    remove: "Remove",
    sent: "Your message was sent.",
    picture: "Picture",
};

pub const ZH_CN: LivePages = LivePages {
    ready: "回答已结束。",
    open: "打开",
    close: "关闭",
    untitled: "新对话",
    allow: "允许此设备显示通知",
    allowed: "Liao 在后台时，此设备会显示通知。",
    denied: "浏览器禁止了本站的通知。请在浏览器的网站设置中允许，然后重新加载页面。",
    unsupported: "此浏览器无法在这里显示通知，通知需要安全连接（https）。",
    version: "Liao 有新版本。",
    reload: "立即加载",
    offline: "没有网络连接。这是 {time} 保存的对话，只能阅读。",
    offline_title: "没有网络连接",
    offline_lead: "以下对话保存在此设备上，可以阅读。",
    offline_none: "此设备上没有保存对话。",
    list: "此设备上的对话",
    again: "重试",
    messages: "消息",
    message: "消息",
    write: "写下消息，恢复连接后发送",
    send: "稍后发送",
    waiting: "等待连接的消息",
    waits: "恢复连接后发送。",
    refused: "无法发送。",
    remove: "移除",
    sent: "消息已发送。",
    picture: "图片",
};
