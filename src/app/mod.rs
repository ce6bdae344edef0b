//! SHOW: the Leptos UI. (Replaced by the UI slice.)

use leptos::prelude::*;

/// The whole page body.
#[component]
pub fn App() -> impl IntoView {
    view! { <main>"Liao"</main> }
}
