//! Models that embed, scripted: each word adds to one number of the vector, and words that mean the same to the same one.

use super::super::{LlmError, Texts, Vectors, estimate_tokens};
use crate::model::generation::{FailureKind, Usage};

/// Numbers of a vector.
const LENGTH: usize = 256;
/// Words that mean the same: what shares no word is found by them.
const SAME: [[&str; 2]; 2] = [["automobile", "car"], ["physician", "doctor"]];

/// Whether a model has this name.
pub(super) fn knows(model: &str) -> bool {
    matches!(model, "embed" | "embed-down")
}

/// What texts say.
pub(super) fn embed(texts: &Texts) -> Result<Vectors, LlmError> {
    match texts.model.as_str() {
        "embed" => {}
        "embed-down" => return Err(LlmError::new(FailureKind::VendorDown, "The scripted provider is down.")),
        other => return Err(LlmError::new(FailureKind::UnknownModel, format!("There is no script “{other}” that embeds."))),
    }
    let tokens: usize = texts.texts.iter().map(|text| estimate_tokens(text)).sum();
    Ok(Vectors { vectors: texts.texts.iter().map(|text| one(text)).collect(), usage: Some(Usage::new(tokens as u64, 0)) })
}

fn one(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; LENGTH];
    vector[0] = 0.01;
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).map(str::to_lowercase) {
        let meant = SAME.iter().find(|[other, _]| word == *other).map_or(word.as_str(), |[_, meant]| meant);
        // FNV-1a: the same on every machine.
        let hash = meant.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        vector[(hash % LENGTH as u64) as usize] += 1.0;
    }
    vector
}
