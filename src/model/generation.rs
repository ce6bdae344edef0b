//! A run of a model: its state, what it used, and what can go wrong with it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a run, or the message it writes, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Running,
    Done,
    /// Somebody pressed Stop.
    Stopped,
    /// The server went away in the middle; *Continue* resumes it.
    Interrupted,
    Failed,
}

impl Status {
    pub fn is_running(self) -> bool {
        self == Self::Running
    }
}

/// Tokens of one run, as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Of the whole prompt, those from the provider's cache among them.
    pub input_tokens: u64,
    /// Of the whole answer, its reasoning included.
    pub output_tokens: u64,
    /// Of the prompt, those that the provider had in its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_tokens: u64,
    /// Of the answer, those of its reasoning, where the provider tells.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
}

impl Usage {
    /// A prompt and an answer of so many tokens.
    pub fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self { input_tokens, output_tokens, ..Self::default() }
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Why a model did not answer, by what the reader can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The provider does not accept our key.
    Auth,
    RateLimited,
    /// The account at the provider has no credit left.
    Quota,
    ContextTooLong,
    Refused,
    /// No such model at the provider.
    UnknownModel,
    /// The network, a time-out, or a 5xx.
    Transient,
    /// The answer was not understood.
    Protocol,
    /// Our own fault.
    Internal,
}

/// A failed run, as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    pub kind: FailureKind,
    /// The provider's own words or ours, one sentence, no secrets.
    pub message: String,
}

/// Something the reader should know about a run that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    pub code: NoticeCode,
    pub message: String,
}

/// The kinds of notices, for translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    /// The oldest turns did not fit into the context window and were left out.
    ContextTrimmed,
    /// The model is being fetched or loaded; `message` holds the per cent.
    ModelLoading,
    /// Waiting for other chats; `message` holds the place in the queue.
    Queued,
    /// The provider failed before its first word and is asked again.
    Retrying,
    /// The answer was cut off by the length limit; *Continue* goes on with it.
    LengthLimit,
}
