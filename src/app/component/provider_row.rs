//! One provider in the administrators' list: what it is, whether it works, and what can be done with it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use super::icon::{Glyph, Icon};
use crate::app::state::toast::Toasts;
use crate::i18n::{Texts, use_texts};
use crate::model::provider::{Circuit, Kind, Provider, ProviderTest, Standing};
use crate::rpc;
use crate::rpc::provider::Enable;

/// One line of the list.
#[component]
pub fn ProviderRow(provider: Provider, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let id = provider.id;
    let editable = (!provider.builtin).then(|| {
        view! {
            <A href=format!("/admin/providers?keys={id}") attr:class="button quiet small">{texts.provider.keys}</A>
            <A href=format!("/admin/providers?delete={id}") attr:class="button quiet small">{texts.admin.delete}</A>
        }
    });
    view! {
        <li class="provider" class:off=!provider.enabled>
            <div class="provider-head">
                <h2>{provider.slug.clone()}</h2>
                <span class="tag">{kind_label(texts, provider.kind)}</span>
                {provider.builtin.then(|| view! { <span class="tag">{texts.admin.builtin}</span> })}
                <span class="spacer"></span>
                <Switch provider=provider.clone() changed/>
            </div>
            <Facts provider=provider.clone()/>
            <div class="provider-actions">
                <Test id/>
                <A href=format!("/admin/providers?edit={id}") attr:class="button quiet small">{texts.admin.edit}</A>
                {editable}
                {provider.is_troubled().then(|| view! { <Again id/> })}
            </div>
        </li>
    }
}

/// Where it is, with which keys, and how it stands.
#[component]
fn Facts(provider: Provider) -> impl IntoView {
    let texts = use_texts();
    let url = provider.base_url.map(|url| view! { <div><dt>{texts.admin.base_url}</dt><dd>{url}</dd></div> });
    let several = provider.keys.len() > 1;
    let labels: Vec<_> = provider.keys.iter().map(|key| format!("{}: {}", key.label, (texts.provider.standing)(&key.standing))).collect();
    let plain = if provider.has_key { texts.admin.key_set } else { texts.admin.key_unset };
    let aside = provider.keys.iter().any(|key| key.standing != Standing::default());
    let key = if several || aside { labels.join(" · ") } else { plain.to_owned() };
    let keyed = !matches!(provider.kind, Kind::Local | Kind::Fake);
    let key = keyed.then(|| view! { <div><dt>{texts.admin.api_key}</dt><dd>{key}</dd></div> });
    let health = provider.health.map(|health| {
        let busy = health.running + health.waiting > 0;
        let counts = busy.then(|| format!(" · {}", (texts.provider.counts)(health.running, health.waiting)));
        let failure = health.failure.clone().map(|failure| {
            let ago = (texts.provider.ago)(health.failed_ago.unwrap_or_default());
            view! { <div><dt>{texts.provider.last_failure}</dt><dd>{format!("{ago}: {}", failure.message)}</dd></div> }
        });
        let troubled = health.circuit != Circuit::Closed;
        view! {
            <div class:troubled=troubled><dt>{texts.provider.state}</dt><dd>{(texts.provider.health)(&health)}{counts}</dd></div>
            {failure}
        }
    });
    view! { <dl class="provider-facts">{url}{key}{health}</dl> }
}

/// What was set aside or left alone is asked again.
#[component]
fn Again(id: uuid::Uuid) -> impl IntoView {
    let texts = use_texts();
    view! {
        <form method="post" action=rpc::provider::Again::url() class="plain">
            <input type="hidden" name="id" value=id.to_string()/>
            <button type="submit" class="button small">{texts.provider.again}</button>
        </form>
    }
}

/// The name of a kind.
pub fn kind_label(texts: &'static Texts, kind: Kind) -> &'static str {
    match kind {
        Kind::Openai => texts.admin.kind_openai,
        Kind::Local => texts.admin.kind_local,
        Kind::Fake => texts.admin.kind_fake,
        // Names of products are the same in every language.
        Kind::Anthropic => "Anthropic",
        Kind::Gemini => "Google Gemini",
        Kind::Ollama => "Ollama",
    }
}

#[component]
fn Switch(provider: Provider, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let (id, on) = (provider.id, provider.enabled);
    let flip = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match rpc::provider::enable(id, !on).await {
                Ok(_) => changed.run(()),
                Err(error) => toasts.fail(&error),
            }
        });
    };
    let label = if on { texts.admin.enabled } else { texts.admin.disabled };
    view! {
        <form method="post" action=Enable::url() class="plain" on:submit=flip>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="enabled" value=(!on).to_string()/>
            <button type="submit" class="switch" role="switch" aria-checked=on.to_string() aria-label=format!("{}: {}", provider.slug, texts.admin.enabled)>
                <span class="switch-track" aria-hidden="true"></span>
                {label}
            </button>
        </form>
    }
}

/// Asks the provider, and shows its real answer or the real error.
#[component]
fn Test(id: uuid::Uuid) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let asking = RwSignal::new(false);
    let found = RwSignal::new(None::<ProviderTest>);
    // Without JavaScript the address asks for the test, and the page comes with what it found.
    let asked = use_query_map().get_untracked().get("test").is_some_and(|asked| asked == id.to_string());
    let came = asked.then(|| Resource::new_blocking(|| (), move |()| rpc::provider::test(id)));
    let came = came.map(
        |came| view! { <Suspense>{move || Suspend::new(async move { came.await.ok().map(|test| view! { <Found test/> }) })}</Suspense> },
    );
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        asking.set(true);
        found.set(None);
        spawn_local(async move {
            let answer = rpc::provider::test(id).await;
            asking.set(false);
            match answer {
                Ok(test) => found.set(Some(test)),
                Err(error) => toasts.fail(&error),
            }
        });
    };
    view! {
        <form method="get" action="/admin/providers" class="plain" on:submit=ask>
            <input type="hidden" name="test" value=id.to_string()/>
            <button type="submit" class="button small" disabled=move || asking.get()>
                {move || if asking.get() { texts.admin.testing } else { texts.admin.test }}
            </button>
        </form>
        <div class="test" role="status">{came}{move || found.get().map(|test| view! { <Found test/> })}</div>
    }
}

#[component]
fn Found(test: ProviderTest) -> impl IntoView {
    let texts = use_texts();
    let (class, glyph, sentence) = match test.ok {
        true => ("test-found ok", Glyph::Check, (texts.admin.test_ok)(test.millis)),
        false => ("test-found failed", Glyph::Alert, (texts.admin.test_failed)(test.millis)),
    };
    let models = (!test.models.is_empty())
        .then(|| view! { <p class="test-models">{(texts.admin.test_models)(test.models.len())}": "{test.models.join(", ")}</p> });
    view! {
        <div class=class>
            <p><Icon glyph/><strong>{sentence}</strong></p>
            <blockquote>{test.message}</blockquote>
            {models}
        </div>
    }
}
