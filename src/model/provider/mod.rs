//! Where models come from: providers that administrators edit, and the models they offer.

mod health;
mod key;
mod limits;

use chrono::{DateTime, Utc};
pub use health::{Circuit, Health, Standing};
use key::check_key;
pub use key::{KeyForm, ProviderKey};
pub use limits::Limits;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};
use super::setup::Parameter;

/// How a provider is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Any API of OpenAI's shape.
    Openai,
    /// The built-in model.
    Local,
    /// Scripted answers, for development and tests.
    Fake,
    /// Anthropic's Messages API.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Ollama's own API.
    Ollama,
}

/// Which of its two APIs a provider of OpenAI's shape is asked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// Chat Completions: every server of this shape has it.
    #[default]
    Chat,
    /// Responses: OpenAI's newer one, which tells what its models think and keeps their thoughts from one question to the next.
    Responses,
}

impl Api {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Chat, Self::Responses];

    /// Its name in forms and over the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
        }
    }
}

/// A vendor that administrators only need a key for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Also the slug that is proposed.
    pub slug: &'static str,
    /// The vendor's own name, the same in every language.
    pub title: &'static str,
    pub kind: Kind,
    /// Absent: the kind's own.
    pub base_url: Option<&'static str>,
    pub api: Api,
}

impl Preset {
    const fn new(slug: &'static str, title: &'static str, kind: Kind, base_url: Option<&'static str>) -> Self {
        Self { slug, title, kind, base_url, api: Api::Chat }
    }

    const fn through(self, api: Api) -> Self {
        Self { api, ..self }
    }

    /// The presets, in the order in which they are offered. Addresses are those of the vendors' documentation.
    pub const ALL: [Self; 16] = [
        Self::new("openai", "OpenAI", Kind::Openai, None),
        Self::new("openai-responses", "OpenAI (Responses)", Kind::Openai, None).through(Api::Responses),
        Self::new("anthropic", "Anthropic", Kind::Anthropic, None),
        Self::new("gemini", "Google Gemini", Kind::Gemini, None),
        Self::new("ollama", "Ollama", Kind::Ollama, Some("http://127.0.0.1:11434")),
        Self::new("deepseek", "DeepSeek", Kind::Openai, Some("https://api.deepseek.com/v1")),
        Self::new("qwen", "通义千问 Qwen (DashScope)", Kind::Openai, Some("https://dashscope.aliyuncs.com/compatible-mode/v1")),
        Self::new("moonshot", "月之暗面 Moonshot", Kind::Openai, Some("https://api.moonshot.cn/v1")),
        Self::new("zhipu", "智谱 Zhipu", Kind::Openai, Some("https://open.bigmodel.cn/api/paas/v4")),
        Self::new("siliconflow", "硅基流动 SiliconFlow", Kind::Openai, Some("https://api.siliconflow.cn/v1")),
        Self::new("groq", "Groq", Kind::Openai, Some("https://api.groq.com/openai/v1")),
        Self::new("mistral", "Mistral", Kind::Openai, Some("https://api.mistral.ai/v1")),
        Self::new("openrouter", "OpenRouter", Kind::Openai, Some("https://openrouter.ai/api/v1")),
        Self::new("azure", "Azure OpenAI", Kind::Openai, Some("https://RESOURCE.openai.azure.com/openai/v1")),
        Self::new("vllm", "vLLM", Kind::Openai, Some("http://127.0.0.1:8000/v1")),
        Self::new("lmstudio", "LM Studio", Kind::Openai, Some("http://127.0.0.1:1234/v1")),
    ];

    /// Whether its models run on this machine as a rule.
    pub fn is_here(self) -> bool {
        self.base_url.is_some_and(|url| url.starts_with("http://127.0.0.1"))
    }

    /// The preset of this slug.
    pub fn find(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.slug == slug)
    }
}

impl Kind {
    /// The kinds that administrators can add; the server brings the others itself.
    pub const ADDED: [Self; 4] = [Self::Openai, Self::Anthropic, Self::Gemini, Self::Ollama];

    /// Its name in forms and over the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Local => "local",
            Self::Fake => "fake",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }
}

/// A provider as administrators see it. The keys themselves never leave the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Provider {
    pub id: Uuid,
    /// The part before the slash in `provider/model`.
    pub slug: String,
    pub kind: Kind,
    pub base_url: Option<String>,
    pub has_key: bool,
    pub enabled: bool,
    /// From the environment or built in: shown, can be disabled, not edited.
    pub builtin: bool,
    /// An administrator allowed its address to be in a private network.
    #[serde(default)]
    pub private: bool,
    #[serde(default)]
    pub api: Api,
    /// Its place among the providers, 1 the first: models are offered in this order.
    #[serde(default)]
    pub position: u32,
    #[serde(default)]
    pub limits: Limits,
    /// In the order in which they take turns; a key of the environment is not among them.
    #[serde(default)]
    pub keys: Vec<ProviderKey>,
    #[serde(default)]
    pub health: Option<Health>,
    pub created_at: DateTime<Utc>,
}

