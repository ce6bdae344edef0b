//! One's own e-mail address: whether it is proved, and naming another one. Plain forms.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::door::DoorError;
use super::field::Field;
use super::icon::{Glyph, Icon};
use super::problem::failed;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::user::{EMAIL_MAX, EmailState};
use crate::rpc;
use crate::rpc::verification::{Change, Resend};

#[component]
pub fn EmailPanel() -> impl IntoView {
    let texts = use_texts();
    let state = Resource::new_blocking(|| (), |()| rpc::verification::state());
    view! {
        <section class="panel" id="email">
            <h2>{texts.credential().email_title}</h2>
            <p class="lead">{texts.credential().email_lead}</p>
            <Suspense>
                {move || Suspend::new(async move {
                    match state.await {
                        Ok(state) => view! { <Address state/><ChangeForm/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Suspense>
        </section>
    }
}

/// The address as it is, and the link that proves it.
#[component]
fn Address(state: EmailState) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == Resend::PATH).map(|(_, error)| error);
    let sent = use_query_map().get_untracked().get("sent").is_some() && form_error().is_none();
    let (label, class) = if state.verified { (texts.credential().verified, "tag") } else { (texts.credential().unverified, "tag warn") };
    let open = !state.verified || state.pending.is_some();
    view! {
        <p class="address"><strong>{state.email}</strong>" "<span class=class>{label}</span></p>
        {state.pending.map(|email| view! { <p class="hint">{(texts.credential().pending)(&email)}</p> })}
        {sent.then(|| view! { <p class="saved" role="status"><Icon glyph=Glyph::Check/>{texts.credential().sent}</p> })}
        <DoorError error/>
        {open.then(|| view! {
            <form method="post" action=Resend::url() class="plain">
                <button type="submit" class="button quiet small">{texts.credential().resend}</button>
            </form>
        })}
    }
}

#[component]
fn ChangeForm() -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == Change::PATH).map(|(_, error)| error);
    let (wrong, open) = (Signal::stored(error.clone()), error.is_some());
    view! {
        <details class="farewell" open=open>
            <summary class="button quiet">{texts.credential().change_email}</summary>
            <form method="post" action=Change::url() class="farewell-form">
                <DoorError error/>
                <Field name="email" label=texts.credential().new_email kind="email" autocomplete="email" required=true max=EMAIL_MAX error=wrong/>
                <div class="panel-actions"><button type="submit" class="button seal-button">{texts.credential().change_email}</button></div>
            </form>
        </details>
    }
}
