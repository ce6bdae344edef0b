//! Keeps a message in what models are shown, however long the conversation becomes.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::icon::{Glyph, Icon};
use crate::app::state::thread::{Entry, Thread};
use crate::i18n::use_texts;
use crate::rpc::context;

/// The button: pressed while the message is pinned.
#[component]
pub fn Pin(entry: Entry) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let (shown, acted) = (entry.shown.clone(), entry);
    let now = Memo::new(move |_| {
        let message = &shown.read().message;
        (message.id, message.pinned)
    });
    let act = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        thread.pin(acted.clone());
    };
    let label = move || if now.get().1 { texts.chat.unpin } else { texts.chat.pin };
    view! {
        <form method="post" action=context::Pin::url() class="plain" on:submit=act>
            <input type="hidden" name="message_id" value=move || now.get().0.to_string()/>
            <input type="hidden" name="on" value=move || (!now.get().1).to_string()/>
            <button type="submit" class="action" class:pinned=move || now.get().1 title=label aria-label=label>
                <Icon glyph=Glyph::Pin/>
            </button>
        </form>
    }
}
