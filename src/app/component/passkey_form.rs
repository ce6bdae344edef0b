//! A form that a passkey fills in: `public/passkey.js` has the authenticator answer and posts it. Without that script it is not shown.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::door::DoorError;
use super::icon::{Glyph, Icon};
use crate::i18n::use_texts;
use crate::model::error::{ApiError, Code};
use crate::rpc::passkey::{Add, Ask, Begin};

/// Where the script is.
pub const SCRIPT: &str = "/passkey.js";

/// Proves who it is: posts ticket and credential to `action`. With `auto` the browser offers passkeys in the field of the address, too.
#[component]
pub fn PasskeyProof(
    action: &'static str,
    label: &'static str,
    #[prop(optional_no_strip)] next: Option<String>,
    #[prop(optional)] auto: bool,
) -> impl IntoView {
    view! {
        <form method="post" action=action class="passkey-form" data-passkey="get" data-begin=Ask::url() data-auto=auto.then_some("")>
            <Answer/>
            {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
            <button type="submit" class="button wide"><Icon glyph=Glyph::Key/>{label}</button>
        </form>
    }
}

/// Makes a passkey with a name.
#[component]
pub fn PasskeyMaker(children: Children) -> impl IntoView {
    let texts = use_texts();
    view! {
        <form method="post" action=Add::url() class="passkey-form" data-passkey="create" data-begin=Begin::url()>
            <Answer/>
            {children()}
            <div class="panel-actions">
                <button type="submit" class="button"><Icon glyph=Glyph::Key/>{texts.security().passkey_add}</button>
            </div>
        </form>
    }
}

/// What a form came back with: of a passkey that was refused, words about passkeys, not about a password.
#[component]
pub fn PasskeyError(error: Option<ApiError>) -> impl IntoView {
    let texts = use_texts();
    match error {
        Some(error) if error.code == Code::BadCredentials => {
            view! { <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{texts.security().passkey_failed}</span></p> }.into_any()
        }
        error => view! { <DoorError error/> }.into_any(),
    }
}

/// What the script fills in, and what it shows when that fails.
#[component]
fn Answer() -> impl IntoView {
    let texts = use_texts();
    view! {
        <input type="hidden" name="ticket"/>
        <input type="hidden" name="credential"/>
        <p class="alert" role="alert" hidden><Icon glyph=Glyph::Alert/><span>{texts.security().passkey_failed}</span></p>
    }
}
