//! `/chats`: every conversation, by folder and tag, many changed at a time; `/chats/archived`: those that are put away; and the pages of one.

mod folder;
mod frame;
mod order;
mod table;
mod tree;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

pub use folder::FoldersPage;
pub use order::OrderPage;
pub use tree::TreePage;

use crate::app::component::problem::failed;
use crate::app::state::address::address;
use crate::i18n::use_texts;
use crate::model::folder::{Folder, upwards};
use crate::model::shelf::{Browse, Selection, Tagged};
use crate::rpc;
use frame::ShelfPage;
use table::ChatTable;

/// What the address asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub selection: Selection,
    pub after: Option<String>,
}

impl Asked {
    /// The address of this list, from its beginning or after a cursor.
    fn at(&self, after: Option<&str>) -> String {
        let path = if self.selection.archived == Some(true) { "/chats/archived" } else { "/chats" };
        let Selection { folder, tag, .. } = &self.selection;
        address(path, &[("folder", folder.map(|id| id.to_string())), ("tag", tag.clone()), ("after", after.map(str::to_owned))])
    }
}

/// The address of what has a tag.
fn tagged(tag: &str) -> String {
    address("/chats", &[("tag", Some(tag.to_owned()))])
}

/// `/chats`.
#[component]
pub fn ChatsPage() -> impl IntoView {
    view! { <Listed archived=false/> }
}

/// `/chats/archived`.
#[component]
pub fn ArchivedPage() -> impl IntoView {
    view! { <Listed archived=true/> }
}

#[component]
fn Listed(archived: bool) -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let folder = query.get("folder").map(|id| Uuid::parse_str(&id).unwrap_or_default());
        let tag = query.get("tag").filter(|tag| !tag.is_empty());
        Asked { selection: Selection { archived: Some(archived), pinned: None, folder, tag }, after: query.get("after") }
    });
    let list =
        Resource::new_blocking(move || asked.get(), |asked| async move { rpc::shelf::browse(Some(asked.selection), asked.after).await });
    let changed = Callback::new(move |()| list.refetch());
    let title = if archived { texts.shelf().archived } else { texts.shelf().all };
    view! {
        <ShelfPage title>
            {archived.then(|| view! { <p class="lead">{texts.shelf().archived_lead}</p> })}
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(browse) => {
                            let asked = asked.get_untracked();
                            let Browse { page, folders, tags } = browse;
                            view! {
                                <Around asked=asked.clone() folders=folders.clone() tags=tags.clone()/>
                                <ChatTable page asked folders tags changed/>
                            }.into_any()
                        }
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </ShelfPage>
    }
}

/// Where in the folders this is, what can be gone to from here, and the tags.
#[component]
fn Around(asked: Asked, folders: Vec<Folder>, tags: Vec<Tagged>) -> impl IntoView {
    let t = use_texts().shelf();
    let here = asked.selection.folder;
    let way: Vec<Folder> = here.map(|id| upwards(&folders, id).into_iter().rev().cloned().collect()).unwrap_or_default();
    let way = (!way.is_empty()).then(|| {
        let steps = way.into_iter().map(|folder| view! { <li><a href=format!("/chats?folder={}", folder.id)>{folder.form.name}</a></li> });
        view! { <nav class="way" aria-label=t.folder><ol><li><a href="/chats">{t.all}</a></li>{steps.collect_view()}</ol></nav> }
    });
    let within: Vec<Folder> = folders.iter().filter(|folder| here.is_some() && folder.form.parent_id == here).cloned().collect();
    let within =
        within.into_iter().map(|folder| view! { <a class="tag-chip" href=format!("/chats?folder={}", folder.id)>{folder.form.name}</a> });
    let chosen = asked.selection.tag.clone();
    let tags = tags.into_iter().take(30).map(|Tagged { tag, chats }| {
        let current = (chosen.as_ref() == Some(&tag)).then_some("true");
        let next =
            Asked { selection: Selection { tag: Some(tag.clone()).filter(|_| current.is_none()), ..asked.selection.clone() }, after: None };
        view! { <a class="tag-chip" href=next.at(None) aria-current=current>"#"{tag}<small>{chats}</small></a> }
    });
    let acts = here.map(|id| {
        view! {
            <p class="shelf-acts">
                <a class="button small" href=format!("/?folder={id}")>{t.new_here}</a>
                <a class="button quiet small" href=format!("/chats/folders?edit={id}")>{t.edit_folder}</a>
            </p>
        }
    });
    view! {
        {way}
        {acts}
        <nav class="tag-chips" aria-label=t.folders>{within.collect_view()}</nav>
        <nav class="tag-chips" aria-label=t.tags>{tags.collect_view()}</nav>
    }
}
