//! Asks before something that is kept goes: the address says what, so that it works without JavaScript too.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::i18n::use_texts;

/// The question, with its plain form.
#[component]
pub fn Asking(
    title: String,
    text: &'static str,
    /// The server function's URL.
    url: &'static str,
    id: String,
    back: &'static str,
) -> impl IntoView {
    let texts = use_texts();
    view! {
        <form method="post" action=url class="panel">
            <h2>{title}</h2>
            <p>{text}</p>
            <input type="hidden" name="id" value=id/>
            <div class="panel-actions">
                <A href=back attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.request.delete}</button>
            </div>
        </form>
    }
}
