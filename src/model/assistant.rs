//! Assistants: a model, what it is told, its parameters, a greeting and a few questions to begin with, under a name and an icon.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::chat::Badge;
use super::error::{ApiError, Fields, Rule};
use super::setup::{Setup, Typed};

/// Longest name, icon, greeting and question, in characters.
pub const NAME_MAX: usize = 60;
pub const ICON_MAX: usize = 10;
pub const GREETING_MAX: usize = 1_000;
pub const STARTER_MAX: usize = 200;
const MODEL_MAX: usize = 200;
/// Most questions to begin with.
pub const STARTERS_MAX: usize = 4;
/// Most assistants that somebody keeps.
pub const KEPT_MAX: i64 = 200;

/// An assistant of somebody's, or one that an administrator shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Assistant {
    pub id: Uuid,
    /// The viewer's own.
    pub mine: bool,
    #[serde(flatten)]
    pub form: AssistantForm,
    pub updated_at: DateTime<Utc>,
}

/// What is typed to keep or change an assistant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AssistantForm {
    /// At most 60 characters.
    #[schema(required, example = "Gardener")]
    pub name: String,
    /// An emoji or a letter; absent: the name's first letter.
    #[schema(example = "🌱")]
    pub icon: String,
    /// `provider/model`; null: the reader's usual one.
    pub model: Option<String>,
    /// What stands in the empty conversation, at most 1,000 characters.
    #[schema(example = "What grows, and what does not?")]
    pub greeting: String,
    /// Questions to begin with: at most 4, each of at most 200 characters.
    #[schema(max_items = 4)]
    pub starters: Vec<String>,
    /// Offer it to everybody; administrators only.
    pub shared: bool,
    #[serde(flatten)]
    pub setup: Setup,
}

impl Assistant {
    /// What was typed.
    pub fn into_form(self) -> AssistantForm {
        self.form
    }
}

impl AssistantForm {
    /// Trims and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let line = |text: String| text.trim().replace(|c: char| c.is_control(), " ");
        self.name = line(self.name);
        self.icon = line(self.icon);
        if self.icon.is_empty() {
            self.icon = self.name.chars().next().into_iter().flat_map(char::to_uppercase).collect();
        }
        self.model = self.model.map(line).filter(|model| !model.is_empty());
        self.greeting = self.greeting.trim().replace('\0', "\u{FFFD}");
        self.starters = self.starters.into_iter().map(line).filter(|text| !text.is_empty()).collect();
        let mut fields = Fields::default();
        fields.length("name", &self.name, 1, NAME_MAX);
        fields.length("icon", &self.icon, 0, ICON_MAX);
        if self.icon.contains(char::is_whitespace) {
            fields.add("icon", Rule::Format, "icon must be an emoji or a letter.");
        }
        fields.length("model", self.model.as_deref().unwrap_or_default(), 0, MODEL_MAX);
        fields.length("greeting", &self.greeting, 0, GREETING_MAX);
        if self.starters.len() > STARTERS_MAX {
            let count = u32::try_from(STARTERS_MAX).unwrap_or_default();
            fields.add("starters", Rule::Range(0, count), format!("starters may hold at most {STARTERS_MAX} questions."));
        } else if let Some(long) = self.starters.iter().find(|text| text.chars().count() > STARTER_MAX) {
            fields.length("starters", long, 1, STARTER_MAX);
        }
        fields.check()?;
        self.setup = self.setup.checked()?;
        Ok(self)
    }
}

/// What the page of a new conversation shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The assistants to choose from.
    pub cards: Vec<Badge>,
    /// The one that was chosen.
    pub chosen: Option<Chosen>,
    /// What stands in the composer.
    pub text: Option<String>,
    /// The folder that the conversation will be in.
    #[serde(default)]
    pub folder: Option<Around>,
}

/// The folder of a new conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Around {
    pub id: Uuid,
    pub name: String,
    pub model: Option<String>,
}

/// The assistant of a new conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    pub badge: Badge,
    pub model: Option<String>,
    pub greeting: String,
    pub starters: Vec<String>,
    pub setup: Typed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_is_the_names_first_letter_unless_there_is_one() {
        let form = |name: &str, icon: &str| AssistantForm { name: name.into(), icon: icon.into(), ..AssistantForm::default() };
        assert_eq!(form("élan", "").checked().unwrap().icon, "É");
        assert_eq!(form("园丁", " ").checked().unwrap().icon, "园");
        assert_eq!(form("Gardener", "👩‍🌾").checked().unwrap().icon, "👩‍🌾");
        assert!(form("Gardener", "a b").checked().is_err());
    }

    #[test]
    fn what_is_too_much_is_said_of_its_field() {
        let form = AssistantForm { starters: vec!["Why?".into(); 5], greeting: "x".repeat(1_001), ..AssistantForm::default() };
        let error = form.checked().unwrap_err();
        let named: Vec<_> = error.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(named, ["name", "greeting", "starters"]);
        let setup = Setup { temperature: Some(3.0), ..Setup::default() };
        let form = AssistantForm { name: "A".into(), setup, ..AssistantForm::default() };
        assert!(form.checked().unwrap_err().field("temperature").is_some());
    }
}
