//! The empty conversation: a calm word, and three things to begin with.

use leptos::prelude::*;

use super::icon::Seal;
use crate::app::state::session::Me;
use crate::app::state::thread::Thread;
use crate::i18n::use_texts;

/// What stands where the messages will be.
#[component]
pub fn Greeting() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let Me(me) = expect_context();
    let prompts = texts.chat.prompts.map(|prompt| {
        view! { <li><button type="button" on:click=move |_| thread.ask(prompt.to_owned(), None)>{prompt}</button></li> }
    });
    view! {
        <section class="greeting">
            <Seal/>
            <h2>
                <Suspense>
                    {move || Suspend::new(async move {
                        let name = me.await.ok().flatten().map(|user| user.name).unwrap_or_default();
                        (texts.chat.greeting)(&name)
                    })}
                </Suspense>
            </h2>
            <p>{texts.chat.greeting_lead}</p>
            <ul class="needs-script">{prompts.into_iter().collect_view()}</ul>
        </section>
    }
}
