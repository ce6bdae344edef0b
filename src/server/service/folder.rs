//! Folders of conversations. A conversation takes over what its folder says when it begins: later changes of the one do not change the
//! other.

use uuid::Uuid;

use super::presence;
use super::viewer::Viewer;
use crate::model::error::Rule;
use crate::model::folder::{DEPTH_MAX, FOLDERS_MAX, Folder, FolderForm, tree, upwards};
use crate::model::presence::Happened;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// The viewer's folders as a tree: each followed by those in it.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<Vec<Folder>> {
    Ok(tree(server.db.folders().list_for(viewer.user.id).await?))
}

/// A folder of the viewer's.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Folder> {
    let all = list(server, viewer).await?;
    all.into_iter().find(|folder| folder.id == id).ok_or_else(|| Error::not_found("folder"))
}

/// What a conversation in this folder begins with: where it says nothing, what the folders around it say.
pub async fn inherited(server: &Server, viewer: &Viewer, id: Uuid) -> Result<FolderForm> {
    let all = list(server, viewer).await?;
    let way = upwards(&all, id);
    let Some(folder) = way.first() else {
        return Err(Error::invalid("folder_id", Rule::Unknown, "There is no such folder."));
    };
    let model = way.iter().find_map(|folder| folder.form.model.clone());
    let system_prompt = way.iter().find_map(|folder| folder.form.system_prompt.clone());
    Ok(FolderForm { model, system_prompt, ..folder.form.clone() })
}

/// Whether the viewer has this folder; none is always there.
pub async fn check(server: &Server, viewer: &Viewer, id: Option<Uuid>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    match list(server, viewer).await?.iter().any(|folder| folder.id == id) {
        true => Ok(()),
        false => Err(Error::invalid("folder_id", Rule::Unknown, "There is no such folder.")),
    }
}

/// Makes a folder, or changes the one with this id.
pub async fn save(server: &Server, viewer: &Viewer, id: Option<Uuid>, form: FolderForm) -> Result<Folder> {
    let form = form.checked()?;
    let all = list(server, viewer).await?;
    if let Some(id) = id
        && !all.iter().any(|folder| folder.id == id)
    {
        return Err(Error::not_found("folder"));
    }
    if let Some(parent) = form.parent_id {
        check_place(&all, id, parent)?;
    }
    let (folders, now) = (server.db.folders(), server.clock.now());
    let id = match id {
        Some(id) => folders.update_for(viewer.user.id, id, &form, now).await.map(|_| id)?,
        None if all.len() >= FOLDERS_MAX => {
            return Err(Error::conflict(format!("Nobody can have more than {FOLDERS_MAX} folders.")));
        }
        None => {
            let id = Uuid::now_v7();
            folders.insert(viewer.user.id, id, &form, now).await.map(|()| id)?
        }
    };
    presence::news(server, viewer.user.id, None, Happened::Changed);
    find(server, viewer, id).await
}

/// The parent is there, not within the folder itself, and what comes of it is not too deep.
fn check_place(all: &[Folder], id: Option<Uuid>, parent: Uuid) -> Result<()> {
    let above = upwards(all, parent);
    if above.is_empty() {
        return Err(Error::invalid("parent_id", Rule::Unknown, "There is no such folder."));
    }
    if above.iter().any(|folder| Some(folder.id) == id) {
        return Err(Error::invalid("parent_id", Rule::Circle, "A folder cannot stand in itself."));
    }
    let own = all.iter().find(|folder| Some(folder.id) == id).map_or(0, |folder| folder.depth as usize);
    let below = |folder: &&Folder| id.is_some_and(|id| upwards(all, folder.id).iter().any(|one| one.id == id));
    let height = all.iter().filter(below).map(|folder| folder.depth as usize - own).max().unwrap_or(0);
    if above.len() + height >= DEPTH_MAX {
        let sentence = format!("Folders may stand in one another at most {DEPTH_MAX} deep.");
        return Err(Error::invalid("parent_id", Rule::Range(0, DEPTH_MAX as u32), sentence));
    }
    Ok(())
}

/// Removes a folder. Conversations and folders in it move to where it was.
pub async fn delete(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    if !server.db.folders().delete_for(viewer.user.id, id).await? {
        return Err(Error::not_found("folder"));
    }
    presence::news(server, viewer.user.id, None, Happened::Changed);
    Ok(())
}
