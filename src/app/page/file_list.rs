//! `/settings/files`: the files that somebody keeps, newest first, and the room for them. What is to be deleted stands in the address.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use crate::app::component::asking::Asking;
use crate::app::component::file_chip::fault_sentence;
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed;
use crate::app::component::provider_frame::Call;
use crate::app::component::subnav::SettingsPage;
use crate::i18n::file::size;
use crate::i18n::use_texts;
use crate::model::file::{File, Kept, Room};
use crate::rpc;
use crate::rpc::file::Delete;

const LIST: &str = "/settings/files";

#[component]
pub fn FilesPage() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let before = Memo::new(move |_| query.read().get("before").and_then(|id| Uuid::parse_str(&id).ok()));
    let list = Resource::new_blocking(move || before.get(), rpc::file::list);
    let navigate = use_navigate();
    let done = Callback::new(move |()| {
        navigate(LIST, Default::default());
        list.refetch();
    });
    view! {
        <SettingsPage title=texts.chat.files>
            <p class="lead">{texts.file().lead}</p>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(kept) => view! { <List kept before=before.get_untracked() done/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </SettingsPage>
    }
}

#[component]
fn List(
    kept: Kept,
    /// Where this page of them begins; absent: with the newest.
    before: Option<Uuid>,
    done: Callback<()>,
) -> impl IntoView {
    let (words, past) = (use_texts().file(), before.is_some());
    let query = use_query_map();
    let Kept { page, room } = kept;
    let files = page.items.clone();
    let asked = Memo::new(move |_| {
        let id = query.read().get("delete").and_then(|id| Uuid::parse_str(&id).ok());
        id.and_then(|id| files.iter().find(|file| file.id == id).map(|file| (id, file.name.clone())))
    });
    let delete = |id: Uuid| Box::pin(rpc::file::delete(id)) as Call<()>;
    let question = move || {
        asked.get().map(|(id, name)| {
            view! { <Asking title=(words.delete_one)(&name) text=words.delete_text url=Delete::url() id list=LIST delete done/> }
        })
    };
    let empty = (page.items.is_empty() && !past).then(|| view! { <p class="lead">{words.none}</p> });
    let older = page.next.map(|next| view! { <A href=format!("{LIST}?before={next}") attr:class="button quiet">{words.older}</A> });
    let newest = past.then(|| view! { <A href=LIST attr:class="button quiet">{words.newest}</A> });
    view! {
        <RoomLine room/>
        {question}
        {empty}
        <ul class="kept-list">{page.items.into_iter().map(|file| view! { <Row file before/> }).collect_view()}</ul>
        <p class="panel-actions">{newest}{older}</p>
    }
}

/// How much of the room is taken.
#[component]
fn RoomLine(room: Room) -> impl IntoView {
    let words = use_texts().file();
    let said = (words.room)(room.used, room.limit);
    view! {
        <div class="progress">
            <label for="room">{said}</label>
            <progress id="room" max=room.limit.max(1).to_string() value=room.used.to_string()></progress>
        </div>
    }
}

#[component]
fn Row(file: File, before: Option<Uuid>) -> impl IntoView {
    let texts = use_texts();
    let id = file.id;
    let here = before.map(|before| format!("&before={before}")).unwrap_or_default();
    let fault = file.error.as_ref().map(|error| view! { <span class="wrong">{fault_sentence(texts, error.code)}</span> });
    view! {
        <li class="kept">
            <div class="kept-head file-row">
                <A href=format!("/files/{id}")><span dir="auto">{file.name}</span></A>
                <span class="file-facts"><span>{size(file.size)}</span><Moment at=file.created_at/></span>
                {fault}
            </div>
            <div class="provider-actions">
                <a class="button small" href=format!("/api/files/{id}/content/") rel="external" download="">{texts.file().download}</a>
                <A href=format!("{LIST}?delete={id}{here}") attr:class="button quiet small">{texts.kept().delete}</A>
            </div>
        </li>
    }
}
