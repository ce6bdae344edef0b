//! What the lists of model providers and of services to sign in with have in common: a row with its switch and its test, the form
//! around the fields, and the question before one is deleted.

use std::pin::Pin;

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::icon::{Glyph, Icon};
use crate::app::browser;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::rpc::Rpc;

/// A call to the server.
pub type Call<T> = Pin<Box<dyn Future<Output = Rpc<T>> + Send>>;

/// A list, and what can be done with each of it: by a script, and where a plain form posts the same.
#[derive(Clone, Copy)]
pub struct Ways {
    /// The page of the list.
    pub list: &'static str,
    pub enable: fn(Uuid, bool) -> Call<()>,
    pub enable_url: &'static str,
    pub delete: fn(Uuid) -> Call<()>,
    pub delete_url: &'static str,
    pub test: fn(Uuid) -> Call<Tested>,
    /// On the button of the test.
    pub test_label: &'static str,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    pub ok: bool,
    /// What was really said.
    pub message: String,
    pub millis: u64,
    /// Of a provider: the models that it has.
    pub models: Vec<String>,
}

/// One line of the list: `head` is what names it, the children are what is known of it.
#[component]
pub fn Row(
    ways: Ways,
    id: Uuid,
    name: String,
    on: bool,
    head: AnyView,
    /// Whether it can be changed and deleted.
    editable: bool,
    changed: Callback<()>,
    children: Children,
) -> impl IntoView {
    let texts = use_texts();
    let list = ways.list;
    let editing = editable.then(|| {
        view! {
            <A href=format!("{list}?edit={id}") attr:class="button quiet small">{texts.admin.edit}</A>
            <A href=format!("{list}?delete={id}") attr:class="button quiet small">{texts.admin.delete}</A>
        }
    });
    view! {
        <li class="provider" class:off=!on>
            <div class="provider-head">
                {head}
                <span class="spacer"></span>
                <Switch ways id name on changed/>
            </div>
            {children()}
            <div class="provider-actions">
                <Test ways id/>
                {editing}
            </div>
        </li>
    }
}

#[component]
fn Switch(ways: Ways, id: Uuid, name: String, on: bool, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let flip = move |event: SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match (ways.enable)(id, !on).await {
                Ok(()) => changed.run(()),
                Err(error) => toasts.fail(&error),
            }
        });
    };
    let label = if on { texts.admin.enabled } else { texts.admin.disabled };
    view! {
        <form method="post" action=ways.enable_url class="plain" on:submit=flip>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="enabled" value=(!on).to_string()/>
            <button type="submit" class="switch" role="switch" aria-checked=on.to_string() aria-label=format!("{name}: {}", texts.admin.enabled)>
                <span class="switch-track" aria-hidden="true"></span>
                {label}
            </button>
        </form>
    }
}

/// Asks it, and shows its real answer or the real error.
#[component]
fn Test(ways: Ways, id: Uuid) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let (asking, found) = (RwSignal::new(false), RwSignal::new(None::<Tested>));
    // Without JavaScript the address asks for the test, and the page comes with what it found.
    let asked = use_query_map().get_untracked().get("test").is_some_and(|asked| asked == id.to_string());
    let came = asked.then(|| Resource::new_blocking(|| (), move |()| (ways.test)(id)));
    let came = came.map(
        |came| view! { <Suspense>{move || Suspend::new(async move { came.await.ok().map(|test| view! { <Found test/> }) })}</Suspense> },
    );
    let ask = move |event: SubmitEvent| {
        event.prevent_default();
        asking.set(true);
        found.set(None);
        spawn_local(async move {
            let answer = (ways.test)(id).await;
            asking.set(false);
            match answer {
                Ok(test) => found.set(Some(test)),
                Err(error) => toasts.fail(&error),
            }
        });
    };
    view! {
        <form method="get" action=ways.list class="plain" on:submit=ask>
            <input type="hidden" name="test" value=id.to_string()/>
            <button type="submit" class="button small" disabled=move || asking.get()>
                {move || if asking.get() { texts.admin.testing } else { ways.test_label }}
            </button>
        </form>
        <div class="test" role="status">{came}{move || found.get().map(|test| view! { <Found test/> })}</div>
    }
}

#[component]
fn Found(test: Tested) -> impl IntoView {
    let texts = use_texts();
    let (class, glyph, sentence) = match test.ok {
        true => ("test-found ok", Glyph::Check, (texts.admin.test_ok)(test.millis)),
        false => ("test-found failed", Glyph::Alert, (texts.admin.test_failed)(test.millis)),
    };
    let models = (!test.models.is_empty())
        .then(|| view! { <p class="test-models">{(texts.admin.test_models)(test.models.len())}": "{test.models.join(", ")}</p> });
    view! {
        <div class=class>
            <p><Icon glyph/><strong>{sentence}</strong></p>
            <blockquote>{test.message}</blockquote>
            {models}
        </div>
    }
}

/// The form around the fields; `id` is that of one that is changed.
#[component]
pub fn EntryForm(
    list: &'static str,
    action: &'static str,
    title: String,
    id: Option<Uuid>,
    submit: Callback<SubmitEvent>,
    children: Children,
) -> impl IntoView {
    let texts = use_texts();
    view! {
        <form method="post" action=action class="panel provider-form" on:submit=move |event| submit.run(event)>
            <h2>{title}</h2>
            {id.map(|id| view! { <input type="hidden" name="id" value=id.to_string()/> })}
            {children()}
            <div class="panel-actions">
                <A href=list attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.common.save}</button>
            </div>
        </form>
    }
}

/// Asks whether it is really to go, and tells what goes with it. `deleted` is said when it is gone.
#[component]
pub fn ConfirmDelete(ways: Ways, id: Uuid, title: String, text: String, deleted: &'static str, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            browser::show_modal(&dialog);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match (ways.delete)(id).await {
                Ok(()) => toasts.say(deleted, None),
                Err(error) => toasts.fail(&error),
            }
            done.run(());
        });
    };
    view! {
        <dialog node_ref=dialog open=true class="dialog" aria-labelledby="delete-title" on:cancel=move |_: leptos::ev::Event| done.run(())>
            <h2 id="delete-title">{title}</h2>
            <p>{text}</p>
            <form method="post" action=ways.delete_url class="panel-actions" on:submit=submit>
                <input type="hidden" name="id" value=id.to_string()/>
                <A href=ways.list attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.admin.delete}</button>
            </form>
        </dialog>
    }
}
