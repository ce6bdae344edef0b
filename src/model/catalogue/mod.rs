//! What administrators say of models: over what a provider lists and what is known of a vendor's models.

mod typed;

use serde::{Deserialize, Serialize};
pub use typed::{TypedModel, typed_price, typed_rate};
use utoipa::ToSchema;

use super::error::{ApiError, Fields, Rule};
use super::provider::{Abilities, Price, Rate};
use super::setup::{Setup, TOKENS_MAX};
use super::voice::{Task, VOICE_MAX};

/// Longest title and icon of a model, in characters.
pub const TITLE_MAX: usize = 80;
pub const ICON_MAX: usize = 8;
/// Most people that a model can be kept for.
pub const PEOPLE_MAX: usize = 200;
/// Last place in the order.
pub const POSITION_MAX: u32 = 9_999;
/// Largest window, in tokens.
pub const CONTEXT_MAX: u32 = 100_000_000;
/// Highest price of a million tokens, in micro-dollars.
pub const PRICE_MAX: u64 = 10_000_000_000;
/// Highest price of a million seconds or characters, in micro-dollars.
pub const RATE_MAX: u64 = 1_000_000_000_000;
/// Longest name of a model as `provider/model`, in characters.
pub const MODEL_MAX: usize = 250;

/// Who may use a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    #[default]
    Everyone,
    Admins,
    /// Those whose addresses are named.
    People,
}

impl Access {
    pub const ALL: [Self; 3] = [Self::Everyone, Self::Admins, Self::People];

    /// Its name in forms and over the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Admins => "admins",
            Self::People => "people",
        }
    }
}

/// What an administrator says of a model; what is null is as the provider or the catalogue says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelForm {
    /// Whether it is offered.
    pub enabled: bool,
    /// What people see in place of its name; at most 80 characters.
    #[schema(example = "GPT-5 mini")]
    pub title: Option<String>,
    /// An emoji or a letter before its title; at most 8 characters.
    #[schema(example = "🚀")]
    pub icon: Option<String>,
    /// Its place in the list, 0 first; null: behind those that have one, as its provider lists it.
    #[schema(maximum = 9_999)]
    pub position: Option<u32>,
    pub access: Access,
    /// With `people`: the e-mail addresses of those who may use it, at most 200.
    #[schema(max_items = 200)]
    pub people: Vec<String>,
    /// Context window in tokens.
    #[schema(minimum = 1, maximum = 100_000_000)]
    pub context: Option<u32>,
    /// Most tokens of an answer.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub output: Option<u32>,
    pub price: Option<Price>,
    /// Where it is paid by the second or character, not by tokens.
    pub rate: Option<Rate>,
    pub abilities: Abilities,
    /// What it does; only what is talked with is offered for conversations.
    pub task: Option<Task>,
    /// What it is told first in every conversation, and the parameters of those that set none.
    pub setup: Setup,
}

impl Default for ModelForm {
    fn default() -> Self {
        Self {
            enabled: true,
            title: None,
            icon: None,
            position: None,
            access: Access::Everyone,
            people: Vec::new(),
            context: None,
            output: None,
            price: None,
            rate: None,
            abilities: Abilities::default(),
            task: None,
            setup: Setup::default(),
        }
    }
}

impl ModelForm {
    /// Trims, and checks every field. Whether there are such people is the server's to say.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let clean = |text: Option<String>| text.map(|t| t.trim().replace('\0', "\u{FFFD}")).filter(|t| !t.is_empty());
        (self.title, self.icon) = (clean(self.title), clean(self.icon));
        self.people = addresses(self.people);
        let mut fields = Fields::default();
        if let Some(title) = &self.title {
            fields.length("title", title, 1, TITLE_MAX);
        }
        if let Some(icon) = &self.icon {
            fields.length("icon", icon, 1, ICON_MAX);
        }
        range(&mut fields, "position", self.position, 0, POSITION_MAX);
        range(&mut fields, "context", self.context, 1, CONTEXT_MAX);
        range(&mut fields, "output", self.output, 1, TOKENS_MAX);
        if self.price.is_some_and(|price| [price.input, price.output, price.cached.unwrap_or_default()].iter().any(|p| *p > PRICE_MAX)) {
            fields.add("price", Rule::Range(0, 10_000), "A price must be from 0 to 10,000 dollars for a million tokens.");
        }
        if self.rate.is_some_and(|rate| rate.price > RATE_MAX) {
            fields.add("rate", Rule::Range(0, 1_000_000), "A rate must be from 0 to 1,000,000 dollars for a million.");
        }
        match self.access {
            Access::People if self.people.is_empty() => fields.add("people", Rule::Required, "people must name somebody."),
            Access::People if self.people.len() > PEOPLE_MAX => {
                fields.add("people", Rule::Range(1, 200), format!("people may name at most {PEOPLE_MAX}."));
            }
            Access::People => {}
            Access::Everyone | Access::Admins => self.people.clear(),
        }
        fields.check()?;
        self.setup = self.setup.checked()?;
        Ok(self)
    }
}

