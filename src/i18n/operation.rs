//! The words of how the server is run: maintenance mode, switches, announcements; and of the page while it is being maintained.

use crate::model::announcement::AnnouncementLevel;
use crate::model::operation::Feature;

/// Maintenance mode, switches, announcements.
pub struct Operating {
    pub title: &'static str,
    pub lead: &'static str,
    pub maintenance: &'static str,
    pub maintenance_lead: &'static str,
    pub maintenance_on: &'static str,
    pub told_en: &'static str,
    pub told_zh: &'static str,
    pub told_hint: &'static str,
    pub until: &'static str,
    pub until_hint: &'static str,
    pub features: &'static str,
    pub features_lead: &'static str,
    /// What a switch is called, and what it does.
    pub switches: fn(Feature) -> (&'static str, &'static str),
    pub announcements: &'static str,
    pub announcements_lead: &'static str,
    pub none: &'static str,
    pub add: &'static str,
    pub edit: &'static str,
    pub remove: &'static str,
    pub level: &'static str,
    pub levels: fn(AnnouncementLevel) -> &'static str,
    pub text_en: &'static str,
    pub text_zh: &'static str,
    pub text_hint: &'static str,
    pub dismissible: &'static str,
    pub starts: &'static str,
    pub starts_hint: &'static str,
    pub ends: &'static str,
    pub ends_hint: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub is_shown: &'static str,
    pub is_planned: &'static str,
    pub is_over: &'static str,
    pub dismiss: &'static str,
    /// Above the pages of administrators.
    pub closed_now: &'static str,
    pub closed_title: &'static str,
    pub closed_lead: &'static str,
    pub closed_until: &'static str,
    pub closed_back: &'static str,
    pub closed_way: &'static str,
}

fn en_level(level: AnnouncementLevel) -> &'static str {
    match level {
        AnnouncementLevel::Info => "Information",
        AnnouncementLevel::Warning => "Warning",
        AnnouncementLevel::Critical => "Urgent",
    }
}

fn zh_level(level: AnnouncementLevel) -> &'static str {
    match level {
        AnnouncementLevel::Info => "通知",
        AnnouncementLevel::Warning => "警告",
        AnnouncementLevel::Critical => "紧急",
    }
}

fn en_switch(feature: Feature) -> (&'static str, &'static str) {
    match feature {
        Feature::Sharing => ("Links to chats", "Off: no new ones, and those that are there lead nowhere until it is on again."),
        Feature::Imports => ("Import of chats", "From files of ChatGPT, Claude, Open WebUI and LibreChat."),
        Feature::Exports => ("Saving as files", "Chats as files, and the copy of everything that an account holds."),
        Feature::Uploads => ("Files beside messages", "Off: nothing new is sent; what is there can still be read and used."),
        Feature::Avatars => ("Pictures of oneself", "Off: nobody changes theirs."),
        Feature::Voice => ("Dictation and reading aloud", "By models that hear and speak."),
        Feature::Api => ("The API for programs", "Off: no program signs in with a token, an administrator's neither."),
        Feature::Deletion => ("Erasing one's own account", "Off: only administrators erase accounts."),
    }
}

fn zh_switch(feature: Feature) -> (&'static str, &'static str) {
    match feature {
        Feature::Sharing => ("分享链接", "关闭后不能新建，已有链接失效，重新开启后恢复。"),
        Feature::Imports => ("导入对话", "来自 ChatGPT、Claude、Open WebUI 和 LibreChat 的文件。"),
        Feature::Exports => ("保存为文件", "把对话存为文件，以及导出账号的全部数据。"),
        Feature::Uploads => ("消息附件", "关闭后不能上传，已有文件仍可阅读和使用。"),
        Feature::Avatars => ("头像", "关闭后不能更换。"),
        Feature::Voice => ("语音输入与朗读", "由能听会说的模型完成。"),
        Feature::Api => ("程序接口", "关闭后任何程序都不能用令牌登录，管理员也一样。"),
        Feature::Deletion => ("自行注销账号", "关闭后只有管理员能删除账号。"),
    }
}

