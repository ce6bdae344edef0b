//! Where files are chosen; they may also be dropped on the page, or pasted. What becomes of them then is [`super::file_tray`]'s.

use leptos::html;
use leptos::prelude::*;

use super::composer::files_key;
use super::icon::{Glyph, Icon};
use crate::app::browser;
use crate::app::state::thread::Thread;
use crate::i18n::use_texts;

/// The button, and without a script the browser's own field.
#[component]
pub fn Attach() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let input = NodeRef::<html::Input>::new();
    let pick = move || {
        if input.get_untracked().is_some_and(|input| browser::pick_files(&input)) {
            thread.files.pick();
        }
    };
    Effect::new(move || {
        browser::on_files(Callback::new(move |()| thread.files.pick()));
        // Chosen before this page was alive, or kept from before it was loaded again.
        pick();
        if browser::stored(&files_key(thread)).is_some() {
            thread.files.pick();
        }
    });
    view! {
        <input node_ref=input id="attach" class="attach-input" type="file" name="files" multiple=true aria-label=texts.chat.attach on:change=move |_| pick()/>
        <label class="icon-button attach needs-script" for="attach" title=texts.chat.attach><Icon glyph=Glyph::Clip/></label>
        <p class="drop-zone" aria-hidden="true">{texts.chat.drop}</p>
    }
}
