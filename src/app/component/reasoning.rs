//! How the model thought, folded away.

use leptos::html;
use leptos::prelude::*;

use crate::i18n::use_texts;

/// What is known about the reasoning of an answer.
#[derive(Clone, Copy)]
pub struct Thought {
    /// There is some.
    pub any: RwSignal<bool>,
    /// It goes on: the answer has not begun.
    pub going_on: Memo<bool>,
    /// Seconds that it took, where the page saw it.
    pub seconds: RwSignal<Option<u64>>,
}

/// The fold. It is on the page from the start, because a stream writes into it.
#[component]
pub fn Reasoning(thought: Thought, html: String, node_ref: NodeRef<html::Div>) -> impl IntoView {
    let texts = use_texts();
    let label = move || match (thought.going_on.get(), thought.seconds.get()) {
        (true, _) => texts.chat.thinking.to_owned(),
        (false, Some(seconds)) => (texts.chat.thought)(seconds),
        (false, None) => texts.chat.reasoning.to_owned(),
    };
    view! {
        <details class="reasoning" hidden=move || !thought.any.get()>
            <summary>{label}</summary>
            <div class="blocks prose" node_ref=node_ref inner_html=html></div>
        </details>
    }
}
