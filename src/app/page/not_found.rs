//! The page for paths that do not exist.

use leptos::prelude::*;

use crate::app::component::problem::Missing;

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <main class="door">
            <Missing/>
        </main>
    }
}
