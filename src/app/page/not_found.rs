//! The page for paths that do not exist.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::app::component::icon::Seal;
use crate::i18n::use_texts;

#[component]
pub fn NotFound() -> impl IntoView {
    let texts = use_texts();
    view! {
        <Title text=texts.common.not_found/>
        <main class="door">
            <section class="problem">
                <Seal/>
                <h1>{texts.common.not_found}</h1>
                <p>{texts.common.not_found_text}</p>
                <p class="problem-actions"><a class="button quiet" href="/" rel="external">{texts.common.home}</a></p>
            </section>
        </main>
    }
}
