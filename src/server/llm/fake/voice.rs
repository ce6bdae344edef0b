//! Models that hear and speak, scripted.

use super::super::{LlmError, Recording, Sound, Transcript, Words, estimate_tokens};
use crate::model::generation::{FailureKind, Usage};

/// Samples a second, and how many there are, of the tone.
const RATE: u32 = 8_000;
const SAMPLES: u32 = RATE / 4;

/// Whether a model has this name.
pub(super) fn knows(model: &str) -> bool {
    matches!(model, "whisper" | "whisper-silence" | "whisper-down" | "tts")
}

/// What a recording says.
pub(super) fn transcribe(recording: &Recording) -> Result<Transcript, LlmError> {
    let text = match recording.model.as_str() {
        "whisper" => format!("Heard {}: one, two, three.", recording.media_type),
        "whisper-silence" => String::new(),
        "whisper-down" => return Err(LlmError::new(FailureKind::VendorDown, "The scripted provider is down.")),
        _ => return Err(unknown(&recording.model)),
    };
    let usage = Usage::new(10, estimate_tokens(&text) as u64);
    Ok(Transcript { text, duration: Some(1.5), language: recording.language.clone(), usage: Some(usage) })
}

/// A quarter of a second of a tone, whatever the text.
pub(super) fn speak(words: &Words) -> Result<Sound, LlmError> {
    if words.model != "tts" {
        return Err(unknown(&words.model));
    }
    let mut wav = Vec::with_capacity(44 + SAMPLES as usize);
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + SAMPLES).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend_from_slice(&RATE.to_le_bytes());
    wav.extend_from_slice(&RATE.to_le_bytes());
    wav.extend_from_slice(b"\x01\0\x08\0data");
    wav.extend_from_slice(&SAMPLES.to_le_bytes());
    wav.extend((0..SAMPLES).map(|n| if n / 10 % 2 == 0 { 118 } else { 138 }));
    Ok(Sound { media_type: "audio/wav", bytes: wav.into() })
}

fn unknown(model: &str) -> LlmError {
    LlmError::new(FailureKind::UnknownModel, format!("There is no script “{model}” that hears or speaks."))
}
