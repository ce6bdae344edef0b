//! Folders of conversations.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::folder::Folder;

/// The viewer's folders, each followed by those in it.
#[server(endpoint = "folder/list", output = crate::rpc::Wire)]
pub async fn list() -> Rpc<Vec<Folder>> {
    use crate::server::service::folder;
    let (server, viewer) = asked()?;
    answer(folder::list(&server, &viewer).await)
}

/// Makes a folder, or changes the one with this id. `parent` is the id of the folder around it, or empty.
#[server(endpoint = "folder/save", output = crate::rpc::Wire)]
pub async fn save(id: Option<Uuid>, name: String, parent: String, model: Option<String>, system_prompt: Option<String>) -> Rpc<Folder> {
    use crate::model::folder::FolderForm;
    use crate::server::service::folder;
    let (server, viewer) = asked()?;
    // What is no id is the id of nothing.
    let parent_id = Some(parent).filter(|parent| !parent.is_empty()).map(|parent| Uuid::parse_str(&parent).unwrap_or_default());
    let form = FolderForm { name, parent_id, model, system_prompt };
    let saved = answer(folder::save(&server, &viewer, id, form).await)?;
    leptos_axum::redirect("/chats/folders");
    Ok(saved)
}

/// Removes a folder; what is in it moves to where it was.
#[server(endpoint = "folder/delete", output = crate::rpc::Wire)]
pub async fn delete(id: Uuid) -> Rpc<()> {
    use crate::server::service::folder;
    let (server, viewer) = asked()?;
    answer(folder::delete(&server, &viewer, id).await)?;
    leptos_axum::redirect("/chats/folders");
    Ok(())
}
