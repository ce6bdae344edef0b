//! The frame of every page after sign-in: the list of conversations beside the page.

use leptos::prelude::*;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::{use_location, use_navigate};

use super::sidebar::Sidebar;
use super::toast::ToastStack;
use super::verify_banner::VerifyBanner;
use crate::app::browser::{self, AppKey};
use crate::app::chunk::later;
use crate::app::state::chats::Chats;
use crate::app::state::live::Live;
use crate::app::state::opened::Opened;
use crate::app::state::session::{Me, Models, login_path};
use crate::app::state::thread::Handoff;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::rpc;

/// Provides what the pages share, and shows the one that the path names.
#[component]
pub fn Frame() -> impl IntoView {
    let texts = use_texts();
    let me = Me(Resource::new_blocking(|| (), |()| rpc::auth::me()));
    provide_context(me);
    provide_context(Models(Resource::new_blocking(|| (), |()| rpc::provider::models())));
    let chats = Chats::default();
    provide_context(chats);
    provide_context(Toasts::new(texts));
    provide_context(Handoff::default());
    let opened = Opened::default();
    provide_context(opened);
    let live = Live::of(me, chats);
    provide_context(live);
    let navigate = use_navigate();
    Effect::new(move || {
        let navigate = navigate.clone();
        browser::on_app_key(move |key| match key {
            AppKey::New => navigate("/", Default::default()),
            key => opened.by_key(key),
        });
        // After the slices: what the server tells would change what is not taken over yet.
        browser::in_turn(move || {
            live.start();
            browser::copy_code_on_click(texts.common.copy, texts.common.copied);
        });
    });
    view! {
        <a class="skip" href="#main" rel="external">{texts.common.skip}</a>
        <Guard/>
        <div class="app">
            <Sidebar/>
            <main id="main" class="page" tabindex="-1">
                <VerifyBanner/>
                <Outlet/>
            </main>
        </div>
        <ToastStack/>
        {move || opened.0.get().map(later)}
        // The name of every copy button in an answer: the renderer knows no language.
        <span id="copy-label" hidden>{texts.common.copy}</span>
    }
}

/// Leads whoever is not signed in to the sign-in page.
#[component]
fn Guard() -> impl IntoView {
    let Me(me) = expect_context();
    let path = use_location().pathname;
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let nobody = matches!(me.await, Ok(None));
                nobody.then(|| view! { <Redirect path=login_path(&path.get_untracked())/> })
            })}
        </Suspense>
    }
}
