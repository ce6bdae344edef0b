//! `/chats/folders`: the folders, and what conversations in them begin with. What is being edited or deleted stands in the address.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use super::frame::ShelfPage;
use super::table::indented;
use crate::app::component::area::Area;
use crate::app::component::asking::Asking;
use crate::app::component::choose::Choose;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::problem::failed;
use crate::app::component::provider_frame::{Call, EntryForm};
use crate::app::component::sending::sending;
use crate::app::state::chats::Chats;
use crate::app::state::session::Models;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::folder::{Folder, NAME_MAX};
use crate::model::setup::SYSTEM_MAX;
use crate::rpc;
use crate::rpc::folder::{Delete, Save};

const LIST: &str = "/chats/folders";

#[component]
pub fn FoldersPage() -> impl IntoView {
    let texts = use_texts();
    let list = Resource::new_blocking(|| (), |()| rpc::folder::list());
    let (navigate, chats) = (use_navigate(), expect_context::<Chats>());
    let done = Callback::new(move |()| {
        navigate(LIST, Default::default());
        list.refetch();
        chats.refresh();
    });
    let moved = Callback::new(move |()| list.refetch());
    view! {
        <ShelfPage title=texts.shelf().folders>
            <p class="lead">{texts.shelf().folders_lead}</p>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(folders) => view! { <Editing folders=folders.clone() done/><List folders moved/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </ShelfPage>
    }
}

/// The form or the question that the address asks for.
#[component]
fn Editing(folders: Vec<Folder>, done: Callback<()>) -> impl IntoView {
    let t = use_texts().shelf();
    let query = use_query_map();
    let all = folders.clone();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        let find = |name: &str| query.get(name).and_then(|id| all.iter().find(|one| one.id.to_string() == id).cloned());
        (query.get("add").is_some(), find("edit"), find("delete"), query.get("in"))
    });
    let delete = |id: Uuid| Box::pin(rpc::folder::delete(id)) as Call<()>;
    move || match wanted.get() {
        (_, _, Some(Folder { id, form, .. }), _) => {
            view! { <Asking title=(t.delete_folder)(&form.name) text=t.delete_folder_text url=Delete::url() id list=LIST delete done/> }
                .into_any()
        }
        (true, _, _, parent) => view! { <Form folder=None parent all=folders.clone() done/> }.into_any(),
        (_, Some(folder), ..) => view! { <Form folder=Some(folder) parent=None all=folders.clone() done/> }.into_any(),
        _ => view! { <p><A href="/chats/folders?add=1" attr:class="button">{t.add_folder}</A></p> }.into_any(),
    }
}

#[component]
fn Form(folder: Option<Folder>, parent: Option<String>, all: Vec<Folder>, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.shelf();
    let toasts = expect_context::<Toasts>();
    let saved = Callback::new(move |_| {
        toasts.say(t.saved, None);
        done.run(());
    });
    let (error, submit) = sending(|form: Save| rpc::folder::save(form.id, form.name, form.parent, form.model, form.system_prompt), saved);
    let wrong = Signal::from(error);
    let (title, id) = (if folder.is_some() { t.edit_folder } else { t.add_folder }, folder.as_ref().map(|one| one.id));
    let form = folder.map(|one| one.form).unwrap_or_default();
    let parent = form.parent_id.map(|id| id.to_string()).or(parent);
    // Not in itself; deeper circles the server refuses.
    let places = all.iter().filter(|one| Some(one.id) != id).map(|one| (one.id.to_string(), indented(one))).collect();
    view! {
        <EntryForm list=LIST action=Save::url() title=title.to_owned() id submit>
            {move || view! { <DoorError error=error.get()/> }}
            <Field name="name" label=t.name value=form.name required=true max=NAME_MAX error=wrong/>
            <Choose name="parent" label=t.parent none=t.no_folder options=places chosen=parent/>
            <ChooseModel chosen=form.model/>
            <Area name="system_prompt" label=t.prompt value=form.system_prompt.unwrap_or_default() hint=t.prompt_hint max=SYSTEM_MAX error=wrong/>
        </EntryForm>
    }
}

#[component]
fn ChooseModel(chosen: Option<String>) -> impl IntoView {
    let t = use_texts().shelf();
    let Models(models) = expect_context();
    view! {
        <Suspense>
            {move || {
                let chosen = chosen.clone();
                Suspend::new(async move {
                    let mut options: Vec<(String, String)> =
                        models.await.unwrap_or_default().into_iter().map(|model| (model.id.clone(), model.id)).collect();
                    // A model that no list has (any more) is still what was chosen.
                    let missing = chosen.clone().filter(|own| options.iter().all(|(id, _)| id != own));
                    options.extend(missing.map(|own| (own.clone(), own)));
                    view! { <Choose name="model" label=t.model none=t.inherited options chosen/> }
                })
            }}
        </Suspense>
    }
}

/// `moved` runs when `public/arrange.js` says that a folder stands elsewhere.
#[component]
fn List(folders: Vec<Folder>, moved: Callback<()>) -> impl IntoView {
    let t = use_texts().shelf();
    let empty = folders.is_empty().then(|| view! { <p class="lead">{t.no_folders}</p> });
    let rows = folders.into_iter().map(|folder| {
        let Folder { id, form, depth, chats, .. } = folder;
        view! {
            <li class="shelf-row" style=format!("--depth:{depth}")>
                <span class="shelf-name"><Icon glyph=Glyph::Folder/><a href=format!("/chats?folder={id}")>{form.name}</a><small>{(t.chats)(chats)}</small></span>
                <a class="button quiet small" href=format!("/?folder={id}")>{t.new_here}</a>
                <A href=format!("{LIST}?edit={id}") attr:class="button quiet small">{t.edit}</A>
                <A href=format!("{LIST}?delete={id}") attr:class="button quiet small">{t.delete}</A>
            </li>
        }
    });
    view! {
        {empty}
        <ul class="shelf-list folders" on:change=move |_| moved.run(())>{rows.collect_view()}</ul>
    }
}
