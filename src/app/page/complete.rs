//! `/login/complete`: the address of somebody whom a service vouches for without telling one. A plain form that needs no script.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::register::{typed_email, typed_name};
use crate::app::component::door::{Door, DoorError};
use crate::app::component::field::Field;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::ways_in::{Refused, asked, offered};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::identity::Newcomer;
use crate::model::user::{EMAIL_MAX, NAME_MAX};
use crate::rpc;
use crate::rpc::identity::Complete;

#[component]
pub fn CompletePage() -> impl IntoView {
    let newcomer = Resource::new_blocking(|| (), |()| rpc::identity::awaited());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match newcomer.await.ok().flatten() {
                    Some(newcomer) => view! { <Form newcomer/> }.into_any(),
                    None => view! { <TooLate/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Form(newcomer: Newcomer) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == Complete::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let came_back = error.is_some() || asked().0.is_some();
    let email = typed_email(came_back);
    let name = if came_back { typed_name(true) } else { newcomer.name.unwrap_or_default() };
    view! {
        <Door title=texts.identity().complete_title lead="">
            <p class="lead">{(texts.identity().complete_lead)(&newcomer.provider_name)}</p>
            <form method="post" action=Complete::url() class="door-form">
                <Refused offered=offered()/>
                <DoorError error/>
                <Field name="email" label=texts.auth.email kind="email" value=email autocomplete="email" required=true max=EMAIL_MAX error=wrong focused=true/>
                <Field name="name" label=texts.auth.name value=name autocomplete="name" max=NAME_MAX error=wrong/>
                <button type="submit" class="button seal-button wide">{texts.identity().complete}</button>
            </form>
            <p class="door-other"><a href="/login" rel="external">{texts.identity().back_to_sign_in}</a></p>
        </Door>
    }
}

#[component]
fn TooLate() -> impl IntoView {
    let texts = use_texts();
    view! {
        <Door title=texts.identity().complete_title lead="">
            <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{texts.identity().complete_expired}</span></p>
            <p class="door-other"><a href="/login" rel="external">{texts.identity().back_to_sign_in}</a></p>
        </Door>
    }
}
