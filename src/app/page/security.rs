//! `/settings/security`: how one proves who one is, and where one is signed in. Each panel is a component of its own.

use leptos::prelude::*;

use super::profile::Saved;
use crate::app::browser;
use crate::app::component::door::DoorError;
use crate::app::component::email_panel::EmailPanel;
use crate::app::component::factor_panel::FactorPanel;
use crate::app::component::linked::LinkedPanel;
use crate::app::component::passkey_form::SCRIPT;
use crate::app::component::passkey_panel::PasskeyPanel;
use crate::app::component::password_panel::PasswordPanel;
use crate::app::component::problem::failed;
use crate::app::component::session_panel::SessionPanel;
use crate::app::component::subnav::SettingsPage;
use crate::i18n::use_texts;
use crate::model::error::{ApiError, Code};
use crate::rpc;

#[component]
pub fn SecurityPage() -> impl IntoView {
    let texts = use_texts();
    let state = Resource::new_blocking(|| (), |()| rpc::factor::state());
    Effect::new(move || browser::load_script(SCRIPT));
    view! {
        <SettingsPage title=texts.security().title>
            <p class="lead">{texts.security().lead}</p>
            <Saved/>
            <Transition>
                {move || Suspend::new(async move {
                    match state.await {
                        Ok(security) => {
                            let factor = &security.factor;
                            let missing = factor.required && !factor.enabled && security.passkeys.is_empty();
                            // Nothing else can be done before.
                            let others = (!missing).then(|| view! { <EmailPanel/><PasswordPanel/><LinkedPanel/> });
                            let missing = missing.then(|| ApiError::new(Code::FactorMissing, ""));
                            view! {
                                <DoorError error=missing/>
                                <FactorPanel factor=security.factor setup=security.setup codes=security.codes/>
                                <PasskeyPanel passkeys=security.passkeys possible=security.passkeys_possible/>
                                {others}
                            }.into_any()
                        }
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
            <SessionPanel/>
        </SettingsPage>
    }
}
