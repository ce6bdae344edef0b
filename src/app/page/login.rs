//! Sign-in: a plain form that needs no script.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::register::{typed_email, with_next};
use crate::app::component::door::{Door, DoorError};
use crate::app::component::field::Field;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::passkey_form::{PasskeyError, PasskeyProof};
use crate::app::component::ways_in::{Refused, WaysIn, offered};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::rpc::auth;
use crate::rpc::passkey::SignIn;

#[component]
pub fn Login() -> impl IntoView {
    let texts = use_texts();
    let next = use_query_map().get_untracked().get("next");
    let ours = [auth::Login::PATH, SignIn::PATH, "/oauth"];
    let error = form_error().filter(|(path, _)| ours.contains(&path.as_str()));
    let (refused, error) = match error {
        Some((path, error)) if path == SignIn::PATH => (Some(error), None),
        other => (None, other.map(|(_, error)| error)),
    };
    let wrong = Signal::stored(error.clone());
    let email = typed_email(error.is_some());
    let known = !email.is_empty();
    let query = use_query_map().get_untracked();
    let news = [("pending", texts.door().pending), ("set", texts.door().password_set)];
    let news = news.into_iter().find(|(name, _)| error.is_none() && query.get(name).is_some()).map(|(_, text)| text);
    let offered = offered();
    view! {
        <Door title=texts.auth.sign_in_title lead=texts.auth.sign_in_lead>
            <form method="post" action=auth::Login::url() class="door-form">
                {news.map(|text| view! { <p class="saved" role="status"><Icon glyph=Glyph::Check/>{text}</p> })}
                <Refused offered/>
                <PasskeyError error=refused/>
                <DoorError error/>
                {next.clone().map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <Field name="email" label=texts.auth.email kind="email" value=email autocomplete="username webauthn" required=true error=wrong focused=!known/>
                <Field name="password" label=texts.auth.password kind="password" autocomplete="current-password" required=true error=wrong focused=known/>
                <button type="submit" class="button seal-button wide">{texts.auth.sign_in}</button>
            </form>
            <PasskeyProof action=SignIn::url() label=texts.security().passkey_sign_in next=next.clone() auto=true/>
            <WaysIn offered next=next.clone()/>
            <p class="door-other"><a href="/reset" rel="external">{texts.door().forgot}</a></p>
            <p class="door-other">{texts.auth.no_account}" "<a href=with_next("/register", next.as_deref()) rel="external">{texts.auth.register}</a></p>
        </Door>
    }
}
