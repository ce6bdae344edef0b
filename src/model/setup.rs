//! How the models of a conversation are asked: what they are told first, and the parameters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{ApiError, Fields, Rule};

/// Longest system prompt, in characters.
pub const SYSTEM_MAX: usize = 20_000;
/// Most tokens of an answer that can be asked for.
pub const TOKENS_MAX: u32 = 1_000_000;
/// Most stop sequences, and the longest, in characters.
pub const STOPS_MAX: usize = 4;
pub const STOP_MAX: usize = 100;

/// How long a model thinks before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Not at all, or as little as the model can.
    Off,
    Low,
    Medium,
    High,
}

impl Effort {
    pub const ALL: [Self; 4] = [Self::Off, Self::Low, Self::Medium, Self::High];

    /// Its name in forms and over the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A parameter that some models do not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    Temperature,
    TopP,
    MaxTokens,
    ReasoningEffort,
    Stop,
}

/// What a conversation sets; what is null is the model's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Setup {
    /// What the models are told before anything else, at most 20,000 characters. The server's own comes before it.
    #[schema(example = "Answer in one sentence.")]
    pub system_prompt: Option<String>,
    /// 0 to 2: how far answers stray from the likeliest.
    #[schema(minimum = 0, maximum = 2, example = 0.7)]
    pub temperature: Option<f32>,
    /// Above 0, at most 1: only the likeliest tokens that together have this probability.
    #[schema(exclusive_minimum = 0, maximum = 1, example = 0.9)]
    pub top_p: Option<f32>,
    /// Most tokens of an answer.
    #[schema(minimum = 1, maximum = 1_000_000, example = 2000)]
    pub max_tokens: Option<u32>,
    pub reasoning_effort: Option<Effort>,
    /// An answer ends before the first of these; at most 4, each of at most 100 characters.
    #[schema(max_items = 4)]
    pub stop: Vec<String>,
}

impl Setup {
    /// Trims, and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let clean = |text: String| text.replace('\0', "\u{FFFD}");
        self.system_prompt = self.system_prompt.map(|text| clean(text.trim().to_owned())).filter(|text| !text.is_empty());
        self.stop = self.stop.into_iter().map(clean).filter(|text| !text.is_empty()).collect();
        let mut fields = Fields::default();
        if let Some(text) = &self.system_prompt {
            fields.length("system_prompt", text, 1, SYSTEM_MAX);
        }
        if self.temperature.is_some_and(|t| !(0.0..=2.0).contains(&t)) {
            fields.add("temperature", Rule::Range(0, 2), "temperature must be between 0 and 2.");
        }
        if self.top_p.is_some_and(|p| !(p > 0.0 && p <= 1.0)) {
            fields.add("top_p", Rule::Range(0, 1), "top_p must be above 0 and at most 1.");
        }
        if self.max_tokens.is_some_and(|n| !(1..=TOKENS_MAX).contains(&n)) {
            fields.add("max_tokens", Rule::Range(1, TOKENS_MAX), format!("max_tokens must be between 1 and {TOKENS_MAX}."));
        }
        if self.stop.len() > STOPS_MAX {
            let count = u32::try_from(STOPS_MAX).unwrap_or_default();
            fields.add("stop", Rule::Range(0, count), format!("stop may hold at most {STOPS_MAX} sequences."));
        } else if let Some(long) = self.stop.iter().find(|text| text.chars().count() > STOP_MAX) {
            fields.length("stop", long, 1, STOP_MAX);
        }
        fields.check()?;
        Ok(self)
    }

    /// Parameters that are not set here are those of `model`. Its system prompt is told beside the one here, so it is not taken over.
    pub fn over(self, model: &Self) -> Self {
        Self {
            system_prompt: self.system_prompt,
            temperature: self.temperature.or(model.temperature),
            top_p: self.top_p.or(model.top_p),
            max_tokens: self.max_tokens.or(model.max_tokens),
            reasoning_effort: self.reasoning_effort.or(model.reasoning_effort),
            stop: if self.stop.is_empty() { model.stop.clone() } else { self.stop },
        }
    }

    /// Nothing is set.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The same as people type it: a form's fields, all of them text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub system_prompt: String,
    pub temperature: String,
    pub top_p: String,
    pub max_tokens: String,
    pub reasoning_effort: String,
    /// One a line.
    pub stop: String,
}

impl Typed {
    /// What was meant. What cannot be read is an error about its field.
    pub fn read(self) -> Result<Setup, ApiError> {
        let mut fields = Fields::default();
        let setup = Setup {
            system_prompt: Some(self.system_prompt),
            temperature: number(&mut fields, "temperature", &self.temperature),
            top_p: number(&mut fields, "top_p", &self.top_p),
            max_tokens: number(&mut fields, "max_tokens", &self.max_tokens),
            reasoning_effort: Effort::ALL.into_iter().find(|effort| effort.name() == self.reasoning_effort),
            stop: self.stop.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect(),
        };
        fields.check()?;
        setup.checked()
    }
}

fn number<T: std::str::FromStr>(fields: &mut Fields, name: &str, text: &str) -> Option<T> {
    let text = text.trim();
    let read = text.replace(',', ".").parse().ok();
    if read.is_none() && !text.is_empty() {
        fields.add(name, Rule::Format, format!("{name} must be a number."));
    }
    read
}

impl From<Setup> for Typed {
    fn from(setup: Setup) -> Self {
        let text = |number: Option<f32>| number.map(|n| n.to_string()).unwrap_or_default();
        Self {
            system_prompt: setup.system_prompt.unwrap_or_default(),
            temperature: text(setup.temperature),
            top_p: text(setup.top_p),
            max_tokens: setup.max_tokens.map(|n| n.to_string()).unwrap_or_default(),
            reasoning_effort: setup.reasoning_effort.map(Effort::name).unwrap_or_default().to_owned(),
            stop: setup.stop.join("\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_said_of_every_field_at_once() {
        let wrong = Setup {
            system_prompt: Some("x".repeat(SYSTEM_MAX + 1)),
            temperature: Some(2.1),
            top_p: Some(0.0),
            max_tokens: Some(0),
            reasoning_effort: None,
            stop: vec!["a".into(); 5],
        };
        let error = wrong.checked().unwrap_err();
        let named: Vec<_> = error.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(named, ["system_prompt", "temperature", "top_p", "max_tokens", "stop"]);
        assert!(Setup { temperature: Some(f32::NAN), ..Setup::default() }.checked().is_err());
        assert!(Setup { temperature: Some(2.0), top_p: Some(1.0), max_tokens: Some(1), ..Setup::default() }.checked().is_ok());
    }

    #[test]
    fn what_is_typed_is_read_and_shown_again_the_same() {
        let typed = Typed {
            system_prompt: " Be brief. ".into(),
            temperature: "0,7".into(),
            max_tokens: " 200 ".into(),
            reasoning_effort: "high".into(),
            stop: "END\r\n\nSTOP".into(),
            ..Typed::default()
        };
        let setup = typed.read().unwrap();
        let expected = Setup {
            system_prompt: Some("Be brief.".into()),
            temperature: Some(0.7),
            max_tokens: Some(200),
            reasoning_effort: Some(Effort::High),
            stop: vec!["END".into(), "STOP".into()],
            ..Setup::default()
        };
        assert_eq!(setup, expected);
        assert_eq!(Typed::from(setup.clone()).read().unwrap(), setup);
        assert!(Typed::default().read().unwrap().is_default());
        let error = Typed { top_p: "much".into(), ..Typed::default() }.read().unwrap_err();
        assert!(error.field("top_p").is_some_and(|field| field.rule == Rule::Format));
    }
}
