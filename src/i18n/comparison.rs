//! The words about several models that answer one question.

/// The page of a comparison.
pub struct Comparing {
    pub title: &'static str,
    pub lead: &'static str,
    pub models: &'static str,
    pub count: &'static str,
    pub twice: &'static str,
    pub start: &'static str,
    pub answers: &'static str,
    pub keep: &'static str,
    /// Of this model.
    pub keep_of: fn(&str) -> String,
    pub stop_of: fn(&str) -> String,
    pub finished: fn(&str) -> String,
    pub older: fn(usize) -> String,
    pub back: &'static str,
    pub again: &'static str,
    /// Where there are too few models, and what to do then: for who can, and for everybody else.
    pub few: fn(usize) -> String,
    pub few_add: &'static str,
    pub few_ask: &'static str,
}

pub const EN: Comparing = Comparing {
    title: "Compare models",
    lead: "Several models answer the same message side by side. Keep the answer that you want to go on with; the others stay as its versions.",
    models: "Models",
    count: "Choose 2 to 4 models.",
    twice: "Choose different models.",
    start: "Ask them",
    answers: "Answers",
    keep: "Keep this one",
    keep_of: |model| format!("Keep the answer of {model}"),
    stop_of: |model| format!("Stop {model}"),
    finished: |model| format!("{model} has finished."),
    older: |n| if n == 1 { "1 older answer is not shown here.".to_owned() } else { format!("{n} older answers are not shown here.") },
    back: "Back to the chat",
    again: "Compare again",
    few: |n| match n {
        0 => "Comparing takes two models, and there is none here yet.".to_owned(),
        _ => "Comparing takes two models, and there is only one here.".to_owned(),
    },
    few_add: "Add models",
    few_ask: "Ask an administrator of this server to add another one.",
};

pub const ZH_CN: Comparing = Comparing {
    title: "比较模型",
    lead: "多个模型并排回答同一条消息。保留您想继续的回答，其余的作为它的其他版本保留。",
    models: "模型",
    count: "请选择 2 到 4 个模型。",
    twice: "请选择不同的模型。",
    start: "提问",
    answers: "回答",
    keep: "保留这个",
    keep_of: |model| format!("保留 {model} 的回答"),
    stop_of: |model| format!("停止 {model}"),
    finished: |model| format!("{model} 已完成。"),
    older: |n| format!("另有 {n} 个较早的回答未在此显示。"),
    back: "返回对话",
    again: "再次比较",
    few: |n| match n {
        0 => "比较需要两个模型，而这里还没有模型。".to_owned(),
        _ => "比较需要两个模型，而这里只有一个。".to_owned(),
    },
    few_add: "添加模型",
    few_ask: "请联系本服务器的管理员再添加一个模型。",
};
