//! The words about how pages look.

/// How pages look.
pub struct Looks {
    pub title: &'static str,
    pub lead: &'static str,
    pub general: &'static str,
    pub contrast: &'static str,
    pub contrasts: [&'static str; 3],
    pub text_size: &'static str,
    pub text_sizes: [&'static str; 4],
    pub density: &'static str,
    pub densities: [&'static str; 3],
    pub code_theme: &'static str,
    pub code_themes: [&'static str; 4],
    pub chat_width: &'static str,
    pub chat_widths: [&'static str; 4],
    pub sample: &'static str,
    pub failed: &'static str,
}

pub const EN: Looks = Looks {
    title: "Look",
    lead: "Shown at once, and on every device.",
    general: "General",
    contrast: "Contrast",
    contrasts: ["As the system asks", "Normal", "High"],
    text_size: "Text size",
    text_sizes: ["Medium", "Small", "Large", "Very large"],
    density: "Density",
    densities: ["Normal", "Compact", "Roomy"],
    code_theme: "Colours of code",
    code_themes: ["Ink", "Vivid", "None", "Night: always dark"],
    chat_width: "Width of chats",
    chat_widths: ["Normal", "Narrow", "Wide", "The whole window"],
    sample: "Example of code",
    failed: "That could not be saved.",
};

pub const ZH_CN: Looks = Looks {
    title: "显示",
    lead: "立即生效，并应用于您的所有设备。",
    general: "常规",
    contrast: "对比度",
    contrasts: ["跟随系统", "标准", "高"],
    text_size: "文字大小",
    text_sizes: ["中", "小", "大", "特大"],
    density: "间距",
    densities: ["标准", "紧凑", "宽松"],
    code_theme: "代码配色",
    code_themes: ["水墨", "鲜明", "无", "夜色：始终深色"],
    chat_width: "对话宽度",
    chat_widths: ["标准", "窄", "宽", "占满窗口"],
    sample: "代码示例",
    failed: "未能保存。",
};
