//! What the reader asked, in a quiet bubble, as it was typed. It can be edited: that makes a version beside it.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::branch::Branch;
use super::icon::{Glyph, Icon};
use crate::app::browser;
use crate::app::state::session::{Me, send_key};
use crate::app::state::thread::{Entry, Thread};
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::message::MESSAGE_MAX;

/// One question.
#[component]
pub fn Question(entry: Entry) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let editing = RwSignal::new(false);
    let text = entry.shown.read_untracked().message.content.clone();
    let copied = text.clone();
    let edited = entry.clone();
    view! {
        <article class="question" class:editing=editing aria-label=texts.chat.you>
            {move || match editing.get() {
                true => view! { <Editor entry=edited.clone() editing/> }.into_any(),
                false => view! { <div class="bubble" dir="auto">{text.clone()}</div> }.into_any(),
            }}
            <div class="actions" hidden=move || editing.get()>
                <Branch entry/>
                <CopyAction text=move || { let text = copied.clone(); async move { Ok(text) } }/>
                <button type="button" class="action needs-script" title=texts.chat.edit aria-label=texts.chat.edit
                    disabled=move || thread.running.get().is_some() || thread.sending.get() on:click=move |_| editing.set(true)>
                    <Icon glyph=Glyph::Pencil/>
                </button>
            </div>
        </article>
    }
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
    let text = entry.shown.read_untracked().message.content.clone();
    area.on_load(|area| {
        browser::grow(&area);
        browser::focus(&area);
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(text) = area.get_untracked().map(|area| area.value()) else { return };
        editing.set(false);
        thread.ask(text, Some(id));
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
    view! {
        <form class="editor" on:submit=submit>
            <textarea node_ref=area aria-label=texts.chat.message required=true maxlength=MESSAGE_MAX.to_string() on:keydown=key on:input=input>{text}</textarea>
            <div class="editor-actions">
                <button type="button" class="button quiet small" on:click=move |_| editing.set(false)>{texts.common.cancel}</button>
                <button type="submit" class="button small">{texts.chat.resend}</button>
            </div>
        </form>
    }
}
