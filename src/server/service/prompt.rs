//! Prompts that people keep. Everybody has their own; administrators share theirs, and change what is shared.

use uuid::Uuid;

use super::viewer::Viewer;
use crate::model::error::Rule;
use crate::model::prompt::{KEPT_MAX, Prompt, PromptForm, fill};
use crate::server::Server;
use crate::server::error::{Error, Result};

/// The viewer's own and those that are shared, by their commands; the viewer's own first where both have one.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<Vec<Prompt>> {
    let mut prompts = server.db.prompts().list_for(viewer.user.id).await?;
    prompts.sort_by(|a, b| (&a.command, !a.mine).cmp(&(&b.command, !b.mine)));
    Ok(prompts)
}

/// A prompt that the viewer may use.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Prompt> {
    server.db.prompts().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("prompt"))
}

/// Keeps a prompt, or changes the one with this id.
pub async fn save(server: &Server, viewer: &Viewer, id: Option<Uuid>, form: PromptForm) -> Result<Prompt> {
    if let Some(id) = id {
        changeable(server, viewer, id).await?;
    }
    let form = form.checked()?;
    if form.shared {
        viewer.require_admin()?;
    }
    let (prompts, now) = (server.db.prompts(), server.clock.now());
    let stored = match id {
        Some(id) => prompts.update(id, &form, now).await.map(|_| id),
        None if prompts.count(viewer.user.id).await? >= KEPT_MAX => {
            return Err(Error::conflict(format!("Nobody can keep more than {KEPT_MAX} prompts.")));
        }
        None => {
            let id = Uuid::now_v7();
            prompts.insert(viewer.user.id, id, &form, now).await.map(|()| id)
        }
    };
    let id = stored.map_err(|cause| {
        let unique = cause.as_database_error().is_some_and(|cause| cause.is_unique_violation());
        if unique { Error::invalid("command", Rule::Taken, "Another prompt has this command.") } else { cause.into() }
    })?;
    find(server, viewer, id).await
}

/// Forgets a prompt.
pub async fn delete(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    changeable(server, viewer, id).await?;
    if !server.db.prompts().delete(id).await? {
        return Err(Error::not_found("prompt"));
    }
    Ok(())
}

/// The text of a prompt, its places filled in; what is missing is what stands there.
pub async fn text(server: &Server, viewer: &Viewer, id: Uuid, values: &[String]) -> Result<String> {
    Ok(fill(&find(server, viewer, id).await?.body, values))
}

/// The viewer's own, or a shared one where the viewer administers.
async fn changeable(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    if !find(server, viewer, id).await?.mine {
        viewer.require_admin()?;
    }
    Ok(())
}
