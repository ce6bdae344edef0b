//! What the reader asked, in a quiet bubble, as it was typed. It can be edited: that makes a version beside it.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;

use super::attachment::Attachments;
use super::branch::Branch;
use super::icon::{Glyph, Icon};
use super::pin::Pin;
use crate::app::browser;
use crate::app::state::returned::returned;
use crate::app::state::session::{Me, send_key};
use crate::app::state::thread::{Entry, Thread, anchor};
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::file::FORM;
use crate::model::message::MESSAGE_MAX;

/// One question.
#[component]
pub fn Question(entry: Entry) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    // Without JavaScript the address says what is being edited.
    let asked = use_query_map().get_untracked().get("edit").is_some_and(|id| id == entry.id().to_string());
    // Or an edit of it could not be sent.
    let unsent = thread.edited.with_value(|edited| edited.as_ref().is_some_and(|(id, _)| *id == entry.id()));
    let editing = RwSignal::new(asked || unsent);
    let edit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        editing.set(true);
    };
    // Now, not when the page is written: the conversation's state may be gone by then.
    let action = path(thread);
    let shown = entry.shown.clone();
    let text = entry.shown.read_untracked().message.content.clone();
    let copied = text.clone();
    let edited = entry.clone();
    let anchor = anchor(&entry);
    let files = entry.shown.read_untracked().message.attachments.clone();
    view! {
        <article id=anchor class="question" class:editing=editing aria-label=texts.chat.you>
            {(!files.is_empty()).then(|| view! { <Attachments files/> })}
            {move || match editing.get() {
                true => view! { <Editor entry=edited.clone() editing/> }.into_any(),
                false if text.is_empty() => ().into_any(),
                false => view! { <div class="bubble" dir="auto">{text.clone()}</div> }.into_any(),
            }}
            <div class="actions" hidden=move || editing.get()>
                <Branch entry=entry.clone()/>
                <CopyAction text=move || { let text = copied.clone(); async move { Ok(text) } }/>
                <form method="get" action=action class="plain" on:submit=edit>
                    <input type="hidden" name="edit" value=move || shown.read().message.id.to_string()/>
                    <button type="submit" class="action" title=texts.chat.edit aria-label=texts.chat.edit
                        disabled=move || thread.running.get().is_some() || thread.sending.get()>
                        <Icon glyph=Glyph::Pencil/>
                    </button>
                </form>
                <Pin entry/>
            </div>
        </article>
    }
}

/// Where the conversation is shown.
fn path(thread: Thread) -> String {
    thread.id().map_or_else(|| "/".to_owned(), |id| format!("/chat/{id}"))
}

/// Copies what `text` gives.
#[component]
pub fn CopyAction<F, T>(text: F) -> impl IntoView
where
    F: Fn() -> T + Clone + Send + 'static,
    T: Future<Output = crate::rpc::Rpc<String>> + 'static,
{
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let done = RwSignal::new(false);
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            let text = match text().await {
                Ok(text) => text,
                Err(error) => return toasts.fail(&error),
            };
            if !browser::copy(text).await {
                return toasts.say(texts.common.copy_failed, None);
            }
            done.set(true);
            // The message may be gone when the time is up.
            let reset = move || _ = done.try_set(false);
            set_timeout(reset, std::time::Duration::from_secs(2));
        });
    };
    let label = move || if done.get() { texts.common.copied } else { texts.common.copy };
    view! {
        <button type="button" class="action needs-script" title=label aria-label=label on:click=copy>
            {move || view! { <Icon glyph=if done.get() { Glyph::Check } else { Glyph::Copy }/> }}
        </button>
    }
}

#[component]
fn Editor(entry: Entry, editing: RwSignal<bool>) -> impl IntoView {
    let texts = use_texts();
    let (thread, me) = (expect_context::<Thread>(), expect_context::<Me>());
    let area = NodeRef::<html::Textarea>::new();
    let id = entry.id();
    let unsent = thread.edited.try_update_value(|edited| edited.take_if(|(question, _)| *question == id)).flatten();
    let unsent = unsent.map(|(_, text)| text).or_else(|| returned(Some(id)));
    let text = unsent.unwrap_or_else(|| entry.shown.read_untracked().message.content.clone());
    area.on_load(|area| {
        browser::grow(&area);
        browser::focus(&area);
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(text) = area.get_untracked().map(|area| area.value()) else { return };
        if thread.ask(text, Some(id)) {
            editing.set(false);
        }
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            editing.set(false);
        } else if browser::is_send_key(&event, send_key(me))
            && let Some(area) = area.get_untracked()
        {
            event.prevent_default();
            browser::submit_form_of(&area);
        }
    };
    let input = move |_| {
        if let Some(area) = area.get_untracked() {
            browser::grow(&area);
        }
    };
    let cancel = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        editing.set(false);
    };
    view! {
        <form class="editor" method="post" action=FORM enctype="multipart/form-data" on:submit=submit>
            <input type="hidden" name="replaces" value=id.to_string()/>
            <textarea name="text" node_ref=area aria-label=texts.chat.message required=true maxlength=MESSAGE_MAX.to_string() autofocus=true
                on:keydown=key on:input=input>{text}</textarea>
            <div class="editor-actions">
                <a class="button quiet small" href=path(thread) on:click=cancel>{texts.common.cancel}</a>
                <button type="submit" class="button small">{texts.chat.resend}</button>
            </div>
        </form>
    }
}
