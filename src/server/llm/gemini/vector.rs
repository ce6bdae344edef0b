//! Embeddings, as Gemini makes them: `…:batchEmbedContents`. It counts no tokens.

use serde::{Deserialize, Serialize};

use crate::server::llm::{Texts, Vectors};

/// The body of `POST …:batchEmbedContents`.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    requests: Vec<Request<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    model: String,
    content: Content<'a>,
    task_type: &'static str,
}

#[derive(Debug, Serialize)]
struct Content<'a> {
    parts: [Part<'a>; 1],
}

#[derive(Debug, Serialize)]
struct Part<'a> {
    text: &'a str,
}

impl<'a> From<&'a Texts> for Body<'a> {
    fn from(texts: &'a Texts) -> Self {
        let task_type = if texts.asked { "RETRIEVAL_QUERY" } else { "RETRIEVAL_DOCUMENT" };
        let model = format!("models/{}", texts.model.trim_start_matches("models/"));
        let request = |text| Request { model: model.clone(), content: Content { parts: [Part { text }] }, task_type };
        Self { requests: texts.texts.iter().map(|text| request(text.as_str())).collect() }
    }
}

/// Its answer.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    embeddings: Vec<Embedding>,
}

#[derive(Debug, Deserialize)]
struct Embedding {
    #[serde(default)]
    values: Vec<f32>,
}

impl From<Answer> for Vectors {
    fn from(answer: Answer) -> Self {
        Self { vectors: answer.embeddings.into_iter().map(|one| one.values).collect(), usage: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_asked_as_documented_and_its_answer_is_read() {
        let texts = Texts { model: "gemini-embedding-001".into(), texts: vec!["What is the meaning of life?".into()], asked: true };
        let asked = serde_json::to_value(Body::from(&texts)).unwrap();
        // https://ai.google.dev/api/embeddings#method:-models.batchembedcontents
        let expected = serde_json::json!({ "requests": [{ "model": "models/gemini-embedding-001",
            "content": { "parts": [{ "text": "What is the meaning of life?" }] }, "taskType": "RETRIEVAL_QUERY" }] });
        assert_eq!(asked, expected);
        let answer = serde_json::from_str::<Answer>(r#"{"embeddings":[{"values":[-0.022374554,-0.004560777]}]}"#).unwrap();
        assert_eq!(Vectors::from(answer).vectors, [[-0.022374554, -0.004560777]]);
    }
}
