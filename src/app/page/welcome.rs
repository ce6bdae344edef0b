//! `/welcome`: the first page of a new server. It says what this is, and makes the administrator. No script is needed.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;

use super::register::{typed_email, typed_name};
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::icon::Seal;
use crate::app::component::password_meter::PasswordMeter;
use crate::app::component::preference::{LanguageChoice, ThemeChoice};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::user::{EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN};
use crate::rpc::auth;

#[component]
pub fn Welcome() -> impl IntoView {
    let texts = use_texts();
    let points = texts.door().welcome_points.map(|(what, more)| view! { <div><dt>{what}</dt><dd>{more}</dd></div> });
    view! {
        <Title text=texts.door().welcome_title/>
        <main class="door welcome">
            <div class="welcome-card">
                <section class="welcome-about">
                    <Seal/>
                    <h1>{texts.door().welcome_title}</h1>
                    <p class="lead">{texts.door().welcome_lead}</p>
                    <dl class="welcome-points">{points.into_iter().collect_view()}</dl>
                </section>
                <section class="welcome-form">
                    <h2>{texts.door().welcome_form}</h2>
                    <p class="lead">{texts.door().welcome_hint}</p>
                    <Form/>
                </section>
            </div>
            <footer class="door-foot">
                <LanguageChoice/>
                <ThemeChoice/>
            </footer>
        </main>
    }
}

#[component]
fn Form() -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == auth::Welcome::PATH).map(|(_, error)| error);
    let (wrong, email) = (Signal::stored(error.clone()), typed_email(error.is_some()));
    let name = typed_name(error.is_some());
    view! {
        <form method="post" action=auth::Welcome::url() class="door-form">
            <DoorError error/>
            <Field name="email" label=texts.auth.email kind="email" value=email autocomplete="username" required=true max=EMAIL_MAX error=wrong focused=true/>
            <Field name="name" label=texts.auth.name value=name hint=texts.auth.name_hint autocomplete="name" max=NAME_MAX error=wrong/>
            <Field
                name="password" label=texts.auth.password kind="password" hint=(texts.auth.password_hint)(PASSWORD_MIN)
                autocomplete="new-password" required=true min=PASSWORD_MIN max=PASSWORD_MAX error=wrong
            />
            <PasswordMeter/>
            <button type="submit" class="button seal-button wide">{texts.door().welcome_button}</button>
        </form>
    }
}