fn range(fields: &mut Fields, name: &str, value: Option<u32>, min: u32, max: u32) {
    if value.is_some_and(|value| !(min..=max).contains(&value)) {
        fields.add(name, Rule::Range(min, max), format!("{name} must be from {min} to {max}."));
    }
}

/// Each address once, as addresses are compared.
fn addresses(people: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for address in people.into_iter().map(|address| address.trim().to_lowercase()) {
        if !address.is_empty() && !kept.contains(&address) {
            kept.push(address);
        }
    }
    kept
}

/// What is known of a model without its administrators: from its provider's list and the catalogue; null: unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Known {
    pub title: Option<String>,
    pub context: Option<u32>,
    pub output: Option<u32>,
    pub price: Option<Price>,
    #[serde(default)]
    pub rate: Option<Rate>,
    pub abilities: Abilities,
    /// By its name, where nobody said.
    #[serde(default)]
    pub task: Task,
}

/// A model as administrators see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CatalogueEntry {
    /// `provider/model`
    #[schema(example = "openai/gpt-5-mini")]
    pub model: String,
    pub provider_id: uuid::Uuid,
    /// Its provider is switched on and lists it.
    pub listed: bool,
    pub known: Known,
    /// What was said of it; null: nothing, so everyone may use it.
    pub own: Option<ModelForm>,
}

impl CatalogueEntry {
    /// What it does: as was said, else as is known.
    pub fn task(&self) -> Task {
        self.own.as_ref().and_then(|own| own.task).unwrap_or(self.known.task)
    }
}

/// Which models are used where nobody chose one; null: the server's choice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSettings {
    /// In a new conversation, for those who may use it and have no own default.
    #[schema(example = "openai/gpt-5-mini")]
    pub chat: Option<String>,
    /// For titles of conversations; null: the conversation's own.
    #[schema(example = "openai/gpt-5-nano")]
    pub title: Option<String>,
    /// In place of a chosen model of which it is known that it sees none, for questions with pictures, for those who may use it;
    /// null: such questions are refused.
    #[schema(example = "openai/gpt-5-mini")]
    pub vision: Option<String>,
    /// For recordings; null: the first model that is listed and transcribes, by the order of providers.
    #[schema(example = "openai/gpt-4o-mini-transcribe")]
    pub transcription: Option<String>,
    /// For reading answers aloud; null: the browser's own voice.
    #[schema(example = "openai/gpt-4o-mini-tts")]
    pub speech: Option<String>,
    /// For passages of long documents, and the questions that they are chosen for; null: they are found by their words alone.
    #[schema(example = "openai/text-embedding-3-small")]
    pub embedding: Option<String>,
    /// The name of the voice that reads aloud, at the provider; null: `alloy`.
    #[schema(example = "alloy")]
    pub voice: Option<String>,
}

impl ModelSettings {
    /// Trims, and checks every field. Whether there are such models is the server's to say.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        for (name, value, max) in self.fields() {
            *value = value.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            if let Some(text) = value {
                fields.length(name, text, 1, max);
            }
        }
        fields.check()?;
        Ok(self)
    }

    /// Each with its name and its longest length, in characters.
    fn fields(&mut self) -> [(&'static str, &mut Option<String>, usize); 7] {
        [
            ("chat", &mut self.chat, MODEL_MAX),
            ("title", &mut self.title, MODEL_MAX),
            ("vision", &mut self.vision, MODEL_MAX),
            ("transcription", &mut self.transcription, MODEL_MAX),
            ("speech", &mut self.speech, MODEL_MAX),
            ("embedding", &mut self.embedding, MODEL_MAX),
            ("voice", &mut self.voice, VOICE_MAX),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_said_of_its_field() {
        let wrong = ModelForm { position: Some(10_000), context: Some(0), title: Some("x".repeat(81)), ..ModelForm::default() };
        let fields: Vec<_> = wrong.checked().unwrap_err().fields.into_iter().map(|f| f.field).collect();
        assert_eq!(fields, ["title", "position", "context"]);
    }

    #[test]
    fn people_are_kept_only_where_they_count() {
        let form = ModelForm { people: vec!["a@b".into()], ..ModelForm::default() }.checked().unwrap();
        assert!(form.people.is_empty());
    }
}
