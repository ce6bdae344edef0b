//! The mail server's form, and a test of it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::door::DoorError;
use super::field::Field;
use super::icon::{Glyph, Icon};
use crate::app::page::profile::Saved;
use crate::app::state::session::{Me, form_error};
use crate::i18n::use_texts;
use crate::model::mail::{MailSetup, PASSWORD_MAX, Security, TEXT_MAX};
use crate::model::user::EMAIL_MAX;
use crate::rpc::mail::{Save, Test as TestFunction};

/// Where the mail server is, and who letters are from.
#[component]
pub fn Setup(setup: MailSetup) -> impl IntoView {
    let texts = use_texts();
    let MailSetup { settings, fixed, sender, base } = setup;
    let error = form_error().filter(|(path, _)| path == Save::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let nowhere = !fixed && settings.host.is_empty();
    let securities = Security::ALL.map(|security| {
        view! { <option value=security.name() selected=security == settings.security>{(texts.mail().securities)(security)}</option> }
    });
    let password_hint = if settings.has_password { texts.mail().password_kept } else { texts.mail().password_hint };
    view! {
        <form method="post" action=Save::url() class="panel">
            <h2>{texts.mail().server}</h2>
            {fixed.then(|| view! { <p class="note">{texts.mail().fixed}</p> })}
            {nowhere.then(|| view! { <p class="note">{texts.mail().held_note}</p> })}
            <Saved/>
            <DoorError error/>
            <Field name="host" label=texts.mail().host value=settings.host hint=texts.mail().host_hint autocomplete="off" max=TEXT_MAX error=wrong/>
            <div class="field">
                <label for="security">{texts.mail().security}</label>
                <select id="security" name="security">{securities.into_iter().collect_view()}</select>
            </div>
            <Field
                name="port" label=texts.mail().port value=settings.port.map(|port| port.to_string()).unwrap_or_default() hint=texts.mail().port_hint
                autocomplete="off" max=5 error=wrong
            />
            <Field name="user" label=texts.mail().user value=settings.user hint=texts.mail().user_hint autocomplete="off" max=TEXT_MAX error=wrong/>
            <Field name="password" label=texts.mail().password kind="password" hint=password_hint autocomplete="new-password" max=PASSWORD_MAX error=wrong/>
            <Field name="from" label=texts.mail().from value=settings.from hint=(texts.mail().from_hint)(&sender) autocomplete="off" max=TEXT_MAX error=wrong/>
            <p class="hint">{(texts.mail().links)(&base)}</p>
            <div class="panel-actions"><button type="submit" class="button seal-button" disabled=fixed>{texts.common.save}</button></div>
        </form>
    }
}

/// Sends a letter now, and shows what came of it.
#[component]
pub fn Test() -> impl IntoView {
    let texts = use_texts();
    let Me(me) = expect_context();
    let error = form_error().filter(|(path, _)| path == TestFunction::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let query = use_query_map().get_untracked();
    let found = query.get("tested").filter(|_| error.is_none()).map(|tested| (tested == "ok", query.get("said").unwrap_or_default()));
    let found = found.map(|(ok, said)| {
        let (class, glyph, sentence) = match ok {
            true => ("test-found ok", Glyph::Check, texts.mail().test_ok),
            false => ("test-found failed", Glyph::Alert, texts.mail().test_failed),
        };
        view! {
            <div class=class role="status">
                <p><Icon glyph/><strong>{sentence}</strong></p>
                <blockquote>{said}</blockquote>
            </div>
        }
    });
    let email = me.get_untracked().and_then(Result::ok).flatten().map(|user| user.email).unwrap_or_default();
    view! {
        <form method="post" action=TestFunction::url() class="panel" id="test">
            <h2>{texts.mail().test_title}</h2>
            <p class="lead">{texts.mail().test_lead}</p>
            {found}
            <DoorError error/>
            <Field name="to" label=texts.mail().test_to kind="email" value=email autocomplete="email" max=EMAIL_MAX error=wrong/>
            <div class="panel-actions"><button type="submit" class="button">{texts.mail().test}</button></div>
        </form>
    }
}