impl Provider {
    /// Whether something of it is not asked at the moment because it failed.
    pub fn is_troubled(&self) -> bool {
        let open = self.health.as_ref().is_some_and(|health| health.circuit != Circuit::Closed);
        open || self.keys.iter().any(|key| key.standing != Standing::default())
    }
}

/// What an administrator types to add or change a provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProviderForm {
    pub slug: String,
    pub kind: Kind,
    pub base_url: Option<String>,
    /// The first key. Absent or empty: keep the one there is.
    pub api_key: Option<String>,
    pub enabled: bool,
    /// The address may be in a private network.
    pub private: bool,
    pub api: Api,
    pub limits: Limits,
}

impl ProviderForm {
    /// Trims and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.slug = self.slug.trim().to_lowercase();
        self.base_url = self.base_url.map(|u| u.trim().trim_end_matches('/').to_owned()).filter(|u| !u.is_empty());
        self.api_key = self.api_key.map(|k| k.trim().to_owned()).filter(|k| !k.is_empty());
        let mut fields = Fields::default();
        fields.length("slug", &self.slug, 1, 40);
        if !self.slug.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            fields.add("slug", Rule::Format, "slug may hold letters, digits, '-', '_' and '.'.");
        }
        if let Some(url) = &self.base_url {
            fields.length("base_url", url, 1, 500);
            if !(url.starts_with("http://") || url.starts_with("https://")) || url.chars().any(char::is_whitespace) {
                fields.add("base_url", Rule::Format, "base_url must start with http:// or https://.");
            }
        }
        if let Some(key) = &self.api_key {
            check_key(&mut fields, key);
        }
        if self.api != Api::Chat && self.kind != Kind::Openai {
            fields.add("api", Rule::Unknown, "api can be responses only where kind is openai.");
        }
        self.limits.check(&mut fields);
        fields.check()?;
        Ok(self)
    }
}

/// Which model answers when another cannot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fallback {
    pub id: Uuid,
    /// `provider/model`, or `provider/*` for all of its models that have no line of their own.
    #[schema(example = "openai/*")]
    pub model: String,
    /// `provider/model`
    #[schema(example = "deepseek/deepseek-chat")]
    pub next: String,
}

/// What a model costs, in micro-dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Price {
    #[schema(example = 250_000)]
    pub input: u64,
    #[schema(example = 2_000_000)]
    pub output: u64,
    /// Of a prompt's part that the provider has in its cache; null: as the rest, or unknown.
    #[schema(example = 25_000)]
    pub cached: Option<u64>,
}

/// What some models are paid for in place of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Of a recording.
    Second,
    /// Of a text that is read aloud.
    Character,
}

/// What a model costs that is not paid by tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rate {
    pub unit: Unit,
    /// Micro-dollars for a million of them.
    #[schema(example = 100_000_000)]
    pub price: u64,
}

/// What a model can do; null: unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Abilities {
    /// Looks at pictures.
    pub vision: Option<bool>,
    /// Calls tools.
    pub tools: Option<bool>,
    /// Thinks before it answers.
    pub reasoning: Option<bool>,
    /// Reads PDF files itself, as they are; others are shown their text.
    pub files: Option<bool>,
}

/// A model that the viewer may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Model {
    /// `provider/model`.
    pub id: String,
    pub name: String,
    /// An emoji or a letter that administrators gave it.
    #[serde(default)]
    pub icon: Option<String>,
    pub provider: String,
    /// Context window in tokens, where known.
    pub context: Option<u32>,
    /// Most tokens of an answer, where known.
    #[serde(default)]
    pub output: Option<u32>,
    /// Where known.
    #[serde(default)]
    pub price: Option<Price>,
    #[serde(default)]
    pub abilities: Abilities,
    /// Parameters that it does not take: they are left out of what it is sent.
    #[serde(default)]
    pub ignores: Vec<Parameter>,
    /// The one that is used when nothing was chosen.
    pub default: bool,
    /// The one that administrators chose for pictures, where the chosen one sees none.
    #[serde(default)]
    pub pictures: bool,
}

/// What "Test connection" found: the real answer or the real error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderTest {
    pub ok: bool,
    /// The provider's own words, without secrets.
    pub message: String,
    /// Milliseconds until the answer.
    pub millis: u64,
    pub models: Vec<String>,
}
