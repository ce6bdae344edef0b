//! Conversations that come from elsewhere: what a file holds, what was taken of it, and what was not.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where the plain form sends its file.
pub const FORM: &str = "/import/";
/// The largest file, in bytes.
pub const IMPORT_MAX: usize = 2 * 1024 * 1024 * 1024;
/// How long a file that was read waits for a word, in hours.
pub const IMPORT_HOURS: i64 = 24;
/// Titles that a tally shows, and conversations of which it says why they were left out.
pub const TITLES_SHOWN: usize = 10;
pub const SKIPPED_SHOWN: usize = 100;

/// Whose file it is; its content says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportSource)]
pub enum Source {
    Chatgpt,
    Claude,
    OpenWebui,
    Librechat,
    Liao,
}

impl Source {
    /// Its name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chatgpt => "ChatGPT",
            Self::Claude => "Claude",
            Self::OpenWebui => "Open WebUI",
            Self::Librechat => "LibreChat",
            Self::Liao => "Liao",
        }
    }
}

/// Why a conversation is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Larger than 32 MiB, or more than 20,000 messages.
    TooLarge,
    /// One of its messages has more than 1,000,000 characters.
    MessageTooLong,
    /// It is not in the form that such files have.
    Unreadable,
    /// Nobody's form that is known.
    Unknown,
    /// Nobody says anything in it.
    Empty,
    /// Its messages follow each other in a circle.
    Circle,
    /// The file ends in the middle of it.
    Cut,
}

/// A conversation that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Skipped {
    /// Empty where it cannot be read.
    pub title: String,
    pub reason: SkipReason,
}

/// What a file holds, or what was taken of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportTally)]
pub struct Tally {
    pub sources: Vec<Source>,
    /// Conversations that are new here.
    pub conversations: u64,
    /// Messages of these, in all branches.
    pub messages: u64,
    /// Files that are named in these, and do not come along.
    pub files: u64,
    /// Conversations that are here already.
    pub already: u64,
    /// Conversations that are left out.
    pub skipped: u64,
    /// When the first and the last of the new ones were written in.
    pub first_at: Option<DateTime<Utc>>,
    pub last_at: Option<DateTime<Utc>>,
    /// Of the first 10 new ones.
    pub titles: Vec<String>,
    /// The first 100 that are left out.
    pub reasons: Vec<Skipped>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// It is looked what the file holds.
    Reading,
    /// `found` says so; now somebody has to confirm it.
    Ready,
    Importing,
    /// `report` says what was taken.
    Done,
    /// `fault` says why.
    Failed,
}

/// Why nothing could be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportFault {
    /// No conversation of a known form is in it.
    Unrecognised,
    /// It is a ZIP file that cannot be opened.
    Damaged,
    /// What is packed in it is too much.
    TooLarge,
    /// Our own fault, or an administrator cancelled it.
    Server,
}

/// A file with conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Import {
    pub id: Uuid,
    /// The file's name.
    #[schema(example = "conversations.json")]
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub state: ImportState,
    /// Percent, of what is being done.
    pub progress: u8,
    pub found: Option<Tally>,
    pub report: Option<Tally>,
    pub fault: Option<ImportFault>,
    pub created_at: DateTime<Utc>,
}

impl Import {
    /// Whether it goes on by itself.
    pub fn is_busy(&self) -> bool {
        matches!(self.state, ImportState::Reading | ImportState::Importing)
    }
}
