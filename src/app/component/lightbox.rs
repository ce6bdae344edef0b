//! The pictures of a conversation's messages, one at a time and large. The arrow keys lead from one to the next.

use leptos::html;
use leptos::prelude::*;

use super::attachment::view_of;
use super::icon::{Glyph, Icon};
use crate::app::browser;
use crate::app::state::thread::Thread;
use crate::i18n::use_texts;
use crate::model::file::Attachment;

#[component]
pub fn Lightbox() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let looked_at = thread.files.looked_at;
    let pictures = StoredValue::new(pictures(thread));
    let count = pictures.with_value(Vec::len);
    let place = move |id| pictures.with_value(|all| all.iter().position(|file| Some(file.id) == id)).unwrap_or_default();
    let at = Memo::new(move |last: Option<&usize>| match looked_at.get() {
        Some(id) => place(Some(id)),
        None => last.copied().unwrap_or_default(),
    });
    let file = Memo::new(move |_| pictures.with_value(|all| all.get(at.get()).cloned()));
    let step = move |by: usize| {
        let next = (at.get_untracked() + by) % count.max(1);
        looked_at.set(pictures.with_value(|all| all.get(next).map(|file| file.id)));
    };
    let key = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "ArrowRight" if count > 1 => step(1),
        "ArrowLeft" if count > 1 => step(count - 1),
        _ => {}
    };
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            browser::show_modal(&dialog);
        }
    });
    view! {
        <dialog node_ref=dialog class="lightbox" closedby="any" aria-label=move || file.get().map(|file| file.name)
            on:keydown=key on:close=move |_: leptos::ev::Event| looked_at.set(None)>
            {move || file.get().map(|file| view! { <Large file/> })}
            <p class="lightbox-row">
                {(count > 1).then(|| view! {
                    <button type="button" class="icon-button" aria-label=texts.file().previous on:click=move |_| step(count - 1)><Icon glyph=Glyph::Left/></button>
                    <span role="status">{move || (texts.file().of)(at.get() + 1, count)}</span>
                    <button type="button" class="icon-button" aria-label=texts.file().next on:click=move |_| step(1)><Icon glyph=Glyph::Right/></button>
                })}
                <span class="spacer"></span>
                <a class="button quiet small" href=move || file.get().map(|file| format!("/api/files/{}/content/", file.id)) rel="external"
                    download=move || file.get().map(|file| file.name)>{texts.file().download}</a>
            </p>
            <form method="dialog" class="lightbox-close">
                <button class="icon-button" aria-label=texts.common.close title=texts.common.close><Icon glyph=Glyph::Close/></button>
            </form>
        </dialog>
    }
}

#[component]
fn Large(file: Attachment) -> impl IntoView {
    let name = file.name.clone();
    view! {
        <figure>
            <img src=view_of(file.id) alt=file.name/>
            <figcaption dir="auto">{name}</figcaption>
        </figure>
    }
}

/// The pictures of the messages that are on the page, each once.
fn pictures(thread: Thread) -> Vec<Attachment> {
    let mut found: Vec<Attachment> = Vec::new();
    for entry in thread.entries.read_untracked().iter() {
        let shown = entry.shown.read_untracked();
        for file in shown.message.attachments.iter().filter(|file| file.is_picture()) {
            if found.iter().all(|other| other.id != file.id) {
                found.push(file.clone());
            }
        }
    }
    found
}
