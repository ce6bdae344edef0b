//! What models that embed are given, and what they give.

use super::LlmError;
use crate::model::generation::{FailureKind, Usage};

/// Most numbers of a vector.
const LONGEST: usize = 16_384;

/// Texts to be embedded.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The model's name at the provider.
    pub model: String,
    pub texts: Vec<String>,
    /// They are looked for, not found: some models tell the two apart.
    pub asked: bool,
}

/// What they say, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vectors {
    pub vectors: Vec<Vec<f32>>,
    /// Where the provider counts tokens.
    pub usage: Option<Usage>,
}

impl Vectors {
    /// The same if there is one for each text, all of them alike and of finite numbers.
    pub(super) fn of(self, texts: usize) -> Result<Self, LlmError> {
        let length = self.vectors.first().map_or(0, Vec::len);
        let sound = |vector: &Vec<f32>| vector.len() == length && vector.iter().all(|number| number.is_finite());
        if self.vectors.len() == texts && (1..=LONGEST).contains(&length) && self.vectors.iter().all(sound) {
            return Ok(self);
        }
        let message = format!("The provider sent {} vectors (of {length} numbers) for {texts} texts.", self.vectors.len());
        Err(LlmError::new(FailureKind::Protocol, message))
    }
}

/// Of a provider whose models do not embed.
pub(super) fn unable() -> LlmError {
    LlmError::new(FailureKind::UnknownModel, "Models of this provider do not embed texts.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_one_vector_for_each_text_is_refused() {
        let of = |vectors: Vec<Vec<f32>>, texts| Vectors { vectors, usage: None }.of(texts).is_ok();
        assert!(of(vec![vec![1.0, 2.0], vec![0.0, 1.0]], 2));
        assert!(!of(vec![vec![1.0, 2.0]], 2), "one is missing");
        assert!(!of(vec![vec![1.0, 2.0], vec![1.0]], 2), "they are not alike");
        assert!(!of(vec![vec![]], 1) && !of(vec![vec![f32::NAN]], 1));
    }
}
