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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The provider does not accept our key, or does not let it use this model.
    Auth,
    RateLimited,
    /// The account at the provider has no credit left.
    Quota,
    ContextTooLong,
    Refused,
    /// No such model at the provider.
    UnknownModel,
    /// No connection, or one that broke.
    Network,
    /// The provider answers that it is out of order, or did so too often.
    #[serde(alias = "transient")]
    VendorDown,
    /// No answer in time, or none that ends.
    Timeout,
    /// So many wait for this model here that it took too long.
    Busy,
    /// The provider's address is one that this server may not ask.
    Blocked,
    /// The model called a tool in place of an answer, and there is none.
    ToolCall,
    /// The answer was not understood.
    Protocol,
    /// Our own fault.
    Internal,
}

impl FailureKind {
    /// Every class.
    pub const ALL: [Self; 14] = [
        Self::Auth,
        Self::RateLimited,
        Self::Quota,
        Self::ContextTooLong,
        Self::Refused,
        Self::UnknownModel,
        Self::Network,
        Self::VendorDown,
        Self::Timeout,
        Self::Busy,
        Self::Blocked,
        Self::ToolCall,
        Self::Protocol,
        Self::Internal,
    ];

    /// What programs of people who may not read the provider's own words are told.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Auth => "The provider does not accept this server's key for the model.",
            Self::RateLimited => "The provider was asked too often.",
            Self::Quota => "This server's account at the provider has no credit left.",
            Self::ContextTooLong => "The conversation is too long for this model.",
            Self::Refused => "The model refused to answer.",
            Self::UnknownModel => "The provider does not have this model.",
            Self::Network => "The connection to the provider failed.",
            Self::VendorDown => "The provider is out of order.",
            Self::Timeout => "The provider took too long.",
            Self::Busy => "Too many were waiting for this model.",
            Self::Blocked => "This server may not ask the provider's address.",
            Self::ToolCall => "The model called a tool, and this server offers none.",
            Self::Protocol => "The provider's answer was not understood.",
            Self::Internal => "The run failed on the server.",
        }
    }

    /// Whether the provider itself was in trouble, so that asking it again in a moment may help.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Network | Self::VendorDown | Self::Timeout)
    }
}

/// A failed run, as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    pub kind: FailureKind,
    /// One sentence without secrets: to administrators the provider's own words, to others ours.
    pub message: String,
}

impl Failure {
    /// A failure without the provider's own words.
    pub fn plain(kind: FailureKind) -> Self {
        Self { kind, message: kind.sentence().into() }
    }

    /// The provider's own words, where the reader may know them.
    pub fn words(&self) -> Option<&str> {
        Some(self.message.as_str()).filter(|words| !words.is_empty() && *words != self.kind.sentence())
    }
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
    /// The model's weights are being fetched; `message` holds the per cent.
    ModelFetching,
    /// The model is being loaded into memory; `message` holds the per cent.
    ModelLoading,
    /// Waiting for other chats; `message` holds the place in the queue.
    Queued,
    /// The provider failed before its first word and is asked again.
    Retrying,
    /// The answer was cut off by the length limit; *Continue* goes on with it.
    LengthLimit,
    /// The chosen model could not answer; `message` names the one that was asked in its place.
    FellBack,
    /// Not all of a file fits into the context window; `message` is its name.
    FileCut,
    /// The oldest messages are being summarised.
    Summarizing,
    /// A summary stands for the oldest messages from now on; `message` holds how many.
    Summarized,
    /// The oldest messages could not be summarised and were left out.
    SummaryFailed,
}

impl NoticeCode {
    /// It counts per cents, a hundred of them: they are not kept with the message.
    pub fn counts(self) -> bool {
        matches!(self, Self::ModelFetching | Self::ModelLoading)
    }

    /// It explains a wait, and says nothing any more when the wait is over.
    pub fn passes(self) -> bool {
        matches!(self, Self::ModelFetching | Self::ModelLoading | Self::Queued | Self::Retrying | Self::Summarizing)
    }
}
