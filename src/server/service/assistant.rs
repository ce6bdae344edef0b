//! Assistants. Everybody has their own; administrators share theirs, and change what is shared. A conversation takes over what its
//! assistant is set to when it begins: later changes of the one do not change the other.

use uuid::Uuid;

use super::viewer::Viewer;
use super::{folder, prompt};
use crate::model::assistant::{Around, Assistant, AssistantForm, Chosen, KEPT_MAX, Start};
use crate::model::chat::Badge;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// The viewer's own and those that are shared, by their names.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<Vec<Assistant>> {
    Ok(server.db.assistants().list_for(viewer.user.id).await?)
}

/// An assistant that the viewer may use.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Assistant> {
    server.db.assistants().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("assistant"))
}

/// Keeps an assistant, or changes the one with this id.
pub async fn save(server: &Server, viewer: &Viewer, id: Option<Uuid>, form: AssistantForm) -> Result<Assistant> {
    if let Some(id) = id {
        changeable(server, viewer, id).await?;
    }
    let form = form.checked()?;
    if form.shared {
        viewer.require_admin()?;
    }
    let (assistants, now) = (server.db.assistants(), server.clock.now());
    let id = match id {
        Some(id) => assistants.update(id, &form, now).await.map(|_| id)?,
        None if assistants.count(viewer.user.id).await? >= KEPT_MAX => {
            return Err(Error::conflict(format!("Nobody can keep more than {KEPT_MAX} assistants.")));
        }
        None => {
            let id = Uuid::now_v7();
            assistants.insert(viewer.user.id, id, &form, now).await.map(|()| id)?
        }
    };
    find(server, viewer, id).await
}

/// Forgets an assistant; its conversations stay, with what they are told.
pub async fn delete(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    changeable(server, viewer, id).await?;
    if !server.db.assistants().delete(id).await? {
        return Err(Error::not_found("assistant"));
    }
    Ok(())
}

/// What the page of a new conversation shows: the assistants, the one that was chosen, a prompt's text for the composer, and the folder. A choice
/// that is not there (any more) is none.
pub async fn start(
    server: &Server,
    viewer: &Viewer,
    chosen: Option<Uuid>,
    prompt: Option<(Uuid, Vec<String>)>,
    around: Option<Uuid>,
) -> Result<Start> {
    let all = list(server, viewer).await?;
    let badge = |one: &Assistant| Badge { id: one.id, name: one.form.name.clone(), icon: one.form.icon.clone() };
    let cards = all.iter().map(badge).collect();
    let chosen = all.into_iter().find(|one| Some(one.id) == chosen).map(|one| Chosen {
        badge: badge(&one),
        model: one.form.model,
        greeting: one.form.greeting,
        starters: one.form.starters,
        setup: one.form.setup.into(),
    });
    let text = match prompt {
        Some((id, values)) => prompt::text(server, viewer, id, &values).await.ok(),
        None => None,
    };
    let folder = match around {
        Some(id) => folder::inherited(server, viewer, id).await.ok().map(|form| Around { id, name: form.name, model: form.model }),
        None => None,
    };
    Ok(Start { cards, chosen, text, folder })
}

/// The viewer's own, or a shared one where the viewer administers.
async fn changeable(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    if !find(server, viewer, id).await?.mine {
        viewer.require_admin()?;
    }
    Ok(())
}
