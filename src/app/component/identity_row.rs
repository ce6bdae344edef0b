//! A service in the administrators' list: what it is, where it sends people back to, and what can be done with it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use super::brand::Brand;
use super::icon::{Glyph, Icon};
use super::identity_form::LIST;
use crate::app::state::session::leave_if_signed_out;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::identity::{IdentityProvider, IdentityProviderTest};
use crate::rpc;
use crate::rpc::identity_provider::Enable;

/// One line of the list.
#[component]
pub fn IdentityRow(service: IdentityProvider, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let id = service.id;
    let secret = if service.has_secret { texts.identity.secret_set } else { texts.identity.secret_unset };
    let issuer = service.issuer.clone().map(|issuer| view! { <div><dt>{texts.identity.issuer}</dt><dd>{issuer}</dd></div> });
    view! {
        <li class="provider" class:off=!service.enabled>
            <div class="provider-head">
                <Brand kind=service.kind/>
                <h2>{service.name.clone()}</h2>
                <span class="tag">{(texts.identity.kind)(service.kind)}</span>
                <span class="spacer"></span>
                <Switch service=service.clone() changed/>
            </div>
            <dl class="provider-facts">
                {issuer}
                <div><dt>{texts.identity.client_id}</dt><dd>{service.client_id}</dd></div>
                <div><dt>{texts.identity.client_secret}</dt><dd>{secret}</dd></div>
                <div><dt>{texts.identity.linked_title}</dt><dd>{(texts.identity.linked_count)(service.linked)}</dd></div>
            </dl>
            <div class="copyable">
                <span class="hint">{texts.identity.redirect_uri}": "{texts.identity.redirect_hint}</span>
                <code>{service.redirect_uri}</code>
            </div>
            <div class="provider-actions">
                <Test id/>
                <A href=format!("{LIST}?edit={id}") attr:class="button quiet small">{texts.admin.edit}</A>
                <A href=format!("{LIST}?delete={id}") attr:class="button quiet small">{texts.admin.delete}</A>
            </div>
        </li>
    }
}

#[component]
fn Switch(service: IdentityProvider, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let (id, on) = (service.id, service.enabled);
    let flip = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match rpc::identity_provider::enable(id, !on).await {
                Ok(()) => changed.run(()),
                Err(error) if leave_if_signed_out(&error) => {}
                Err(error) => toasts.fail(&error),
            }
        });
    };
    let label = if on { texts.admin.enabled } else { texts.admin.disabled };
    view! {
        <form method="post" action=Enable::url() class="plain" on:submit=flip>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="enabled" value=(!on).to_string()/>
            <button type="submit" class="switch" role="switch" aria-checked=on.to_string() aria-label=format!("{}: {}", service.name, texts.admin.enabled)>
                <span class="switch-track" aria-hidden="true"></span>
                {label}
            </button>
        </form>
    }
}

/// Asks the service, and shows what it really said.
#[component]
fn Test(id: Uuid) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let (asking, found) = (RwSignal::new(false), RwSignal::new(None::<IdentityProviderTest>));
    // Without JavaScript the address asks for the test, and the page comes with what it found.
    let asked = use_query_map().get_untracked().get("test").is_some_and(|asked| asked == id.to_string());
    let came = asked.then(|| Resource::new_blocking(|| (), move |()| rpc::identity_provider::test(id)));
    let came = came.map(
        |came| view! { <Suspense>{move || Suspend::new(async move { came.await.ok().map(|test| view! { <Found test/> }) })}</Suspense> },
    );
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        asking.set(true);
        found.set(None);
        spawn_local(async move {
            let answer = rpc::identity_provider::test(id).await;
            asking.set(false);
            match answer {
                Ok(test) => found.set(Some(test)),
                Err(error) if leave_if_signed_out(&error) => {}
                Err(error) => toasts.fail(&error),
            }
        });
    };
    view! {
        <form method="get" action=LIST class="plain" on:submit=ask>
            <input type="hidden" name="test" value=id.to_string()/>
            <button type="submit" class="button small" disabled=move || asking.get()>
                {move || if asking.get() { texts.admin.testing } else { texts.identity.test }}
            </button>
        </form>
        <div class="test" role="status">{came}{move || found.get().map(|test| view! { <Found test/> })}</div>
    }
}

#[component]
fn Found(test: IdentityProviderTest) -> impl IntoView {
    let texts = use_texts();
    let (class, glyph, sentence) = match test.ok {
        true => ("test-found ok", Glyph::Check, (texts.admin.test_ok)(test.millis)),
        false => ("test-found failed", Glyph::Alert, (texts.admin.test_failed)(test.millis)),
    };
    view! {
        <div class=class>
            <p><Icon glyph/><strong>{sentence}</strong></p>
            <blockquote>{test.message}</blockquote>
        </div>
    }
}
