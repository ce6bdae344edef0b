//! How providers and their keys stand on this node.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::generation::{Failure, FailureKind};

/// Whether something is asked that failed often of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// It is asked.
    #[default]
    Closed,
    /// It failed too often, and is not asked for a while.
    Open,
    /// One question finds out whether it works again.
    HalfOpen,
}

/// How a key stands on this node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    pub circuit: Circuit,
    /// Why it is not used for a while, though the provider answers.
    pub aside: Option<FailureKind>,
    /// Seconds until it is used again.
    pub seconds: Option<u64>,
}

/// How a provider stands on this node; only of enabled ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    pub circuit: Circuit,
    /// Seconds until an open one is tried again.
    pub seconds: Option<u64>,
    /// Answers that are being written.
    pub running: u32,
    /// Questions that wait for their turn.
    pub waiting: u32,
    /// The newest failure, in the provider's own words.
    pub failure: Option<Failure>,
    /// Seconds since then.
    pub failed_ago: Option<u64>,
}
