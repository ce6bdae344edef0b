//! The export of one's data: how far it is, and where it can be fetched.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a finished export can be fetched, in hours.
pub const EXPORT_HOURS: i64 = 48;

/// Where an export stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// There is none, or not any more.
    #[default]
    None,
    /// Waits or is being made.
    Running,
    Ready,
    Failed,
}

/// The last export.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Export {
    pub state: ExportState,
    /// Percent.
    #[schema(example = 40)]
    pub progress: u8,
    pub requested_at: Option<DateTime<Utc>>,
    /// Where the ZIP file is, for whoever has this address. It takes `Range`, so that a download can be resumed.
    #[schema(example = "/export/q3nYJm0Zr4dWm8v3cKq9xS1uT5bE7hL2pR6aV0iO4g/liao-export.zip")]
    pub url: Option<String>,
    /// Bytes.
    #[schema(example = 1_048_576)]
    pub size: Option<u64>,
    /// When the file and its address go.
    pub expires_at: Option<DateTime<Utc>>,
}

/// That an account will be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deletion {
    /// Not before then. Signing in until then calls it off.
    pub erased_after: DateTime<Utc>,
}
