//! `/settings/security`: what a sign-in stands on.

use leptos::prelude::*;

use crate::app::component::email_panel::EmailPanel;
use crate::app::component::password_panel::PasswordPanel;
use crate::app::component::subnav::SettingsPage;
use crate::i18n::use_texts;

#[component]
pub fn SecurityPage() -> impl IntoView {
    let texts = use_texts();
    view! {
        <SettingsPage title=texts.credential.title>
            <EmailPanel/>
            <PasswordPanel/>
        </SettingsPage>
    }
}
