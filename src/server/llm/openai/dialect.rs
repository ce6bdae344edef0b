//! What servers of OpenAI's shape say differently: how long a model is to think has as many words as there are vendors.

use serde::Serialize;

use super::super::catalogue::{self, Facts};
use crate::model::provider::Kind;
use crate::model::setup::{Effort, Parameter};

/// Hosts, by how they end, that the catalogue does not know and whose words are known.
const HOSTS: [(&str, Dialect); 4] = [
    (".openai.azure.com", Dialect::OpenAi),
    ("openrouter.ai", Dialect::Plain),
    ("api.siliconflow.cn", Dialect::Enable),
    ("api.siliconflow.com", Dialect::Enable),
];

/// Whose words a server understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's own, which refuses what a model does not take.
    OpenAi,
    /// `reasoning_effort` with every word of OpenAI's; servers that do not know it pass it over.
    Plain,
    Groq,
    Mistral,
    /// `thinking: {type}` and `reasoning_effort`.
    DeepSeek,
    /// `thinking: {type}` alone.
    Switch,
    Moonshot,
    /// `enable_thinking` and `thinking_budget`.
    Enable,
    /// Its models take no such word, or each another one.
    None,
}

/// The fields that say how long to think.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Thinking {
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Switch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_thinking: Option<bool>,
    /// Most tokens of thoughts.
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u32>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Switch {
    r#type: &'static str,
}

