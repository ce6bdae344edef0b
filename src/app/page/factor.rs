//! The second step of signing in: a plain form that needs no script. Whose it is, the session knows.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::register::with_next;
use crate::app::component::door::Door;
use crate::app::component::field::Field;
use crate::app::component::passkey_form::{PasskeyError, PasskeyProof};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::error::ApiError;
use crate::model::factor::{CODE_MAX, Method};
use crate::rpc;
use crate::rpc::auth::SecondFactor;
use crate::rpc::passkey::SignIn;

#[component]
pub fn FactorPage() -> impl IntoView {
    let texts = use_texts();
    let next = use_query_map().get_untracked().get("next");
    let error = form_error().map(|(_, error)| error);
    let methods = Resource::new_blocking(|| (), |()| rpc::auth::challenge());
    view! {
        <Door title=texts.security().second_title lead="">
            <Suspense>
                {move || {
                    let (next, error) = (next.clone(), error.clone());
                    Suspend::new(async move {
                        match methods.await {
                            Ok(methods) => view! { <Form methods next error/> }.into_any(),
                            Err(_) => view! { <Expired next/> }.into_any(),
                        }
                    })
                }}
            </Suspense>
        </Door>
    }
}

#[component]
fn Form(methods: Vec<Method>, next: Option<String>, error: Option<ApiError>) -> impl IntoView {
    let texts = use_texts();
    let (app, passkey) = (methods.contains(&Method::Totp), methods.contains(&Method::Passkey));
    let lead = if app { texts.security().second_lead } else { texts.security().second_passkey_lead };
    let wrong = Signal::stored(error.clone());
    let code = app.then(|| {
        let next = next.clone().map(|next| view! { <input type="hidden" name="next" value=next/> });
        view! {
            <form method="post" action=SecondFactor::url() class="door-form">
                {next}
                <Field
                    name="code" label=texts.security().code hint=texts.security().second_code_hint autocomplete="one-time-code"
                    required=true max=CODE_MAX error=wrong focused=true
                />
                <label class="check"><input type="checkbox" name="remember" value="true"/>{texts.security().second_remember}</label>
                <button type="submit" class="button seal-button wide">{texts.security().confirm}</button>
            </form>
        }
    });
    view! {
        <p class="lead">{lead}</p>
        <PasskeyError error=error.filter(|error| !app || error.field("code").is_none())/>
        {code}
        {passkey.then(|| view! { <PasskeyProof action=SignIn::url() label=texts.security().passkey_use next/> })}
    }
}

#[component]
fn Expired(next: Option<String>) -> impl IntoView {
    let texts = use_texts();
    view! {
        <p class="lead" role="alert">{texts.security().second_expired}</p>
        <p><a class="button wide" href=with_next("/login", next.as_deref()) rel="external">{texts.security().second_again}</a></p>
    }
}
