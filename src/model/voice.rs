//! Speech: what is said becomes text, and text is read aloud.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Largest recording, in bytes: what OpenAI takes.
pub const AUDIO_MAX: usize = 25 * 1024 * 1024;
/// The same in mebibytes, for people.
pub const AUDIO_MB_MAX: usize = AUDIO_MAX / (1024 * 1024);
/// Longest recording that the composer makes, in seconds.
pub const SECONDS_MAX: u32 = 600;
/// Longest text that is read aloud at once, in characters.
pub const SPEECH_MAX: usize = 4_096;
/// Longest prompt beside a recording, in characters.
pub const PROMPT_MAX: usize = 1_000;
/// Longest name of a voice, in characters.
pub const VOICE_MAX: usize = 100;
/// The path that recordings are sent to.
pub const TRANSCRIPTIONS: &str = "/api/llm/transcriptions/";

/// What a model does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// It is talked with.
    #[default]
    Chat,
    /// It turns speech into text.
    Transcription,
    /// It reads text aloud.
    Speech,
    /// It makes vectors of texts, by which those that say alike are found.
    Embedding,
}

impl Task {
    pub const ALL: [Self; 4] = [Self::Chat, Self::Transcription, Self::Speech, Self::Embedding];

    /// Its name in forms and over the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Transcription => "transcription",
            Self::Speech => "speech",
            Self::Embedding => "embedding",
        }
    }

    /// The task of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.name() == name)
    }
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Transcription {
    /// Empty: nothing was said.
    #[schema(example = "Remind me to water the peas.")]
    pub text: String,
    /// `provider/model`
    #[schema(example = "openai/gpt-4o-mini-transcribe")]
    pub model: String,
    /// In seconds, where the provider tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// The language that was heard, where the provider tells, in its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "english")]
    pub language: Option<String>,
}

/// What can be done with speech here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Voice {
    /// The model that is asked when none is named, `provider/model`; null: none.
    #[schema(example = "openai/gpt-4o-mini-transcribe")]
    pub transcription: Option<String>,
    /// The model that reads aloud when none is named; null: administrators chose none.
    #[schema(example = "openai/gpt-4o-mini-tts")]
    pub speech: Option<String>,
    /// Largest recording.
    pub max_bytes: usize,
    /// Longest recording that the composer makes.
    pub max_seconds: u32,
    /// Longest text that is read aloud at once.
    pub max_characters: usize,
}

/// A text to be read aloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// At most 4,096 characters.
    #[schema(example = "The peas are watered.")]
    pub input: String,
    /// `provider/model`; absent: the one that administrators chose.
    #[serde(default)]
    #[schema(example = "openai/gpt-4o-mini-tts")]
    pub model: Option<String>,
    /// The name of a voice at the provider; absent: the one that administrators chose.
    #[serde(default)]
    #[schema(example = "alloy")]
    pub voice: Option<String>,
}
