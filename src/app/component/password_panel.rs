//! One's own password: a plain form; where there is a script, it says while one types how good the new one is.

use std::time::Duration;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;

use super::door::DoorError;
use super::field::Field;
use super::icon::{Glyph, Icon};
use super::problem::failed;
use crate::app::state::session::{Me, form_error};
use crate::i18n::use_texts;
use crate::model::error::Code;
use crate::model::password::Strength;
use crate::model::user::{PASSWORD_MAX, PASSWORD_MIN};
use crate::rpc;
use crate::rpc::password::Change;

/// How long nothing is typed before the server is asked.
const PAUSE: Duration = Duration::from_millis(300);

#[component]
pub fn PasswordPanel() -> impl IntoView {
    let texts = use_texts();
    let exists = Resource::new_blocking(|| (), |()| rpc::password::exists());
    view! {
        <section class="panel" id="password">
            <h2>{texts.credential().password_title}</h2>
            <Suspense>
                {move || Suspend::new(async move {
                    match exists.await {
                        Ok(exists) => view! { <Form exists/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Suspense>
        </section>
    }
}

#[component]
fn Form(exists: bool) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == Change::PATH).map(|(_, error)| error);
    let refused = error.as_ref().is_some_and(|error| error.code == Code::BadCredentials);
    let (wrong, shown) = (Signal::stored(error.clone()), error.clone().filter(|_| !refused));
    let changed = error.is_none() && use_query_map().get_untracked().get("changed").is_some();
    let (lead, button) = match exists {
        true => (texts.credential().password_lead, texts.credential().change_password),
        false => (texts.credential().password_none, texts.credential().set_password),
    };
    let typed = RwSignal::new(String::new());
    view! {
        <p class="lead">{lead}</p>
        {changed.then(|| view! { <p class="saved" role="status"><Icon glyph=Glyph::Check/>{texts.credential().changed}</p> })}
        <form method="post" action=Change::url() class="panel-form">
            <DoorError error=shown/>
            <Whose/>
            {exists.then(|| view! {
                <Field name="current_password" label=texts.credential().current kind="password" autocomplete="current-password" required=true max=PASSWORD_MAX/>
                {refused.then(|| view! { <p class="wrong" role="alert">{texts.credential().wrong}</p> })}
            })}
            <div on:input=move |event| typed.set(event_target_value(&event))>
                <Field
                    name="new_password" label=texts.credential().new_password kind="password" hint=(texts.auth.password_hint)(PASSWORD_MIN)
                    autocomplete="new-password" required=true min=PASSWORD_MIN max=PASSWORD_MAX error=wrong
                />
            </div>
            <Meter typed=typed.into()/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{button}</button></div>
        </form>
    }
}

/// Tells password managers whose password it is.
#[component]
fn Whose() -> impl IntoView {
    let Me(me) = expect_context();
    let email = move || me.get().and_then(Result::ok).flatten().map(|user| user.email);
    view! { <Suspense>{move || email().map(|email| view! { <input type="text" name="username" autocomplete="username" value=email hidden/> })}</Suspense> }
}

/// How good it is. Only the server can tell: the dictionaries are too large for a page.
#[component]
fn Meter(typed: Signal<String>) -> impl IntoView {
    let texts = use_texts();
    let strength = RwSignal::new(None::<Strength>);
    Effect::new(move || {
        let asked = typed.get();
        if asked.is_empty() {
            return strength.set(None);
        }
        set_timeout(
            move || {
                // More was typed meanwhile.
                if typed.get_untracked() != asked {
                    return;
                }
                spawn_local(async move {
                    if let Ok(found) = rpc::password::estimate(asked.clone()).await
                        && typed.get_untracked() == asked
                    {
                        strength.set(Some(found));
                    }
                });
            },
            PAUSE,
        );
    });
    view! {
        <div class="strength" role="status">
            {move || strength.get().map(|Strength { score, weakness }| {
                let name = texts.credential().scores[usize::from(score.min(4))];
                let why = weakness.map(|weakness| view! { <span class="hint">{(texts.credential().weakness)(weakness)}</span> });
                view! {
                    <meter min="0" max="4" low="2" high="3" optimum="4" value=score.to_string() aria-label=texts.credential().strength></meter>
                    <span>{name}</span>
                    {why}
                }
            })}
        </div>
    }
}
