//! `/settings/preferences`: one plain form; what it says holds on every device.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::profile::Saved;
use crate::app::component::choose::Choose;
use crate::app::component::door::DoorError;
use crate::app::component::look_form::LookForm;
use crate::app::component::push_panel::PushPanel;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::session::{Me, Models, form_error};
use crate::i18n::{Locale, use_texts};
use crate::model::preference::SendKey;
use crate::model::provider::Model;
use crate::model::user::User;
use crate::rpc;
use crate::rpc::profile::SavePreferences;

/// What `public/live.js` writes into; no literal in the markup, where it would be taken for an attribute.
const NOTIFY: &str = "<span data-notify></span>";

#[component]
pub fn PreferencesPage() -> impl IntoView {
    let texts = use_texts();
    let (Me(me), Models(models)) = (expect_context(), expect_context());
    let zones = Resource::new_blocking(|| (), |()| rpc::profile::time_zones());
    let look = Resource::new_blocking(|| (), |()| rpc::profile::read_look());
    view! {
        <SettingsPage title=texts.person().preferences>
            <p class="lead">{texts.person().preferences_lead}</p>
            <Suspense>
                {move || Suspend::new(async move {
                    let user = me.await.ok().flatten()?;
                    let (models, zones) = (models.await.unwrap_or_default(), zones.await.unwrap_or_default());
                    let (theme, look) = (user.preferences.theme, look.await.unwrap_or_default());
                    Some(view! { <Saved/><LookForm theme look/><Form user models zones/><PushPanel/> })
                })}
            </Suspense>
        </SettingsPage>
    }
}

#[component]
fn Form(user: User, models: Vec<Model>, zones: Vec<String>) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == SavePreferences::PATH).map(|(_, error)| error);
    let preferences = user.preferences;
    let send_key = preferences.send_key;
    let notifications = preferences.notifications;
    let keys = SendKey::ALL.map(|key| {
        let label = match key {
            SendKey::Enter => texts.person().send_enter,
            SendKey::CtrlEnter => texts.person().send_ctrl_enter,
        };
        view! { <label class="check"><input type="radio" name="send_key" value=key.name() checked=key == send_key/>{label}</label> }
    });
    view! {
        <form method="post" action=SavePreferences::url() class="panel">
            <h2>{texts.look().general}</h2>
            <DoorError error/>
            <Pages language=user.language time_zone=user.time_zone zones/>
            <ModelChoice model=preferences.model models/>
            <fieldset class="checks"><legend>{texts.person().send_key}</legend>{keys.into_iter().collect_view()}</fieldset>
            <fieldset class="checks">
                <legend>{texts.person().notifications}</legend>
                <Tick name="new_device" label=texts.person().new_device ticked=notifications.new_device/>
                <Tick name="export_ready" label=texts.person().export_ready ticked=notifications.export_ready/>
            </fieldset>
            <fieldset class="checks">
                <legend>{texts.person().finished}</legend>
                <Tick name="answer_ready" label=texts.person().answer_ready ticked=preferences.answer_ready/>
                // What this browser says to that, and a button: `public/live.js`.
                <div class="notify needs-script" inner_html=NOTIFY></div>
            </fieldset>
            <fieldset class="checks">
                <legend>{texts.person().presence}</legend>
                <Tick name="show_presence" label=texts.person().show_presence ticked=preferences.show_presence/>
            </fieldset>
            <fieldset class="checks">
                <legend>{texts.suggestion().own}</legend>
                <Tick name="auto_tags" label=texts.suggestion().own_tags ticked=preferences.auto_tags/>
                <Tick name="follow_ups" label=texts.suggestion().own_follow_ups ticked=preferences.follow_ups/>
                <p class="hint">{texts.suggestion().own_hint}</p>
            </fieldset>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}

/// Language and time zone.
#[component]
fn Pages(language: Option<String>, time_zone: Option<String>, zones: Vec<String>) -> impl IntoView {
    let texts = use_texts();
    let languages = Locale::ALL.map(|locale| (locale.tag().to_owned(), locale.texts().language.to_owned()));
    let zones = zones.into_iter().map(|zone| (zone.clone(), zone.replace('_', " ")));
    view! {
        <Choose name="language" label=texts.common.language none=texts.person().language_auto options=languages.to_vec() chosen=language/>
        <Choose name="time_zone" label=texts.person().time_zone none=texts.person().time_zone_auto options=zones.collect() chosen=time_zone/>
    }
}

/// The model of new conversations. One that is not offered now stays chosen until another is.
#[component]
fn ModelChoice(model: Option<String>, models: Vec<Model>) -> impl IntoView {
    let texts = use_texts();
    let gone = model.clone().filter(|id| !models.iter().any(|model| model.id == *id)).map(|id| (id.clone(), id));
    let options = models.into_iter().map(|model| (model.id, format!("{} · {}", model.name, model.provider))).chain(gone);
    view! { <Choose name="model" label=texts.person().model none=texts.person().model_auto options=options.collect() chosen=model/> }
}

#[component]
fn Tick(name: &'static str, label: &'static str, ticked: bool) -> impl IntoView {
    view! { <label class="check"><input type="checkbox" name=name value="true" checked=ticked/>{label}</label> }
}
