//! `/reset` and `/reset/confirm`: a forgotten password. Plain forms that need no script.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::register::typed_email;
use crate::app::component::door::{Door, DoorError};
use crate::app::component::field::Field;
use crate::app::component::password_meter::PasswordMeter;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::user::{EMAIL_MAX, PASSWORD_MAX, PASSWORD_MIN};
use crate::rpc::password::{self, Confirm, Reset as ResetFunction};

#[component]
pub fn Reset() -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == ResetFunction::PATH).map(|(_, error)| error);
    if use_query_map().get_untracked().get("sent").is_some() && error.is_none() {
        return view! {
            <Door title=texts.door().reset_sent_title lead=texts.door().reset_sent>
                <BackToSignIn/>
            </Door>
        }
        .into_any();
    }
    let (wrong, email) = (Signal::stored(error.clone()), typed_email(error.is_some()));
    view! {
        <Door title=texts.door().reset_title lead=texts.door().reset_lead>
            <form method="post" action=ResetFunction::url() class="door-form">
                <DoorError error/>
                <Field name="email" label=texts.auth.email kind="email" value=email autocomplete="username" required=true max=EMAIL_MAX error=wrong focused=true/>
                <button type="submit" class="button seal-button wide">{texts.door().reset_button}</button>
            </form>
            <BackToSignIn/>
        </Door>
    }
    .into_any()
}

#[component]
pub fn ResetConfirm() -> impl IntoView {
    let texts = use_texts();
    let token = use_query_map().get_untracked().get("token").unwrap_or_default();
    let holds = {
        let token = token.clone();
        Resource::new_blocking(|| (), move |()| password::look(token.clone()))
    };
    view! {
        <Suspense>
            {move || {
                let token = token.clone();
                Suspend::new(async move {
                    match holds.await {
                        Ok(()) => view! { <Form token/> }.into_any(),
                        Err(_) => view! {
                            <Door title=texts.door().confirm_title lead=texts.door().link_gone>
                                <p class="door-next"><a class="button wide" href="/reset" rel="external">{texts.door().ask_again}</a></p>
                            </Door>
                        }
                        .into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Form(token: String) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == Confirm::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    view! {
        <Door title=texts.door().confirm_title lead=texts.door().confirm_lead>
            <form method="post" action=Confirm::url() class="door-form">
                <DoorError error/>
                <input type="hidden" name="token" value=token/>
                <Field
                    name="password" label=texts.door().new_password kind="password" hint=(texts.auth.password_hint)(PASSWORD_MIN)
                    autocomplete="new-password" required=true min=PASSWORD_MIN max=PASSWORD_MAX error=wrong focused=true
                />
                <PasswordMeter/>
                <button type="submit" class="button seal-button wide">{texts.door().confirm_button}</button>
            </form>
        </Door>
    }
}

#[component]
fn BackToSignIn() -> impl IntoView {
    let texts = use_texts();
    view! { <p class="door-other"><a href="/login" rel="external">{texts.door().back}</a></p> }
}