pub const EN: Operating = Operating {
    title: "Operation",
    lead: "Who gets in, what is on, and what everybody is told. Every change is in the security log.",
    maintenance: "Maintenance mode",
    maintenance_lead: "Administrators go on; everybody else is told to come back later. Answers that are being written are written to their end. From the command line: liao maintenance on.",
    maintenance_on: "Only administrators get in",
    told_en: "What is told, in English",
    told_zh: "What is told, in Chinese",
    told_hint: "Markdown. Empty: the other language's words; if both are empty, a sentence of ours.",
    until: "Expected to be over, in UTC",
    until_hint: "It is told; maintenance mode stays on until it is switched off.",
    features: "Switches",
    features_lead: "What is not ticked is off for everybody, and hidden in the pages.",
    switches: en_switch,
    announcements: "Announcements",
    announcements_lead: "They stand above every page, before signing in too.",
    none: "Nothing is announced.",
    add: "Announce something",
    edit: "Edit",
    remove: "Remove",
    level: "How much it matters",
    levels: en_level,
    text_en: "In English",
    text_zh: "In Chinese",
    text_hint: "Markdown, links too. One language is enough: who reads the other one gets it as well.",
    dismissible: "Whoever is signed in can have it go away",
    starts: "From, in UTC",
    starts_hint: "Empty: at once.",
    ends: "Until, in UTC",
    ends_hint: "Empty: until it is removed.",
    from: "from",
    to: "until",
    is_shown: "shown now",
    is_planned: "later",
    is_over: "over",
    dismiss: "Got it",
    closed_now: "Maintenance mode is on: only administrators get in.",
    closed_title: "Under maintenance",
    closed_lead: "This server is being maintained. Your chats are safe; come back a little later.",
    closed_until: "It is expected to be over at",
    closed_back: "What you wrote was not sent. Go back in your browser to find it, and send it later.",
    closed_way: "Sign in as an administrator",
};

pub const ZH_CN: Operating = Operating {
    title: "运行",
    lead: "谁能进入、开放哪些功能、向所有人通知什么。每次更改都记入安全日志。",
    maintenance: "维护模式",
    maintenance_lead: "管理员照常使用，其他人会看到稍后再来的提示。正在生成的回答会写完。也可在命令行运行 liao maintenance on。",
    maintenance_on: "只允许管理员进入",
    told_en: "英文提示",
    told_zh: "中文提示",
    told_hint: "支持 Markdown。留空则显示另一种语言的文字；都留空则显示默认提示。",
    until: "预计结束时间（UTC）",
    until_hint: "仅作提示；维护模式需手动关闭。",
    features: "功能开关",
    features_lead: "未勾选的功能对所有人关闭，并在页面中隐藏。",
    switches: zh_switch,
    announcements: "公告",
    announcements_lead: "显示在每个页面的顶部，登录前也能看到。",
    none: "没有公告。",
    add: "发布公告",
    edit: "编辑",
    remove: "移除",
    level: "重要程度",
    levels: zh_level,
    text_en: "英文",
    text_zh: "中文",
    text_hint: "支持 Markdown 和链接。只写一种语言即可，另一种语言的读者也会看到它。",
    dismissible: "登录的用户可以将其关闭",
    starts: "开始时间（UTC）",
    starts_hint: "留空则立即开始。",
    ends: "结束时间（UTC）",
    ends_hint: "留空则一直显示，直到移除。",
    from: "从",
    to: "至",
    is_shown: "显示中",
    is_planned: "未开始",
    is_over: "已结束",
    dismiss: "知道了",
    closed_now: "维护模式已开启：只有管理员能进入。",
    closed_title: "正在维护",
    closed_lead: "服务器正在维护。你的对话不会丢失，请稍后再来。",
    closed_until: "预计结束时间：",
    closed_back: "你写的内容没有发送。请返回上一页找回，稍后再发送。",
    closed_way: "管理员登录",
};
