//! The settings of a chat: what its models are told, and their parameters. Of a new chat they go along with its first message.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::setup_fields::SetupFields;
use crate::app::browser;
use crate::app::state::session::{Models, form_error};
use crate::app::state::thread::Thread;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::error::Code;
use crate::model::setup::Parameter;
use crate::rpc;
use crate::rpc::chat::SetUp;

/// The popover's id.
pub const ID: &str = "chat-setup";

/// The fields that a message is refused for, where their settings go along with it.
const FIELDS: [&str; 5] = ["system_prompt", "temperature", "top_p", "max_tokens", "stop"];

/// What stands in the popover.
#[component]
pub fn SetupPanel() -> impl IntoView {
    let texts = use_texts();
    let (thread, toasts) = (expect_context::<Thread>(), expect_context::<Toasts>());
    let typed = thread.setup;
    let refused = RwSignal::new(form_error().filter(|(path, _)| path == SetUp::PATH).map(|(_, error)| error));
    let error = Signal::derive(move || refused.get().or_else(|| thread.error.get()));
    let ignores = ignored(thread);
    let Some(id) = thread.id() else {
        Effect::new(move || {
            if error.read().as_ref().is_some_and(|error| FIELDS.iter().any(|name| error.field(name).is_some())) {
                browser::show_popover(ID);
            }
        });
        return view! {
            <p class="menu-note">{texts.setup().setup_new}</p>
            <div class="chat-setup-form"><SetupFields typed form=Some("composer") ignores error/></div>
        }
        .into_any();
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match rpc::chat::set_up(id, Some(typed.get_untracked())).await {
                Ok(now) => {
                    typed.set(now);
                    refused.set(None);
                    toasts.say(texts.setup().saved, None);
                    browser::hide_popover(ID);
                }
                Err(error) if error.code == Code::Invalid => refused.set(Some(error)),
                Err(error) => toasts.fail(&error),
            }
        });
    };
    view! {
        <form method="post" action=SetUp::url() class="chat-setup-form" on:submit=save>
            <p class="menu-note">{texts.setup().setup_lead}</p>
            <input type="hidden" name="id" value=id.to_string()/>
            <SetupFields typed ignores error/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
        <form method="get" action=format!("/chat/{id}/date") class="chat-date">
            <label for="chat-date">{texts.setup().day}</label>
            <input type="date" id="chat-date" name="on" required=true/>
            <button type="submit" class="button small">{texts.setup().go}</button>
        </form>
    }
    .into_any()
}

/// What the chosen model does not take.
fn ignored(thread: Thread) -> Signal<Vec<Parameter>> {
    let Models(models) = expect_context();
    Signal::derive(move || {
        // The server writes this before it knows the models.
        if browser::now().is_none() {
            return Vec::new();
        }
        let (chosen, models) = (thread.model.get(), models.get().and_then(Result::ok).unwrap_or_default());
        let model = models.into_iter().find(|model| chosen.as_ref().map_or(model.default, |id| model.id == *id));
        model.map(|model| model.ignores).unwrap_or_default()
    })
}
