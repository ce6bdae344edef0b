//! `/admin/settings/security`: what is asked of every account, how long a deletion waits, and how much may be
//! sent and kept. Plain forms.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::profile::Saved;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::error::ApiError;
use crate::model::setting::{DataSettings, FileSettings, OversightSettings, SecuritySettings};
use crate::model::user::Role;
use crate::rpc;
use crate::rpc::setting::{SaveFiles, SaveOversight, SaveSecurity};

#[component]
pub fn SecuritySettingsPage() -> impl IntoView {
    let texts = use_texts();
    let settings = Resource::new_blocking(
        || (),
        |()| async {
            Ok::<_, ApiError>((
                rpc::setting::read_security().await?,
                rpc::setting::read_files().await?,
                rpc::setting::read_oversight().await?,
            ))
        },
    );
    view! {
        <AdminPage title=texts.security().settings_title>
                <p class="lead">{texts.security().settings_lead}</p>
                <Transition>
                    {move || Suspend::new(async move {
                        match settings.await {
                            Ok(((security, data), files, oversight)) => view! { <Form security data/> <Files files/> <Oversight oversight/> }.into_any(),
                            Err(error) => failed(error),
                        }
                    })}
                </Transition>
        </AdminPage>
    }
}

#[component]
fn Form(security: SecuritySettings, data: DataSettings) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == SaveSecurity::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let asked = |role| security.second_factor.contains(&role);
    view! {
        <form method="post" action=SaveSecurity::url() class="panel">
            <Saved/>
            <DoorError error/>
            <fieldset class="checks">
                <legend>{texts.security().settings_factor}</legend>
                <Tick name="factor_admin" label=texts.security().settings_admins ticked=asked(Role::Admin)/>
                <Tick name="factor_user" label=texts.security().settings_users ticked=asked(Role::User)/>
                <p class="hint">{texts.security().settings_factor_hint}</p>
            </fieldset>
            <fieldset class="checks">
                <legend>{texts.security().settings_mail}</legend>
                <Tick name="require_verification" label=texts.security().settings_verification ticked=security.require_verification/>
            </fieldset>
            <Field
                name="activity_days" kind="number" label=texts.security().settings_activity hint=texts.security().settings_activity_hint
                value=security.activity_days.to_string() required=true error=wrong
            />
            <Field
                name="deletion_days" kind="number" label=texts.security().settings_deletion hint=texts.security().settings_deletion_hint
                value=data.deletion_days.to_string() required=true error=wrong
            />
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}

/// How much may be sent and kept.
#[component]
fn Files(files: FileSettings) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == SaveFiles::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    view! {
        <form method="post" action=SaveFiles::url() class="panel">
            <h2>{texts.security().settings_files}</h2>
            <DoorError error/>
            <Field
                name="file_mb" kind="number" label=texts.security().settings_file_mb hint=texts.security().settings_file_mb_hint
                value=files.file_mb.to_string() required=true error=wrong
            />
            <Field
                name="user_mb" kind="number" label=texts.security().settings_user_mb hint=texts.security().settings_user_mb_hint
                value=files.user_mb.to_string() required=true error=wrong
            />
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}

/// What administrators may see of people's conversations.
#[component]
fn Oversight(oversight: OversightSettings) -> impl IntoView {
    let texts = use_texts();
    let t = texts.oversight();
    let error = form_error().filter(|(path, _)| path == SaveOversight::PATH).map(|(_, error)| error);
    view! {
        <form method="post" action=SaveOversight::url() class="panel">
            <DoorError error/>
            <fieldset class="checks">
                <legend>{t.setting}</legend>
                <Tick name="reading" label=t.setting_reading ticked=oversight.reading/>
                <p class="hint">{t.setting_hint}</p>
            </fieldset>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}

#[component]
fn Tick(name: &'static str, label: &'static str, ticked: bool) -> impl IntoView {
    view! { <label class="check"><input type="checkbox" name=name value="true" checked=ticked/>{label}</label> }
}
