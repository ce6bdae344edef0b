//! Registration: a plain form that needs no script.

use http::request::Parts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use leptos_router::location::Url;

use crate::app::component::door::{Door, DoorError};
use crate::app::component::field::Field;
use crate::app::component::ways_in::{WaysIn, offered};
use crate::app::state::session::form_error;
use crate::i18n::{cookie, use_texts};
use crate::model::user::{EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN};
use crate::rpc::auth;

#[component]
pub fn Register() -> impl IntoView {
    let texts = use_texts();
    let next = use_query_map().get_untracked().get("next");
    let error = form_error().filter(|(path, _)| path == auth::Register::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let email = typed_email(error.is_some());
    let known = !email.is_empty() && error.as_ref().is_none_or(|e| e.field("email").is_none());
    view! {
        <Door title=texts.auth.register_title lead=texts.auth.register_lead>
            <form method="post" action=auth::Register::url() class="door-form">
                <DoorError error/>
                {next.clone().map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <Field name="email" label=texts.auth.email kind="email" value=email autocomplete="username" required=true max=EMAIL_MAX error=wrong focused=!known/>
                <Field name="name" label=texts.auth.name hint=texts.auth.name_hint autocomplete="name" max=NAME_MAX error=wrong/>
                <Field
                    name="password" label=texts.auth.password kind="password" hint=(texts.auth.password_hint)(PASSWORD_MIN)
                    autocomplete="new-password" required=true min=PASSWORD_MIN max=PASSWORD_MAX error=wrong focused=known
                />
                <button type="submit" class="button seal-button wide">{texts.auth.register}</button>
            </form>
            <WaysIn offered=offered() next=next.clone()/>
            <p class="door-other">{texts.auth.have_account}" "<a href=with_next("/login", next.as_deref()) rel="external">{texts.auth.sign_in}</a></p>
        </Door>
    }
}

/// The address that was typed into a form that came back, so that it need not be typed again.
pub fn typed_email(came_back: bool) -> String {
    let kept = use_context::<Parts>().filter(|_| came_back).and_then(|parts| cookie(&parts, "typed"));
    kept.map(|text| Url::unescape(&text)).unwrap_or_default()
}

/// The other page before sign-in, leading to the same page afterwards.
pub fn with_next(path: &str, next: Option<&str>) -> String {
    // Only a plain path goes into the link as it is; anything else is not worth keeping.
    let plain = next.filter(|next| next.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.')));
    plain.map_or_else(|| path.to_owned(), |next| format!("{path}?next={next}"))
}
