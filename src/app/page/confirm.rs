//! Proving again who one is, before something dangerous: a plain form that needs no script.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use crate::app::component::door::{Door, DoorError};
use crate::app::component::field::Field;
use crate::app::component::passkey_form::{PasskeyError, PasskeyProof};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::error::{ApiError, Code};
use crate::model::factor::{CODE_MAX, Method};
use crate::model::user::PASSWORD_MAX;
use crate::rpc;
use crate::rpc::auth::Logout;
use crate::rpc::step_up::{Confirm, ConfirmPasskey};

#[component]
pub fn ConfirmPage() -> impl IntoView {
    let texts = use_texts();
    let next = use_query_map().get_untracked().get("next");
    let (refused, error) = match form_error() {
        Some((path, error)) if path == ConfirmPasskey::PATH => (Some(error), None),
        other => (None, other.map(|(_, error)| error)),
    };
    let ways = Resource::new_blocking(|| (), |()| rpc::step_up::ways());
    view! {
        <Door title=texts.security().confirm_title lead=texts.security().confirm_lead>
            <PasskeyError error=refused/>
            <Suspense>
                {move || {
                    let (next, error) = (next.clone(), error.clone());
                    Suspend::new(async move {
                        match ways.await {
                            Ok((password, methods)) => view! { <Ways password methods next error/> }.into_any(),
                            Err(error) => view! { <DoorError error=Some(error)/> }.into_any(),
                        }
                    })
                }}
            </Suspense>
        </Door>
    }
}

#[component]
fn Ways(password: bool, methods: Vec<Method>, next: Option<String>, error: Option<ApiError>) -> impl IntoView {
    let texts = use_texts();
    let (app, passkey) = (methods.contains(&Method::Totp), methods.contains(&Method::Passkey));
    let form = (password || app).then(|| {
        let (next, error) = (next.clone(), error.clone());
        view! { <Typed password app next error/> }
    });
    let nothing = !password && methods.is_empty();
    view! {
        {form}
        {passkey.then(|| view! { <PasskeyProof action=ConfirmPasskey::url() label=texts.security().passkey_use next/> })}
        {nothing.then(|| view! {
            <p>{texts.security().confirm_nothing}</p>
            <form method="post" action=Logout::url()><button type="submit" class="button wide">{texts.auth.sign_out}</button></form>
        })}
    }
}

/// Password or code: one of the two is enough.
#[component]
fn Typed(password: bool, app: bool, next: Option<String>, error: Option<ApiError>) -> impl IntoView {
    let texts = use_texts();
    let wrong_password = error.as_ref().is_some_and(|error| error.code == Code::BadCredentials);
    let wrong = Signal::stored(error.clone());
    let shown = error.filter(|_| !wrong_password);
    let both = password && app;
    view! {
        <form method="post" action=Confirm::url() class="door-form">
            <DoorError error=shown/>
            {wrong_password.then(|| view! { <p class="wrong" role="alert">{texts.security().wrong_password}</p> })}
            {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
            {password.then(|| view! {
                <Field
                    name="password" label=texts.auth.password kind="password" autocomplete="current-password" required=!both
                    max=PASSWORD_MAX error=wrong focused=true
                />
            })}
            {both.then(|| view! { <p class="hint">{texts.security().or}</p> })}
            {app.then(|| view! {
                <Field
                    name="code" label=texts.security().code hint=texts.security().second_code_hint autocomplete="one-time-code" required=!both
                    max=CODE_MAX error=wrong focused=!password
                />
            })}
            <button type="submit" class="button seal-button wide">{texts.security().confirm}</button>
        </form>
    }
}
