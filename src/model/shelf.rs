//! How conversations are kept in order: which of them a list shows, and what is done with one or with many.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Page;
use super::chat::{Chat, TITLE_MAX};
use super::error::{ApiError, Fields, Rule};
use super::folder::Folder;

/// Longest tag, in characters, and most tags of a conversation.
pub const TAG_MAX: usize = 40;
pub const TAGS_MAX: usize = 20;
/// Most conversations that one request changes.
pub const MANY: usize = 200;

/// Which conversations a list shows; by default all that are not archived.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// Absent: both.
    pub archived: Option<bool>,
    /// Absent: both.
    pub pinned: Option<bool>,
    /// Only those in this folder.
    pub folder: Option<Uuid>,
    /// Only those with this tag.
    pub tag: Option<String>,
}

impl Selection {
    /// What is not archived.
    pub fn current() -> Self {
        Self { archived: Some(false), ..Self::default() }
    }
}

/// What the list beside every page begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shelf {
    /// All that are pinned, last written first.
    pub pinned: Vec<Chat>,
    /// Those that are neither pinned nor archived.
    pub page: Page<Chat>,
    /// As a tree: each followed by those in it.
    pub folders: Vec<FolderLink>,
    /// How many have an answer that nobody has looked at, those that are not in this list among them.
    pub unread: u32,
}

/// A folder, as the list beside every page shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FolderLink {
    pub id: Uuid,
    pub name: String,
    /// How many folders stand around it.
    pub depth: u32,
}

/// What a page of a list of conversations shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Browse {
    pub page: Page<Chat>,
    pub folders: Vec<Folder>,
    pub tags: Vec<Tagged>,
}

/// A conversation, and what can be chosen for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub chat: Chat,
    pub folders: Vec<Folder>,
    /// Every tag that the viewer uses.
    pub tags: Vec<Tagged>,
}

/// A tag, and how many conversations have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tagged {
    #[schema(example = "garden")]
    pub tag: String,
    pub chats: i64,
}

/// Where a conversation stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub title: String,
    pub pinned: bool,
    pub archived: bool,
    pub folder_id: Option<Uuid>,
    pub tags: Vec<String>,
}

impl Order {
    /// As the conversation stands now.
    pub fn of(chat: &Chat) -> Self {
        let Chat { title, pinned, archived, folder_id, tags, .. } = chat.clone();
        Self { title, pinned, archived, folder_id, tags }
    }

    /// Cleans and checks the title and the tags. An empty title is one that was not made yet.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.title = self.title.trim().replace(|c: char| c.is_control(), " ");
        self.tags = checked_tags(&self.tags)?;
        let mut fields = Fields::default();
        fields.length("title", &self.title, 0, TITLE_MAX);
        fields.check()?;
        Ok(self)
    }
}

/// What is done with many conversations at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Pin,
    Unpin,
    Archive,
    Unarchive,
    /// Into `folder_id`; without one, out of every folder.
    Move,
    /// Adds `tag`.
    Tag,
    /// Takes `tag` away.
    Untag,
    /// They can be brought back for seven days.
    Delete,
}

impl Deed {
    pub const ALL: [Self; 8] = [Self::Archive, Self::Unarchive, Self::Pin, Self::Unpin, Self::Move, Self::Tag, Self::Untag, Self::Delete];

    /// Its name in forms and over the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Unpin => "unpin",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
            Self::Move => "move",
            Self::Tag => "tag",
            Self::Untag => "untag",
            Self::Delete => "delete",
        }
    }
}

/// The same for many conversations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ChatBulk)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    /// 1 to 200 conversations. Those that are not there are passed over.
    #[schema(min_items = 1, max_items = 200)]
    pub ids: Vec<Uuid>,
    pub action: Deed,
    /// Of `move`: where to.
    #[serde(default)]
    pub folder_id: Option<Uuid>,
    /// Of `tag` and `untag`, at most 40 characters.
    #[serde(default)]
    #[schema(example = "garden")]
    pub tag: Option<String>,
}

/// Cleans a tag: no space around it, no comma in it.
pub fn clean_tag(tag: &str) -> String {
    tag.trim().trim_start_matches('#').replace([',', '，', '\0', '\n', '\r', '\t'], " ").trim().to_owned()
}

/// Cleans tags, each once however it is written, and checks them.
pub fn checked_tags(tags: &[String]) -> Result<Vec<String>, ApiError> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags.iter().map(|tag| clean_tag(tag)).filter(|tag| !tag.is_empty()) {
        if !kept.iter().any(|old| old.to_lowercase() == tag.to_lowercase()) {
            kept.push(tag);
        }
    }
    let mut fields = Fields::default();
    if kept.len() > TAGS_MAX {
        fields.add("tags", Rule::Range(0, TAGS_MAX as u32), format!("A conversation may have at most {TAGS_MAX} tags."));
    } else if let Some(long) = kept.iter().find(|tag| tag.chars().count() > TAG_MAX) {
        fields.length("tags", long, 1, TAG_MAX);
    }
    fields.check()?;
    kept.sort_by_key(|tag| tag.to_lowercase());
    Ok(kept)
}

/// The title of a copy: `Tides` → `Tides (2)` → `Tides (3)`.
pub fn title_of_copy(title: &str) -> String {
    let numbered =
        title.strip_suffix(')').and_then(|head| head.rsplit_once(" (")).and_then(|(head, n)| Some((head, n.parse::<u32>().ok()?)));
    let (head, number) = numbered.map_or((title, 2), |(head, n)| (head, n.saturating_add(1)));
    let tail = format!(" ({number})");
    let room = TITLE_MAX.saturating_sub(tail.chars().count());
    let head: String = head.chars().take(room).collect();
    format!("{head}{tail}").trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_cleaned_and_each_is_there_once() {
        let tags = ["  #Garden ", "garden", "", "水, 土", "alpha"].map(str::to_owned);
        assert_eq!(checked_tags(&tags).unwrap(), ["alpha", "Garden", "水  土"]);
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        assert_eq!(checked_tags(&many).unwrap_err().fields[0].field, "tags");
        assert!(checked_tags(&["x".repeat(41)]).is_err());
    }

    #[test]
    fn copies_are_counted() {
        assert_eq!(title_of_copy("Tides"), "Tides (2)");
        assert_eq!(title_of_copy("Tides (2)"), "Tides (3)");
        assert_eq!(title_of_copy("Tides (the)"), "Tides (the) (2)");
        assert_eq!(title_of_copy(&"聊".repeat(120)).chars().count(), 120);
        assert_eq!(title_of_copy(""), "(2)");
    }
}
