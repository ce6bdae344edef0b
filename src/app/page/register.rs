//! Registration: a plain form that needs no script. Before anybody types it says who may, and who was invited.

use http::request::Parts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use leptos_router::location::Url;

use crate::app::component::door::{Door, DoorError};
use crate::app::component::field::Field;
use crate::app::component::password_meter::PasswordMeter;
use crate::app::component::ways_in::{WaysIn, offered};
use crate::app::state::session::form_error;
use crate::i18n::{cookie, use_texts};
use crate::model::setting::{Gate, RegistrationMode};
use crate::model::user::{EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN};
use crate::rpc::{self, auth};

#[component]
pub fn Register() -> impl IntoView {
    let texts = use_texts();
    let invitation = use_query_map().get_untracked().get("invitation").filter(|token| !token.is_empty());
    let gate = {
        let invitation = invitation.clone();
        Resource::new_blocking(|| (), move |()| rpc::registration::door(invitation.clone()))
    };
    view! {
        <Suspense>
            {move || {
                let invitation = invitation.clone();
                Suspend::new(async move {
                    let gate = gate.await.unwrap_or_default();
                    match gate.mode {
                        RegistrationMode::Closed => view! { <Shut title=texts.door().closed_title lead=texts.door().closed/> }.into_any(),
                        _ if gate.gone => view! { <Shut title=texts.door().invited_only_title lead=texts.door().invitation_gone/> }.into_any(),
                        RegistrationMode::Invitation if gate.guest.is_none() => {
                            view! { <Shut title=texts.door().invited_only_title lead=texts.door().invited_only/> }.into_any()
                        }
                        _ => view! { <Form gate invitation/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// Nobody can register here now.
#[component]
fn Shut(title: &'static str, lead: &'static str) -> impl IntoView {
    let texts = use_texts();
    view! {
        <Door title lead>
            <p class="door-other">{texts.auth.have_account}" "<a href="/login" rel="external">{texts.auth.sign_in}</a></p>
        </Door>
    }
}

#[component]
fn Form(gate: Gate, invitation: Option<String>) -> impl IntoView {
    let texts = use_texts();
    let next = use_query_map().get_untracked().get("next");
    let error = form_error().filter(|(path, _)| path == auth::Register::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let (invited, name) = (gate.guest.is_some(), typed_name(error.is_some()));
    let by = gate.guest.as_ref().map(|(_, by)| (texts.door().invited_lead)(by));
    let email = gate.guest.map_or_else(|| typed_email(error.is_some()), |(email, _)| email);
    let known = !email.is_empty() && error.as_ref().is_none_or(|e| e.field("email").is_none());
    let domains = (!invited && !gate.domains.is_empty()).then(|| (texts.door().domain_note)(&gate.domains.join(", ")));
    let approval = (!invited && gate.approval).then_some(texts.door().approval_note);
    view! {
        <Door title=texts.auth.register_title lead=texts.auth.register_lead>
            {by.map(|by| view! { <p class="door-note">{by}</p> })}
            {approval.map(|note| view! { <p class="door-note">{note}</p> })}
            <form method="post" action=auth::Register::url() class="door-form">
                <DoorError error/>
                {next.clone().map(|next| view! { <input type="hidden" name="next" value=next/> })}
                {invitation.clone().map(|token| view! { <input type="hidden" name="invitation" value=token/> })}
                <Field
                    name="email" label=texts.auth.email kind="email" value=email hint=domains.unwrap_or_default() autocomplete="username" required=true max=EMAIL_MAX
                    error=wrong focused=!known fixed=invited
                />
                <Field name="name" label=texts.auth.name value=name hint=texts.auth.name_hint autocomplete="name" max=NAME_MAX error=wrong/>
                <Field
                    name="password" label=texts.auth.password kind="password" hint=(texts.auth.password_hint)(PASSWORD_MIN)
                    autocomplete="new-password" required=true min=PASSWORD_MIN max=PASSWORD_MAX error=wrong focused=known
                />
                <PasswordMeter/>
                <button type="submit" class="button seal-button wide">{texts.auth.register}</button>
            </form>
            <WaysIn offered=offered() next=next.clone() invitation/>
            <p class="door-other">{texts.auth.have_account}" "<a href=with_next("/login", next.as_deref()) rel="external">{texts.auth.sign_in}</a></p>
        </Door>
    }
}

/// The address that was typed into a form that came back, so that it need not be typed again.
pub fn typed_email(came_back: bool) -> String {
    typed("typed", came_back)
}

/// The same of the name.
pub fn typed_name(came_back: bool) -> String {
    typed("typed_name", came_back)
}

fn typed(name: &str, came_back: bool) -> String {
    let kept = use_context::<Parts>().filter(|_| came_back).and_then(|parts| cookie(&parts, name));
    kept.map(|text| Url::unescape(&text)).unwrap_or_default()
}

/// The other page before sign-in, leading to the same page afterwards.
pub fn with_next(path: &str, next: Option<&str>) -> String {
    // Only a plain path goes into the link as it is; anything else is not worth keeping.
    let plain = next.filter(|next| next.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.')));
    plain.map_or_else(|| path.to_owned(), |next| format!("{path}?next={next}"))
}
