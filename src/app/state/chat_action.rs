//! What can be done with a conversation from anywhere: rename it, delete it, and take that back.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_location, use_navigate};
use uuid::Uuid;

use super::chats::Chats;
use super::toast::Toasts;
use crate::i18n::use_texts;
use crate::rpc;

/// The actions. They live as long as the frame of the pages: what a toast offers outlives the row that it came from.
#[derive(Clone, Copy)]
pub struct ChatActions {
    pub rename: Callback<(Uuid, String)>,
    pub delete: Callback<Uuid>,
}

impl ChatActions {
    /// Needs the list and the toasts in the context.
    pub fn new() -> Self {
        Self { rename: rename_action(), delete: delete_action() }
    }
}

/// Renames a conversation; an empty title changes nothing.
fn rename_action() -> Callback<(Uuid, String)> {
    let (chats, toasts) = (expect_context::<Chats>(), expect_context::<Toasts>());
    Callback::new(move |(id, title): (Uuid, String)| {
        if title.trim().is_empty() {
            return;
        }
        spawn_local(async move {
            match rpc::chat::rename(id, title).await {
                Ok(chat) => chats.put(chat),
                Err(error) => toasts.fail(&error),
            }
        });
    })
}

/// Deletes a conversation and offers to undo it.
fn delete_action() -> Callback<Uuid> {
    let texts = use_texts();
    let (chats, toasts) = (expect_context::<Chats>(), expect_context::<Toasts>());
    let (navigate, path) = (use_navigate(), use_location().pathname);
    let restore = Callback::new(move |id: Uuid| {
        spawn_local(async move {
            match rpc::chat::restore(id).await {
                Ok(chat) => chats.put(chat),
                Err(error) => toasts.fail(&error),
            }
        });
    });
    Callback::new(move |id: Uuid| {
        let navigate = navigate.clone();
        spawn_local(async move {
            if let Err(error) = rpc::chat::delete(id).await {
                return toasts.fail(&error);
            }
            chats.remove(id);
            if path.get_untracked() == format!("/chat/{id}") {
                navigate("/", Default::default());
            }
            toasts.say(texts.sidebar.deleted, Some((texts.common.undo, Callback::new(move |()| restore.run(id)))));
        });
    })
}
