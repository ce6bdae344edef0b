//! Folders of conversations: they stand in one another, and say what new conversations in them begin with.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields};
use super::setup::SYSTEM_MAX;

/// Longest name, in characters.
pub const NAME_MAX: usize = 80;
const MODEL_MAX: usize = 200;
/// Most folders that somebody has.
pub const FOLDERS_MAX: usize = 500;
/// How deep folders may stand in one another.
pub const DEPTH_MAX: usize = 8;

/// A folder of somebody's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Folder {
    pub id: Uuid,
    #[serde(flatten)]
    pub form: FolderForm,
    /// How many folders stand around it.
    pub depth: u32,
    /// Conversations in it that are not archived; those in folders within it are not counted.
    pub chats: i64,
    pub updated_at: DateTime<Utc>,
}

/// What is typed to make or change a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct FolderForm {
    /// At most 80 characters.
    #[schema(required, example = "Garden")]
    pub name: String,
    /// The folder that it stands in; null: none.
    pub parent_id: Option<Uuid>,
    /// `provider/model` that new conversations in it begin with; null: what the folder around it says.
    pub model: Option<String>,
    /// What the models of new conversations in it are told, at most 20,000 characters; null: what the folder around it says.
    #[schema(example = "Answer for a garden in a cold place.")]
    pub system_prompt: Option<String>,
}

impl FolderForm {
    /// Trims and checks every field; whether the parent is there, and no circle, is not looked at.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.name = line(&self.name);
        self.model = self.model.as_deref().map(line).filter(|model| !model.is_empty());
        self.system_prompt = self.system_prompt.map(|text| text.trim().replace('\0', "\u{FFFD}")).filter(|text| !text.is_empty());
        let mut fields = Fields::default();
        fields.length("name", &self.name, 1, NAME_MAX);
        fields.length("model", self.model.as_deref().unwrap_or_default(), 0, MODEL_MAX);
        fields.length("system_prompt", self.system_prompt.as_deref().unwrap_or_default(), 0, SYSTEM_MAX);
        fields.check()?;
        Ok(self)
    }
}

/// One line, without spaces around it.
fn line(text: &str) -> String {
    text.trim().replace(|c: char| c.is_control(), " ")
}

/// The folders as a tree that is read from the top: each followed by those in it, neighbours by their names. One whose parent is not
/// there stands at the top.
pub fn tree(mut folders: Vec<Folder>) -> Vec<Folder> {
    folders.sort_by_cached_key(|folder| (folder.form.name.to_lowercase(), folder.id));
    let there = |id: Option<Uuid>| id.filter(|id| folders.iter().any(|folder| folder.id == *id));
    let parents: Vec<Option<Uuid>> = folders.iter().map(|folder| there(folder.form.parent_id)).collect();
    let mut ordered = Vec::with_capacity(folders.len());
    place(&folders, &parents, None, 0, &mut ordered);
    ordered
}

fn place(folders: &[Folder], parents: &[Option<Uuid>], within: Option<Uuid>, depth: u32, ordered: &mut Vec<Folder>) {
    for (folder, _) in folders.iter().zip(parents).filter(|(_, parent)| **parent == within) {
        ordered.push(Folder { depth, ..folder.clone() });
        // Deeper than any that can be made: a ring, which two who move folders at the same moment might have made.
        if (depth as usize) < DEPTH_MAX {
            place(folders, parents, Some(folder.id), depth + 1, ordered);
        }
    }
}

/// The folder and those around it, innermost first.
pub fn upwards(folders: &[Folder], id: Uuid) -> Vec<&Folder> {
    let mut found: Vec<&Folder> = Vec::new();
    let mut next = Some(id);
    while let Some(folder) = next.and_then(|id| folders.iter().find(|folder| folder.id == id)) {
        if found.len() > DEPTH_MAX {
            break;
        }
        found.push(folder);
        next = folder.form.parent_id;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(id: u128, parent: Option<u128>, name: &str) -> Folder {
        let form = FolderForm { name: name.into(), parent_id: parent.map(Uuid::from_u128), ..FolderForm::default() };
        Folder { id: Uuid::from_u128(id), form, depth: 0, chats: 0, updated_at: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn a_tree_is_read_from_the_top_and_neighbours_stand_by_their_names() {
        let all =
            vec![folder(3, Some(1), "z"), folder(2, None, "b"), folder(4, Some(1), "A"), folder(1, None, "C"), folder(5, Some(9), "a")];
        let shown: Vec<String> = tree(all).iter().map(|one| format!("{}{}", "-".repeat(one.depth as usize), one.form.name)).collect();
        assert_eq!(shown, ["a", "b", "C", "-A", "-z"]);
    }

    #[test]
    fn folders_in_a_ring_do_not_hang_anything() {
        let ring = vec![folder(1, Some(2), "a"), folder(2, Some(1), "b")];
        assert!(tree(ring.clone()).is_empty());
        assert!(upwards(&ring, Uuid::from_u128(1)).len() <= DEPTH_MAX + 1);
    }

    #[test]
    fn the_innermost_folder_comes_first() {
        let all = vec![folder(1, None, "a"), folder(2, Some(1), "b"), folder(3, Some(2), "c")];
        let names: Vec<_> = upwards(&all, Uuid::from_u128(3)).iter().map(|one| one.form.name.clone()).collect();
        assert_eq!(names, ["c", "b", "a"]);
    }
}
