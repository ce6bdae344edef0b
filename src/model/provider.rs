//! Where models come from: providers that administrators edit, and the models they offer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};

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

/// A provider as administrators see it. The key itself never leaves the server.
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
    pub created_at: DateTime<Utc>,
}

/// What an administrator types to add or change a provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProviderForm {
    pub slug: String,
    pub kind: Kind,
    pub base_url: Option<String>,
    /// Absent or empty: keep the key there is.
    pub api_key: Option<String>,
    pub enabled: bool,
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
            fields.length("api_key", key, 1, 1000);
            if key.chars().any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
                fields.add("api_key", Rule::Format, "api_key may hold visible ASCII characters only.");
            }
        }
        fields.check()?;
        Ok(self)
    }
}

/// A model that the viewer may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Model {
    /// `provider/model`.
    pub id: String,
    pub name: String,
    pub provider: String,
    /// Context window in tokens, where known.
    pub context: Option<u32>,
    /// The one that is used when nothing was chosen.
    pub default: bool,
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
