//! `/admin/providers`: where models come from. What is being edited or deleted stands in the address, so that it works without
//! JavaScript too.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use crate::app::component::problem::failed;
use crate::app::component::provider_form::ProviderForm;
use crate::app::component::provider_frame::ConfirmDelete;
use crate::app::component::provider_key::{Fallbacks, ProviderKeys};
use crate::app::component::provider_row::{LIST, ProviderRow, ways};
use crate::app::component::subnav::AdminPage;
use crate::app::state::session::{Models, form_error};
use crate::i18n::{sentence, use_texts};
use crate::model::error::Code;
use crate::model::provider::{Preset, Provider};
use crate::rpc;

#[component]
pub fn Providers() -> impl IntoView {
    let texts = use_texts();
    let Models(models) = expect_context();
    let list = Resource::new_blocking(|| (), |()| rpc::provider::list());
    let navigate = use_navigate();
    let changed = Callback::new(move |()| {
        list.refetch();
        models.refetch();
    });
    let done = Callback::new(move |()| {
        navigate(LIST, Default::default());
        changed.run(());
    });
    let refused = form_error().filter(|(_, error)| error.code != Code::Invalid).map(|(_, error)| sentence(texts, &error));
    view! {
        <AdminPage title=texts.admin.title>
            <p class="lead">{texts.admin.lead}</p>
            {refused.map(|text| view! { <p class="alert" role="alert">{text}</p> })}
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(providers) => view! { <Editing providers=providers.clone() done/><List providers changed/><Instead/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

/// Which models are asked when others cannot answer.
#[component]
fn Instead() -> impl IntoView {
    let Models(models) = expect_context();
    let lines = Resource::new_blocking(|| (), |()| rpc::provider::fallbacks());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let models = models.await.unwrap_or_default();
                lines.await.ok().map(|lines| view! { <Fallbacks lines models/> })
            })}
        </Suspense>
    }
}

/// The form or the question that the address asks for.
#[component]
fn Editing(providers: Vec<Provider>, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        let find = |name: &str| {
            query.get(name).and_then(|id| Uuid::parse_str(&id).ok()).and_then(|id| providers.iter().find(|p| p.id == id).cloned())
        };
        (query.get("add"), find("edit"), find("delete"), find("keys"))
    });
    move || match wanted.get() {
        (Some(preset), ..) => view! { <Presets/><ProviderForm provider=None preset=Preset::find(&preset) done/> }.into_any(),
        (_, Some(provider), ..) => view! { <ProviderForm provider=Some(provider) preset=None done/> }.into_any(),
        (_, _, Some(provider), _) => {
            let (title, text) = ((texts.admin.delete_one)(&provider.slug), texts.admin.delete_text.to_owned());
            view! { <ConfirmDelete ways=ways(texts) id=provider.id title text deleted=texts.admin.deleted done/> }.into_any()
        }
        (_, _, _, Some(provider)) => view! { <ProviderKeys provider/> }.into_any(),
        _ => view! { <p><A href="/admin/providers?add=1" attr:class="button">{texts.admin.add}</A></p> }.into_any(),
    }
}

/// The vendors whose addresses are known: links that fill the form.
#[component]
fn Presets() -> impl IntoView {
    let texts = use_texts();
    let links = Preset::ALL.map(|preset| {
        view! { <li><a href=format!("/admin/providers?add={}", preset.slug) class="tag">{preset.title}</a></li> }
    });
    view! {
        <nav class="presets" aria-label=texts.admin.presets>
            <p class="presets-label">{texts.admin.presets}</p>
            <ul>{links.into_iter().collect_view()}</ul>
        </nav>
    }
}

#[component]
fn List(providers: Vec<Provider>, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let empty = providers.is_empty().then(|| view! { <p class="lead">{texts.admin.empty}</p> });
    let rows = providers.into_iter().map(|provider| view! { <ProviderRow provider changed/> }).collect_view();
    view! {
        {empty}
        <p class="hint">{texts.provider().order_hint}</p>
        <ul class="providers">{rows}</ul>
    }
}
