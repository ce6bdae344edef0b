//! `/chats/edit/{id}`: where one conversation stands. Its title, pin, archive, folder and tags; a copy of it; its end.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map};
use uuid::Uuid;

use super::frame::ShelfPage;
use super::table::indented;
use crate::app::component::choose::Choose;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::plain_form::PlainForm;
use crate::app::component::problem::failed;
use crate::app::component::sending::sending;
use crate::app::component::sidebar::delete_action;
use crate::app::state::chats::Chats;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::chat::{Chat, TITLE_MAX};
use crate::model::error::ApiError;
use crate::model::shelf::Look;
use crate::rpc;
use crate::rpc::chat::Delete;
use crate::rpc::shelf::{Duplicate, Order};

#[component]
pub fn OrderPage() -> impl IntoView {
    let texts = use_texts();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").and_then(|id| Uuid::parse_str(&id).ok()).unwrap_or_default());
    let look = Resource::new_blocking(move || id.get(), rpc::shelf::look);
    view! {
        <ShelfPage title=texts.shelf().order>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match look.await {
                        Ok(look) => view! { <Place look/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </ShelfPage>
    }
}

#[component]
fn Place(look: Look) -> impl IntoView {
    let texts = use_texts();
    let t = texts.shelf();
    let (toasts, chats, navigate) = (expect_context::<Toasts>(), expect_context::<Chats>(), use_navigate());
    let Look { chat: Chat { id, title, pinned, archived, folder_id, tags, .. }, folders, tags: known } = look;
    let back = format!("/chat/{id}");
    let saved = Callback::new({
        let (navigate, back) = (navigate.clone(), back.clone());
        move |chat: Chat| {
            chats.put(chat);
            chats.refresh();
            toasts.say(t.saved, None);
            navigate(&back, Default::default());
        }
    });
    let call = |form: Order| rpc::shelf::order(form.id, form.title, form.folder, form.tags, form.pinned, form.archived);
    let (error, submit) = sending(call, saved);
    let wrong: Signal<Option<ApiError>> = error.into();
    let folders = folders.iter().map(|folder| (folder.id.to_string(), indented(folder))).collect();
    let known = known.into_iter().map(|tagged| {
        let href = super::tagged(&tagged.tag);
        view! { <a class="tag-chip" href=href>"#"{tagged.tag}</a> }
    });
    view! {
        <form method="post" action=Order::url() class="panel" on:submit=move |event| submit.run(event)>
            {move || view! { <DoorError error=error.get()/> }}
            <input type="hidden" name="id" value=id.to_string()/>
            <Field name="title" label=t.title value=title max=TITLE_MAX error=wrong/>
            <Choose name="folder" label=t.folder none=t.no_folder options=folders chosen=folder_id.map(|id| id.to_string())/>
            <Field name="tags" label=t.tags value=tags.join(", ") hint=t.tags_hint autocomplete="off" error=wrong/>
            <p class="tag-chips">{known.collect_view()}</p>
            <label class="check"><input type="checkbox" name="pinned" value="true" checked=pinned/>{t.pin}</label>
            <label class="check"><input type="checkbox" name="archived" value="true" checked=archived/>{t.archive}</label>
            <div class="panel-actions">
                <A href=back attr:class="button quiet">{t.back}</A>
                <button type="submit" class="button seal-button">{texts.common.save}</button>
            </div>
        </form>
        <MoreActs id/>
    }
}

/// A copy, and the end.
#[component]
fn MoreActs(id: Uuid) -> impl IntoView {
    let t = use_texts().shelf();
    let (toasts, chats, navigate, delete) = (expect_context::<Toasts>(), expect_context::<Chats>(), use_navigate(), delete_action());
    let gone = navigate.clone();
    let copy = Callback::new(move |()| {
        let navigate = navigate.clone();
        spawn_local(async move {
            match rpc::shelf::duplicate(id, None).await {
                Ok(chat) => {
                    let path = format!("/chat/{}", chat.id);
                    chats.put(chat);
                    toasts.say(t.copied, None);
                    navigate(&path, Default::default());
                }
                Err(error) => toasts.fail(&error),
            }
        });
    });
    let end = Callback::new(move |()| {
        delete.run(id);
        gone("/chats", Default::default());
    });
    view! {
        <div class="panel shelf-more">
            <p class="hint">{t.copy_text}</p>
            <PlainForm url=Duplicate::url() name="id" value=id.to_string() class="button" label=t.copy run=copy><Icon glyph=Glyph::Copy/>{t.copy}</PlainForm>
            <p class="hint">{t.report_text}</p>
            <A href=format!("/settings/report?chat={id}") attr:class="button"><Icon glyph=Glyph::Alert/>{t.report}</A>
            <p class="hint">{t.delete_text}</p>
            <PlainForm url=Delete::url() name="id" value=id.to_string() class="button" label=t.delete run=end><Icon glyph=Glyph::Trash/>{t.delete}</PlainForm>
        </div>
    }
}
