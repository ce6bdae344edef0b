//! Toasts at the bottom of the page, read out politely.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::app::state::toast::{Toast, Toasts};
use crate::i18n::use_texts;

/// The place where toasts appear.
#[component]
pub fn ToastStack() -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    view! {
        <div class="toasts" role="status" aria-live="polite" aria-label=texts.common.notifications>
            <For each=move || toasts.shown.get() key=|toast| toast.id children=|toast| view! { <OneToast toast/> }/>
        </div>
    }
}

#[component]
fn OneToast(toast: Toast) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let Toast { id, text, error, action } = toast;
    let button = action.map(|(label, act)| {
        let click = move |_| {
            toasts.dismiss(id);
            act.run(());
        };
        view! { <button type="button" class="link" on:click=click>{label}</button> }
    });
    view! {
        <div class="toast" class:error=error>
            {error.then(|| view! { <Icon glyph=Glyph::Alert/> })}
            <span>{text}</span>
            {button}
        </div>
    }
}
