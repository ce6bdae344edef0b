//! One provider in the administrators' list: what it is.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;

use super::provider_frame::{Row, Tested, Ways};
use crate::i18n::{Texts, use_texts};
use crate::model::provider::{Circuit, Kind, Provider, ProviderTest, Standing};
use crate::rpc::provider::{self, Again as AgainForm, Delete, Enable, Shift};

/// The page of the list.
pub const LIST: &str = "/admin/providers";

/// What can be done with a provider.
pub fn ways(texts: &'static Texts) -> Ways {
    Ways {
        list: LIST,
        enable: |id, on| Box::pin(async move { provider::enable(id, on).await.map(drop) }),
        enable_url: Enable::url(),
        delete: |id| Box::pin(provider::delete(id)),
        delete_url: Delete::url(),
        test: |id| Box::pin(async move { provider::test(id).await.map(tested) }),
        test_label: texts.admin.test,
    }
}

fn tested(ProviderTest { ok, message, millis, models }: ProviderTest) -> Tested {
    Tested { ok, message, millis, models }
}

/// One line of the list.
#[component]
pub fn ProviderRow(provider: Provider, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let id = provider.id;
    let head = view! {
        <h2>{provider.slug.clone()}</h2>
        <span class="tag">{kind_label(texts, provider.kind)}</span>
        {provider.builtin.then(|| view! { <span class="tag">{texts.admin.builtin}</span> })}
    };
    let more = match provider.builtin {
        true => (format!("{LIST}?edit={id}"), texts.provider().limits),
        false => (format!("{LIST}?keys={id}"), texts.provider().keys),
    };
    view! {
        <Row
            ways=ways(texts) id name=provider.slug.clone() on=provider.enabled head=head.into_any()
            editable=!provider.builtin changed
        >
            <Facts provider=provider.clone()/>
            <div class="provider-actions">
                <A href=more.0.clone() attr:class="button quiet small">{more.1}</A>
                {provider.is_troubled().then(|| view! { <Again id/> })}
                <Move slug=provider.slug.clone() id/>
            </div>
        </Row>
    }
}

/// Where it is, with which keys, and how it stands.
#[component]
fn Facts(provider: Provider) -> impl IntoView {
    let texts = use_texts();
    let url = provider.base_url.map(|url| view! { <div><dt>{texts.admin.base_url}</dt><dd>{url}</dd></div> });
    let several = provider.keys.len() > 1;
    let labels: Vec<_> = provider.keys.iter().map(|key| format!("{}: {}", key.label, (texts.provider().standing)(&key.standing))).collect();
    let plain = if provider.has_key { texts.admin.key_set } else { texts.admin.key_unset };
    let aside = provider.keys.iter().any(|key| key.standing != Standing::default());
    let key = if several || aside { labels.join(" · ") } else { plain.to_owned() };
    let keyed = !matches!(provider.kind, Kind::Local | Kind::Fake);
    let key = keyed.then(|| view! { <div><dt>{texts.admin.api_key}</dt><dd>{key}</dd></div> });
    let health = provider.health.map(|health| {
        let busy = health.running + health.waiting > 0;
        let counts = busy.then(|| format!(" · {}", (texts.provider().counts)(health.running, health.waiting)));
        let failure = health.failure.clone().map(|failure| {
            let ago = (texts.provider().ago)(health.failed_ago.unwrap_or_default());
            view! { <div><dt>{texts.provider().last_failure}</dt><dd>{format!("{ago}: {}", failure.message)}</dd></div> }
        });
        let troubled = health.circuit != Circuit::Closed;
        view! {
            <div class:troubled=troubled><dt>{texts.provider().state}</dt><dd>{(texts.provider().health)(&health)}{counts}</dd></div>
            {failure}
        }
    });
    view! { <dl class="provider-facts">{url}{key}{health}</dl> }
}

/// Its place among the others.
#[component]
fn Move(slug: String, id: uuid::Uuid) -> impl IntoView {
    let t = use_texts().provider();
    let button = |up: bool, label: String, arrow: &'static str| {
        view! { <button type="submit" name="up" value=up.to_string() class="button quiet small" aria-label=label.clone() title=label>{arrow}</button> }
    };
    view! {
        <form method="post" action=Shift::url() class="plain">
            <input type="hidden" name="id" value=id.to_string()/>
            {button(true, (t.earlier)(&slug), "↑")}
            {button(false, (t.later)(&slug), "↓")}
        </form>
    }
}

/// What was set aside or left alone is asked again.
#[component]
fn Again(id: uuid::Uuid) -> impl IntoView {
    let texts = use_texts();
    view! {
        <form method="post" action=AgainForm::url() class="plain">
            <input type="hidden" name="id" value=id.to_string()/>
            <button type="submit" class="button small">{texts.provider().again}</button>
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
