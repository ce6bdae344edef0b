//! Embeddings, in OpenAI's shape: `/embeddings`. Of the crate it would be another feature, for two fields each way.

use async_openai::config::Config;
use serde::{Deserialize, Serialize};

use super::{OpenAi, http};
use crate::model::generation::Usage;
use crate::server::llm::{LlmError, Texts, Vectors};

/// Longest answer, in bytes.
const ANSWER_MAX: usize = 32 * 1024 * 1024;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [String],
    encoding_format: &'static str,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Embedding>,
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Embedding {
    #[serde(default)]
    index: usize,
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    prompt_tokens: u64,
}

impl From<Answer> for Vectors {
    fn from(mut answer: Answer) -> Self {
        // Of servers that do not number them, the order is that of the texts.
        answer.data.sort_by_key(|one| one.index);
        let usage = answer.usage.map(|counts| Usage::new(counts.prompt_tokens, 0)).filter(|usage| usage.input_tokens > 0);
        Self { vectors: answer.data.into_iter().map(|one| one.embedding).collect(), usage }
    }
}

/// What texts say.
pub(super) async fn embed(provider: &OpenAi, texts: &Texts) -> Result<Vectors, LlmError> {
    let body = Body { model: &texts.model, input: &texts.texts, encoding_format: "float" };
    let asked = provider.way.client().post(provider.endpoint.url("/embeddings")).headers(provider.endpoint.headers()).json(&body);
    let response = http::execute(&provider.way, asked.build().map_err(http::transport)?, false).await?;
    let body = http::whole(response, ANSWER_MAX).await?;
    serde_json::from_slice::<Answer>(&body).map(Vectors::from).map_err(|error| http::garbled(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_answer_is_read_in_the_order_of_the_texts() {
        // https://platform.openai.com/docs/api-reference/embeddings/create, with a second one.
        let answer = r#"{"object":"list","data":[{"object":"embedding","embedding":[0.0023064255,-0.009327292],"index":1},
            {"object":"embedding","embedding":[1,0],"index":0}],"model":"text-embedding-ada-002","usage":{"prompt_tokens":8,"total_tokens":8}}"#;
        let vectors = Vectors::from(serde_json::from_str::<Answer>(answer).unwrap());
        assert_eq!(vectors.vectors, [vec![1.0, 0.0], vec![0.0023064255, -0.009327292]]);
        assert_eq!(vectors.usage, Some(Usage::new(8, 0)));
        let bare = serde_json::from_str::<Answer>(r#"{"data":[{"embedding":[1]},{"embedding":[2]}]}"#).unwrap();
        assert_eq!(Vectors::from(bare), Vectors { vectors: vec![vec![1.0], vec![2.0]], usage: None });
    }
}
