//! What models that hear and speak are given, and what they give.

use bytes::Bytes;

use super::LlmError;
use crate::model::generation::{FailureKind, Usage};

/// Something that was said.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The model's name at the provider.
    pub model: String,
    pub bytes: Bytes,
    pub media_type: &'static str,
    /// By which vendors tell what it is.
    pub file_name: &'static str,
    /// ISO 639-1, where somebody said.
    pub language: Option<String>,
    /// Words that may be in it.
    pub prompt: Option<String>,
}

/// What it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// Empty: nothing was said.
    pub text: String,
    /// In seconds.
    pub duration: Option<f64>,
    pub language: Option<String>,
    /// Where the provider counts tokens.
    pub usage: Option<Usage>,
}

/// A text to be read aloud.
#[derive(Clone, Debug)]
pub struct Words {
    /// The model's name at the provider.
    pub model: String,
    pub text: String,
    /// The name of a voice at the provider.
    pub voice: String,
}

/// Sound, as a browser plays it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    pub media_type: &'static str,
    pub bytes: Bytes,
}

/// Of a provider whose models neither hear nor speak.
pub(super) fn unable() -> LlmError {
    LlmError::new(FailureKind::UnknownModel, "Models of this provider neither hear nor speak.")
}
