//! Passages of documents: what a model was shown of one that does not fit whole, and what its answer can cite.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A passage that a model was shown. The answer cites it as `[n]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// Its number in the answer.
    #[schema(example = 3)]
    pub n: u32,
    /// The file; it may be gone.
    pub file_id: Uuid,
    #[schema(example = "report.pdf")]
    pub name: String,
    /// Its place among the file's passages, from 0. `/files/{file_id}?passage={passage}` shows it.
    #[schema(example = 17)]
    pub passage: u32,
    /// The page that it begins on, where the file has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 12)]
    pub page: Option<u32>,
}

impl Source {
    /// The page that shows it.
    pub fn href(&self) -> String {
        format!("/files/{}?passage={1}#passage-{1}", self.file_id, self.passage)
    }
}

/// A passage within the text around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    pub passage: u32,
    pub before: String,
    pub text: String,
    pub after: String,
    pub page: Option<u32>,
}
