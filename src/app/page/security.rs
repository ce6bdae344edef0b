//! `/settings/security`: how one signs in.

use leptos::prelude::*;

use super::profile::Saved;
use crate::app::component::linked::LinkedPanel;
use crate::app::component::subnav::SettingsPage;
use crate::i18n::use_texts;

#[component]
pub fn SecurityPage() -> impl IntoView {
    let texts = use_texts();
    view! {
        <SettingsPage title=texts.identity.security>
            <Saved/>
            <LinkedPanel/>
        </SettingsPage>
    }
}
