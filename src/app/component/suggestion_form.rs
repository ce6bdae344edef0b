//! What models are asked beside answers: two boxes for administrators.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::i18n::use_texts;
use crate::rpc;
use crate::rpc::suggestion::Save;

/// The form, as it is set now.
#[component]
pub fn SuggestionForm() -> impl IntoView {
    let texts = use_texts();
    let t = texts.suggestion();
    let now = Resource::new_blocking(|| (), |()| rpc::suggestion::read());
    let tick = |name: &'static str, label: &'static str, ticked: bool| {
        view! { <label class="check"><input type="checkbox" name=name value="true" checked=ticked/>{label}</label> }
    };
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let now = now.await.ok()?;
                Some(view! {
                    <form method="post" action=Save::url() class="panel" id="suggestions">
                        <h2>{t.title}</h2>
                        <p class="lead">{t.lead}</p>
                        {tick("tags", t.tags, now.tags)}
                        {tick("follow_ups", t.follow_ups, now.follow_ups)}
                        <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
                    </form>
                })
            })}
        </Suspense>
    }
}
