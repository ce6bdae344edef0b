//! Asks before something that is kept goes: the address says what, so that it works without JavaScript too.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use uuid::Uuid;

use super::provider_frame::Call;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;

/// The question, with its plain form. `done` is called when it is gone.
#[component]
pub fn Asking(
    title: String,
    #[prop(optional)] text: &'static str,
    /// The server function's URL.
    url: &'static str,
    id: Uuid,
    /// The page that it stands on.
    list: &'static str,
    delete: fn(Uuid) -> Call<()>,
    done: Callback<()>,
) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match delete(id).await {
                Ok(()) => {
                    toasts.say(texts.kept().deleted, None);
                    done.run(());
                }
                Err(error) => toasts.fail(&error),
            }
        });
    };
    view! {
        <form method="post" action=url class="panel" on:submit=submit>
            <h2>{title}</h2>
            {(!text.is_empty()).then(|| view! { <p>{text}</p> })}
            <input type="hidden" name="id" value=id.to_string()/>
            <div class="panel-actions">
                <A href=list attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.kept().delete}</button>
            </div>
        </form>
    }
}
