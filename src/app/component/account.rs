//! The signed-in user at the foot of the sidebar, with a menu: language, theme, administration, sign-out.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;

use super::avatar::{AvatarPicture, PresenceDot};
use super::preference::{LanguageChoice, ThemeChoice};
use super::slice::slice;
use crate::app::state::live::Live;
use crate::app::state::session::Me;
use crate::i18n::{settings_word, use_texts};
use crate::model::user::User;
use crate::rpc::auth::Logout;

/// The user box.
#[component]
pub fn Account() -> impl IntoView {
    let Me(me) = expect_context();
    view! {
        <div class="account">
            <Suspense fallback=|| view! { <div class="account-button"></div> }>
                {move || Suspend::new(async move {
                    me.await.ok().flatten().map(|user| view! { <div class="whole">{slice(|| view! { <Menu user/> })}</div> })
                })}
            </Suspense>
        </div>
    }
}

#[component]
fn Menu(user: User) -> impl IntoView {
    let texts = use_texts();
    let admin = user.is_admin();
    let live = expect_context::<Live>();
    let role = if admin { texts.sidebar.administrator } else { texts.sidebar.member };
    view! {
        <button type="button" class="account-button" popovertarget="account-menu">
            <span class="avatar-frame">
                <AvatarPicture user=user.clone()/>
                <PresenceDot shown=Signal::derive(move || live.connected.get())/>
            </span>
            <span class="account-name">{user.name}<small>{role}</small></span>
            <span class="visually-hidden">{texts.sidebar.account_menu}</span>
        </button>
        <div id="account-menu" class="menu account-menu" popover="auto">
            <p class="menu-note">{user.email}</p>
            <p class="menu-label">{texts.common.language}</p>
            <LanguageChoice/>
            <p class="menu-label">{texts.common.theme}</p>
            <ThemeChoice/>
            <hr/>
            <A href="/settings/profile" attr:class="menu-item">{settings_word(texts)}</A>
            {admin.then(|| view! { <A href="/admin/users" attr:class="menu-item">{texts.admin.administration}</A> })}
            {admin.then(|| view! { <A href="/admin/providers" attr:class="menu-item">{texts.sidebar.providers}</A> })}
            // A plain form in every case: the sign-in page is a page of its own.
            <form method="post" action=Logout::url()>
                <button type="submit" class="menu-item">{texts.auth.sign_out}</button>
            </form>
        </div>
    }
}
