//! The panel of the second factor: the authenticator app is set up, switched off, and its recovery codes are shown once.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::door::DoorError;
use super::field::Field;
use super::icon::{Glyph, Icon};
use super::moment::Moment;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::error::ApiError;
use crate::model::factor::{CODE_MAX, FactorStatus, RecoveryCodes, Setup};
use crate::rpc::factor::{Abandon, BeginSetup, CodesKept, Disable, Enable, RenewCodes};

/// Two-step sign-in.
#[component]
pub fn FactorPanel(factor: FactorStatus, setup: Option<Setup>, codes: Option<RecoveryCodes>) -> impl IntoView {
    let texts = use_texts();
    let ours = [BeginSetup::PATH, Enable::PATH, Disable::PATH, RenewCodes::PATH];
    let error = form_error().filter(|(path, _)| ours.contains(&path.as_str())).map(|(_, error)| error);
    let shown = error.clone().filter(|error| setup.is_none() || error.field("code").is_none());
    let body = match setup {
        _ if factor.enabled => view! { <On factor/> }.into_any(),
        Some(setup) => view! { <SettingUp setup error/> }.into_any(),
        None => view! {
            <form method="post" action=BeginSetup::url() class="panel-actions">
                <button type="submit" class="button">{texts.security().factor_set_up}</button>
            </form>
        }
        .into_any(),
    };
    view! {
        {codes.map(|codes| view! { <Codes codes/> })}
        <section class="panel">
            <h2>{texts.security().factor_title}</h2>
            <p class="lead">{texts.security().factor_lead}</p>
            <DoorError error=shown/>
            {body}
        </section>
    }
}

#[component]
fn On(factor: FactorStatus) -> impl IntoView {
    let texts = use_texts();
    view! {
        <p class="saved"><Icon glyph=Glyph::Check/>{texts.security().factor_on}" "{factor.since.map(|at| view! { <Moment at/> })}</p>
        <p>{(texts.security().codes_left)(factor.recovery_codes_left)}</p>
        <div class="panel-actions">
            {if factor.required {
                view! { <p class="hint">{texts.security().factor_required}</p> }.into_any()
            } else {
                view! {
                    <form method="post" action=Disable::url()>
                        <button type="submit" class="button quiet">{texts.security().factor_remove}</button>
                    </form>
                }.into_any()
            }}
            <form method="post" action=RenewCodes::url()>
                <button type="submit" class="button">{texts.security().codes_renew}</button>
            </form>
        </div>
    }
}

#[component]
fn SettingUp(setup: Setup, error: Option<ApiError>) -> impl IntoView {
    let texts = use_texts();
    let key = setup.secret.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect::<Vec<_>>().join(" ");
    view! {
        <p>{texts.security().scan}</p>
        <div class="setup">
            <img class="setup-qr" src=setup.qr alt=texts.security().qr width="200" height="200"/>
            <div class="setup-side">
                <p class="hint">{texts.security().type_instead}</p>
                <p><code class="setup-key" data-secret=setup.secret>{key}</code></p>
                <form method="post" action=Enable::url() class="setup-form">
                    <Field
                        name="code" label=texts.security().code hint=texts.security().code_hint autocomplete="one-time-code" required=true
                        max=CODE_MAX error=Signal::stored(error)
                    />
                    <div class="panel-actions"><button type="submit" class="button seal-button">{texts.security().turn_on}</button></div>
                </form>
                <form method="post" action=Abandon::url()><button type="submit" class="button quiet">{texts.common.cancel}</button></form>
            </div>
        </div>
    }
}

/// The codes as a list, to print, and as a file, to keep.
#[component]
fn Codes(codes: RecoveryCodes) -> impl IntoView {
    let texts = use_texts();
    let lines = codes.recovery_codes.join("\n");
    let file = format!("{}\n\n{lines}\n", texts.security().codes_file);
    let escaped: String =
        file.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    let items = codes.recovery_codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view();
    view! {
        <section class="panel codes" id="codes">
            <h2>{texts.security().codes_title}</h2>
            <p class="lead">{texts.security().codes_lead}</p>
            <ol class="code-list">{items}</ol>
            <div class="panel-actions">
                <a class="button" href=format!("data:text/plain;charset=utf-8,{escaped}") download="liao-recovery-codes.txt" rel="external">
                    {texts.security().codes_download}
                </a>
                <form method="post" action=CodesKept::url()>
                    <button type="submit" class="button seal-button">{texts.security().codes_kept}</button>
                </form>
            </div>
        </section>
    }
}
