//! Files that people send: documents and pictures, for models and for themselves.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Page;
use super::passage::Marked;

/// Longest name of a file, in characters.
pub const NAME_MAX: usize = 200;
/// Most files that somebody keeps, unfinished uploads among them.
pub const KEPT_MAX: i64 = 10_000;
/// Most files of one message.
pub const ATTACHED_MAX: usize = 10;
/// The largest file that an administrator can allow, in bytes.
pub const SIZE_MAX: usize = FILE_MB_MAX as usize * 1024 * 1024;
/// The same in mebibytes.
pub const FILE_MB_MAX: u32 = 512;

/// Where a form without a script sends a message with its files.
pub const FORM: &str = "/chat/";
/// Most characters of a file's text that its page shows.
pub const LOOK_MAX: usize = 100_000;

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Not all of it is here.
    Uploading,
    /// It is here, and will be read in a moment.
    Waiting,
    /// Its text, or its picture, is being read.
    Reading,
    Ready,
    /// It could not be read: `error` says why. The file itself is kept.
    Failed,
}

/// Why a file could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is damaged, or not what it seems.
    Damaged,
    /// It asks for a password.
    Locked,
    /// There is no text in it: pages that were scanned, say.
    NoText,
    /// Reading it takes more memory than there is for it.
    TooLarge,
    /// Reading it takes too long.
    TooSlow,
    /// The server could not read it just now.
    Server,
}

impl Fault {
    /// The fault in an English sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Damaged => "The file is damaged, or not what it seems.",
            Self::Locked => "The file is protected by a password.",
            Self::NoText => "There is no text in the file: its pages may be pictures.",
            Self::TooLarge => "Reading the file takes more memory than is allowed.",
            Self::TooSlow => "Reading the file takes too long.",
            Self::Server => "The file could not be read on the server.",
        }
    }
}

/// Why a file could not be read, as programs see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileError {
    pub code: Fault,
    /// One sentence.
    #[schema(example = "The file is damaged, or not what it seems.")]
    pub message: String,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct File {
    pub id: Uuid,
    #[schema(example = "report.pdf")]
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// What the content says; empty until all of it is here.
    #[schema(example = "application/pdf")]
    pub media_type: String,
    /// SHA-256 of the content, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub state: FileState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FileError>,
    /// Characters of the text that was read out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_length: Option<u64>,
    pub created_at: DateTime<Utc>,
}

impl File {
    /// Whether models are shown it as a picture.
    pub fn is_picture(&self) -> bool {
        is_picture(&self.media_type)
    }

    /// Whether all of it is here.
    pub fn is_whole(&self) -> bool {
        self.state != FileState::Uploading
    }
}

/// A file that was sent with a message, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attachment {
    /// The file; it may be gone.
    pub id: Uuid,
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub media_type: String,
}

impl Attachment {
    /// Whether models are shown it as a picture.
    pub fn is_picture(&self) -> bool {
        is_picture(&self.media_type)
    }
}

impl From<File> for Attachment {
    fn from(file: File) -> Self {
        Self { id: file.id, name: file.name, size: file.size, media_type: file.media_type }
    }
}

fn is_picture(media_type: &str) -> bool {
    media_type.starts_with("image/")
}

/// What somebody's files take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Room {
    /// Bytes that are taken.
    pub used: u64,
    /// Bytes that may be taken.
    pub limit: u64,
    /// Largest file, in bytes.
    pub largest: u64,
}

/// What the page of somebody's files shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub page: Page<File>,
    pub room: Room,
}

/// What the page of one file shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub file: File,
    /// The beginning of the text that was read out of it.
    pub text: Option<String>,
    /// There is more of it.
    pub cut: bool,
    /// In place of the text: the passage that was asked for, within what is around it.
    pub marked: Option<Marked>,
}

/// A name as it is kept: the last part of a path, without what no file system takes.
pub fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // What turns the direction of writing makes `exe.fdp` look like `pdf.exe`.
    let odd = |c: &char| !c.is_control() && !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFD}');
    let kept: String = last.chars().filter(odd).collect();
    let kept = kept.trim();
    if kept.is_empty() || kept.chars().all(|c| c == '.') {
        return "file".to_owned();
    }
    if kept.chars().count() <= NAME_MAX {
        return kept.to_owned();
    }
    // What it is called at its end is what people know it by.
    let ending = kept.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| ending.chars().count() <= 10);
    let most = NAME_MAX - ending.map_or(0, |ending| ending.chars().count() + 1);
    let start: String = kept.chars().take(most).collect();
    ending.map_or(start.clone(), |ending| format!("{start}.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_deceives_nobody() {
        assert_eq!(plain_name("../../etc/passwd"), "passwd");
        assert_eq!(plain_name("C:\\Users\\me\\报告.docx"), "报告.docx");
        assert_eq!(plain_name(" a\u{202E}fdp.exe\0\n "), "afdp.exe");
        assert_eq!(plain_name(".."), "file");
        assert_eq!(plain_name(""), "file");
        let long = plain_name(&format!("{}.pdf", "x".repeat(300)));
        assert_eq!((long.chars().count(), long.ends_with(".pdf")), (NAME_MAX, true));
    }
}
