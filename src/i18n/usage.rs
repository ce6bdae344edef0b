//! The words about tokens and costs, below an answer and of a conversation, and how numbers of them are written.

use crate::model::usage::Micro;

/// Tokens and costs.
pub struct Usage {
    pub title: &'static str,
    /// Of the button below an answer.
    pub details: &'static str,
    pub model: &'static str,
    pub input: &'static str,
    pub cached: &'static str,
    pub output: &'static str,
    pub reasoning: &'static str,
    pub cost: &'static str,
    pub first_token: &'static str,
    pub rate: &'static str,
    /// Instead of a cost.
    pub no_price: &'static str,
    pub counted_here: &'static str,
    /// What a sum of costs lacks: so many calls.
    pub unpriced: fn(u64) -> String,
    pub conversation: &'static str,
}

pub const EN: Usage = Usage {
    title: "Usage",
    details: "Usage of this answer",
    model: "Model",
    input: "Tokens in",
    cached: "of these cached",
    output: "Tokens out",
    reasoning: "of these reasoning",
    cost: "Cost",
    first_token: "First word after",
    rate: "Tokens per second",
    no_price: "not known",
    counted_here: "Some tokens were counted here: the provider did not tell them.",
    unpriced: |n| match n {
        1 => "One call has no known price; it is not in the cost.".to_owned(),
        n => format!("{} calls have no known price; they are not in the cost.", count(n)),
    },
    conversation: "This conversation used",
};

pub const ZH_CN: Usage = Usage {
    title: "用量",
    details: "此回答的用量",
    model: "模型",
    input: "输入令牌",
    cached: "其中缓存命中",
    output: "输出令牌",
    reasoning: "其中推理",
    cost: "费用",
    first_token: "首字延迟",
    rate: "每秒令牌数",
    no_price: "未知",
    counted_here: "部分令牌数由本服务器估算：服务商未提供。",
    unpriced: |n| format!("有 {} 次调用的价格未知，未计入费用。", count(n)),
    conversation: "此对话的用量",
};

/// A number with its thousands apart.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Millionths of a dollar as people read them: small sums to the digit that says something.
pub fn money(cost: Micro) -> String {
    let (whole, rest) = (cost / 1_000_000, cost % 1_000_000);
    let digits = match cost {
        0 | 1_000_000.. => 2,
        10_000..1_000_000 => 3,
        100..10_000 => 4,
        1..100 => 6,
    };
    format!("${}.{}", count(whole), &format!("{rest:06}")[..digits])
}

/// A time in milliseconds, in seconds from one on.
pub fn duration(ms: u32) -> String {
    if ms < 1000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1000, ms % 1000 / 100) }
}

/// A rate, whole where it is large.
pub fn rate(per_second: f32) -> String {
    // Below a hundred with one digit after the point. A rate is not negative, and no larger than what was counted.
    let tenths = (per_second * 10.0).round() as u64;
    if tenths >= 1000 { count(per_second.round() as u64) } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(n), text);
        }
        for (cost, text) in
            [(0, "$0.00"), (7, "$0.000007"), (1234, "$0.0012"), (45_678, "$0.045"), (1_234_567, "$1.23"), (9_876_543_210, "$9,876.54")]
        {
            assert_eq!(money(cost), text);
        }
        assert_eq!((duration(41), duration(1250)), ("41 ms".to_owned(), "1.2 s".to_owned()));
        assert_eq!((rate(9.96), rate(5.25), rate(1234.5)), ("10.0".to_owned(), "5.3".to_owned(), "1,235".to_owned()));
    }
}
