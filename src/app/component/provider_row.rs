//! One provider in the administrators' list: what it is.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::provider_frame::{Row, Tested, Ways};
use crate::i18n::{Texts, use_texts};
use crate::model::provider::{Kind, Provider, ProviderTest};
use crate::rpc::provider::{self, Delete, Enable};

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
    let key = if provider.has_key { texts.admin.key_set } else { texts.admin.key_unset };
    let url = provider.base_url.map(|url| view! { <div><dt>{texts.admin.base_url}</dt><dd>{url}</dd></div> });
    let key = (provider.kind == Kind::Openai).then(|| view! { <div><dt>{texts.admin.api_key}</dt><dd>{key}</dd></div> });
    // A provider that runs in this server has neither.
    let facts = (url.is_some() || key.is_some()).then(|| view! { <dl class="provider-facts">{url}{key}</dl> });
    let head = view! {
        <h2>{provider.slug.clone()}</h2>
        <span class="tag">{kind_label(texts, provider.kind)}</span>
        {provider.builtin.then(|| view! { <span class="tag">{texts.admin.builtin}</span> })}
    };
    view! {
        <Row
            ways=ways(texts) id=provider.id name=provider.slug on=provider.enabled head=head.into_any()
            editable=!provider.builtin changed
        >
            {facts}
        </Row>
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
