//! Embeddings, as Ollama makes them: `POST /api/embed`.

use serde::{Deserialize, Serialize};

use crate::model::generation::Usage;
use crate::server::llm::{Texts, Vectors};

/// The body of `POST /api/embed`. A text that is too long is cut, as Ollama does by itself.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    input: &'a [String],
}

impl<'a> From<&'a Texts> for Body<'a> {
    fn from(texts: &'a Texts) -> Self {
        Self { model: &texts.model, input: &texts.texts }
    }
}

/// Its answer.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    embeddings: Vec<Vec<f32>>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
}

impl From<Answer> for Vectors {
    fn from(answer: Answer) -> Self {
        Self { vectors: answer.embeddings, usage: answer.prompt_eval_count.map(|tokens| Usage::new(tokens, 0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_answer_is_read() {
        // https://docs.ollama.com/api/embed
        let answer = r#"{"model":"all-minilm","embeddings":[[0.010071029,-0.0017594862],[-0.0098027075,0.06042469]],
            "total_duration":14143917,"load_duration":1019500,"prompt_eval_count":8}"#;
        let vectors = Vectors::from(serde_json::from_str::<Answer>(answer).unwrap());
        assert_eq!(vectors.vectors, [[0.010071029, -0.0017594862], [-0.0098027075, 0.06042469]]);
        assert_eq!(vectors.usage, Some(Usage::new(8, 0)));
    }
}
