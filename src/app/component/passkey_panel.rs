//! The panel of passkeys: adding one (which needs a script), renaming and removing.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::field::Field;
use super::moment::Moment;
use super::passkey_form::{PasskeyError, PasskeyMaker};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::passkey::{PASSKEY_NAME_MAX, Passkey};
use crate::rpc::passkey::{Add, Delete, Rename};

/// The user's passkeys.
#[component]
pub fn PasskeyPanel(passkeys: Vec<Passkey>, possible: bool) -> impl IntoView {
    let texts = use_texts();
    let ours = [Add::PATH, Rename::PATH, Delete::PATH];
    let error = form_error().filter(|(path, _)| ours.contains(&path.as_str())).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let none = passkeys.is_empty().then(|| view! { <p>{texts.security().passkey_none}</p> });
    let rows = passkeys.into_iter().map(|passkey| view! { <Row passkey/> }).collect_view();
    let add = if possible {
        view! {
            <p class="hint needs-no-script">{texts.security().passkey_plain}</p>
            <PasskeyMaker>
                <Field
                    name="name" label=texts.security().passkey_name hint=texts.security().passkey_name_hint required=true max=PASSKEY_NAME_MAX
                    autocomplete="off" error=wrong
                />
            </PasskeyMaker>
        }
        .into_any()
    } else {
        view! { <p class="hint">{texts.security().passkey_impossible}</p> }.into_any()
    };
    view! {
        <section class="panel" id="passkeys">
            <h2>{texts.security().passkey_title}</h2>
            <p class="lead">{texts.security().passkey_lead}</p>
            <PasskeyError error/>
            {none}
            <ul class="entries">{rows}</ul>
            {add}
        </section>
    }
}

#[component]
fn Row(passkey: Passkey) -> impl IntoView {
    let texts = use_texts();
    let Passkey { id, name, created_at, last_used_at } = passkey;
    let used = match last_used_at {
        Some(at) => view! { {texts.security().passkey_used}" "<Moment at/> }.into_any(),
        None => view! { {texts.security().passkey_unused} }.into_any(),
    };
    let label = format!("{}: {name}", texts.security().passkey_name);
    view! {
        <li class="entry">
            <div class="entry-name">
                <span>{name.clone()}</span>
                <small>{texts.security().passkey_made}" "<Moment at=created_at/>" · "{used}</small>
            </div>
            <details class="entry-edit">
                <summary class="button quiet small">{texts.security().passkey_rename}</summary>
                <form method="post" action=Rename::url() class="entry-form">
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input class="line" name="name" value=name required maxlength=PASSKEY_NAME_MAX.to_string() aria-label=label autocomplete="off"/>
                    <button type="submit" class="button small">{texts.common.save}</button>
                </form>
            </details>
            <form method="post" action=Delete::url()>
                <input type="hidden" name="id" value=id.to_string()/>
                <button type="submit" class="button quiet small">{texts.security().passkey_delete}</button>
            </form>
        </li>
    }
}