impl Dialect {
    /// Of the server at this address.
    pub fn of(base_url: &str) -> Self {
        match catalogue::vendor(Kind::Openai, Some(base_url)) {
            Some("openai") => return Self::OpenAi,
            Some("groq") => return Self::Groq,
            Some("mistral") => return Self::Mistral,
            Some("deepseek" | "volcengine") => return Self::DeepSeek,
            Some("zhipu") => return Self::Switch,
            Some("moonshot") => return Self::Moonshot,
            Some("qwen") => return Self::Enable,
            Some(_) => return Self::None,
            None => {}
        }
        let host = base_url.split_once("://").map_or(base_url, |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default();
        HOSTS.iter().find(|(end, _)| host.ends_with(end)).map_or(Self::Plain, |(_, dialect)| *dialect)
    }

    /// The fields for this model.
    pub fn thinking(self, model: &str, effort: Effort) -> Thinking {
        let word = |word| Thinking { reasoning_effort: Some(word), ..Thinking::default() };
        let off = effort == Effort::Off;
        let switch = Some(Switch { r#type: if off { "disabled" } else { "enabled" } });
        match self {
            Self::None => Thinking::default(),
            Self::OpenAi if !thinks(model) => Thinking::default(),
            Self::OpenAi if off => word(least(model)),
            Self::Plain | Self::Mistral if off => word("none"),
            Self::OpenAi | Self::Plain => word(effort.name()),
            // It knows two levels.
            Self::Mistral => word("high"),
            Self::Groq if model.contains("gpt-oss") => word(if off { "low" } else { effort.name() }),
            Self::Groq => word(if off { "none" } else { "default" }),
            Self::DeepSeek => Thinking { thinking: switch, reasoning_effort: (!off).then_some(effort.name()), ..Thinking::default() },
            // These always think, and know how long.
            Self::Moonshot if model.starts_with("kimi-k3") => word(if effort == Effort::High { "high" } else { "low" }),
            Self::Switch | Self::Moonshot => Thinking { thinking: switch, ..Thinking::default() },
            Self::Enable => {
                let budget = match effort {
                    Effort::Off => None,
                    Effort::Low => Some(2_048),
                    Effort::Medium => Some(8_192),
                    Effort::High => Some(24_576),
                };
                Thinking { enable_thinking: Some(!off), thinking_budget: budget, ..Thinking::default() }
            }
        }
    }

    /// How long to think, in a word; none: this model is told nothing, or not in a word.
    pub fn effort(self, model: &str, effort: Effort) -> Option<&'static str> {
        self.thinking(model, effort).reasoning_effort
    }

    /// Whether this is one of OpenAI's own models that think, whose thoughts can be asked for.
    pub fn tells_thoughts(self, model: &str) -> bool {
        self == Self::OpenAi && thinks(model)
    }

    /// Parameters that this model does not take.
    pub fn ignores(self, model: &str, facts: &Facts) -> Vec<Parameter> {
        use Parameter::{ReasoningEffort, Stop, Temperature, TopP};
        match self {
            // <https://platform.openai.com/docs/guides/reasoning>: its thinking models take none of these.
            Self::OpenAi if thinks(model) && model.contains("-pro") => vec![Temperature, TopP, ReasoningEffort, Stop],
            Self::OpenAi if thinks(model) => vec![Temperature, TopP, Stop],
            Self::OpenAi | Self::None => vec![ReasoningEffort],
            // Kimi's thinking models have fixed values, and refuse others.
            Self::Moonshot if facts.reasons() == Some(true) => vec![Temperature, TopP],
            _ if facts.reasons() == Some(false) => vec![ReasoningEffort],
            _ => Vec::new(),
        }
    }
}

/// Whether one of OpenAI's own models thinks before it answers: `o3`, `gpt-5-mini`; not `gpt-5-chat-latest`, `gpt-4o`.
fn thinks(model: &str) -> bool {
    let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let generation = model.strip_prefix("gpt-").and_then(|rest| rest.split(['.', '-', 'o']).next()?.parse::<u32>().ok());
    let chats = model.contains("chat") || model.contains("search");
    !chats && (model.strip_prefix('o').is_some_and(digit) || generation.is_some_and(|generation| (5..30).contains(&generation)))
}

/// The least that a model can be told to think.
fn least(model: &str) -> &'static str {
    match model {
        _ if model.starts_with('o') => "low",
        _ if model == "gpt-5" || model.starts_with("gpt-5-") => "minimal",
        _ => "none",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_vendor_is_told_in_its_own_words() {
        let said = |url: &str, model: &str, effort| serde_json::to_value(Dialect::of(url).thinking(model, effort)).unwrap();
        for (url, model, high, off) in [
            ("https://api.openai.com/v1", "gpt-5.1", json!({"reasoning_effort": "high"}), json!({"reasoning_effort": "none"})),
            ("https://api.openai.com/v1", "gpt-5-mini", json!({"reasoning_effort": "high"}), json!({"reasoning_effort": "minimal"})),
            ("https://api.openai.com/v1", "o3", json!({"reasoning_effort": "high"}), json!({"reasoning_effort": "low"})),
            ("https://api.openai.com/v1", "gpt-4o", json!({}), json!({})),
            ("https://x.openai.azure.com/openai/v1", "o4-mini", json!({"reasoning_effort": "high"}), json!({"reasoning_effort": "low"})),
            ("http://127.0.0.1:8000/v1", "m", json!({"reasoning_effort": "high"}), json!({"reasoning_effort": "none"})),
            (
                "https://api.groq.com/openai/v1",
                "qwen/qwen3.8-27b",
                json!({"reasoning_effort": "default"}),
                json!({"reasoning_effort": "none"}),
            ),
            (
                "https://api.groq.com/openai/v1",
                "openai/gpt-oss-20b",
                json!({"reasoning_effort": "high"}),
                json!({"reasoning_effort": "low"}),
            ),
            (
                "https://api.deepseek.com/v1",
                "deepseek-v4-pro",
                json!({"thinking": {"type": "enabled"}, "reasoning_effort": "high"}),
                json!({"thinking": {"type": "disabled"}}),
            ),
            (
                "https://open.bigmodel.cn/api/paas/v4",
                "glm-5",
                json!({"thinking": {"type": "enabled"}}),
                json!({"thinking": {"type": "disabled"}}),
            ),
            (
                "https://dashscope.aliyuncs.com/compatible-mode/v1",
                "qwen3.7-plus",
                json!({"enable_thinking": true, "thinking_budget": 24_576}),
                json!({"enable_thinking": false}),
            ),
            ("https://api.x.ai/v1", "grok-4.5", json!({}), json!({})),
        ] {
            assert_eq!((said(url, model, Effort::High), said(url, model, Effort::Off)), (high, off), "{url} {model}");
        }
    }

    #[test]
    fn what_a_model_does_not_take_is_known_by_its_name() {
        use Parameter::{ReasoningEffort, Stop, Temperature, TopP};
        let ignores = |url: &str, model: &str| {
            let facts = catalogue::vendor(Kind::Openai, Some(url)).and_then(|vendor| catalogue::find(vendor, model)).unwrap_or_default();
            Dialect::of(url).ignores(model, &facts)
        };
        let openai = "https://api.openai.com/v1";
        for model in ["o3", "gpt-5.2", "gpt-6-sol", "gpt-5-2025-08-07"] {
            assert_eq!(ignores(openai, model), [Temperature, TopP, Stop], "{model}");
        }
        for model in ["gpt-4o", "gpt-5-chat-latest", "gpt-3.5-turbo", "gpt-35-turbo"] {
            assert_eq!(ignores(openai, model), [ReasoningEffort], "{model}");
        }
        assert_eq!(ignores("https://api.moonshot.cn/v1", "kimi-k2.6"), [Temperature, TopP]);
        assert_eq!(ignores("https://api.deepseek.com/v1", "deepseek-chat"), [ReasoningEffort]);
        assert_eq!(ignores("http://127.0.0.1:1234/v1", "anything"), []);
    }
}
