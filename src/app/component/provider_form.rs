//! Adding and changing a provider.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::field::Field;
use super::provider_frame::EntryForm;
use super::provider_row::{LIST, kind_label};
use super::sending::sending;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::error::ApiError;
use crate::model::provider::{Api, Kind, Limits, Preset, Provider};
use crate::rpc;
use crate::rpc::provider::Save;

/// The form; without a provider it adds one, filled with the preset. `done` is called when it was saved.
#[component]
pub fn ProviderForm(provider: Option<Provider>, preset: Option<Preset>, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let saved = Callback::new(move |_| {
        toasts.say(texts.admin.saved, None);
        done.run(());
    });
    let save = |form: Save| {
        let Save { id, slug, kind, base_url, api_key, enabled, private, api, .. } = form;
        let Save { connect, first_byte, idle, total, queue, concurrent, keep_alive, .. } = form;
        rpc::provider::save(
            id, slug, kind, base_url, api_key, enabled, private, api, connect, first_byte, idle, total, queue, concurrent, keep_alive,
        )
    };
    let (error, submit) = sending(save, saved);
    let title = provider.as_ref().map_or_else(|| texts.admin.add.to_owned(), |p| (texts.admin.edit_one)(&p.slug));
    let (id, enabled) = (provider.as_ref().map(|p| p.id), provider.as_ref().is_none_or(|p| p.enabled));
    let limits = provider.as_ref().map(|p| p.limits.clone()).unwrap_or_default();
    let inputs = match provider {
        // Where it is is the configuration's.
        Some(provider) if provider.builtin => view! { <Brought provider/> }.into_any(),
        provider => view! { <Inputs provider preset error=error.into()/> }.into_any(),
    };
    view! {
        <EntryForm list=LIST action=Save::url() title id submit>
            {inputs}
            <TimeLimits limits error=error.into()/>
            <label class="check"><input type="checkbox" name="enabled" value="true" checked=enabled/>{texts.admin.enabled}</label>
        </EntryForm>
    }
}

#[component]
fn Inputs(provider: Option<Provider>, preset: Option<Preset>, error: Signal<Option<ApiError>>) -> impl IntoView {
    let texts = use_texts();
    let slug = provider.as_ref().map(|p| p.slug.as_str()).or(preset.map(|p| p.slug)).unwrap_or_default().to_owned();
    let url = provider.as_ref().and_then(|p| p.base_url.as_deref()).or(preset.and_then(|p| p.base_url)).unwrap_or_default().to_owned();
    let kind = provider.as_ref().map(|p| p.kind).or(preset.map(|p| p.kind)).unwrap_or(Kind::Openai);
    let api = provider.as_ref().map(|p| p.api).or(preset.map(|p| p.api)).unwrap_or_default();
    // Who chooses a vendor whose models run on this machine means it.
    let private = provider.as_ref().map_or_else(|| preset.is_some_and(Preset::is_here), |p| p.private);
    let key_hint = if provider.is_some_and(|p| p.has_key) { texts.admin.key_keep } else { texts.admin.key_hint };
    let kinds = Kind::ADDED.map(|each| view! { <option value=each.name() selected=each == kind>{kind_label(texts, each)}</option> });
    let apis = Api::ALL.map(|each| view! { <option value=each.name() selected=each == api>{(texts.provider().apis)(each)}</option> });
    let wrong_api = move || error.read().as_ref().is_some_and(|error| error.field("api").is_some());
    view! {
        <Field name="slug" label=texts.admin.slug value=slug hint=texts.admin.slug_hint required=true max=40 autocomplete="off" error/>
        <div class="field">
            <label for="kind">{texts.admin.kind}</label>
            <select id="kind" name="kind">{kinds.into_iter().collect_view()}</select>
        </div>
        <div class="field">
            <label for="provider-api">{texts.provider().api}</label>
            <select id="provider-api" name="api" aria-describedby="provider-api-hint" aria-invalid=move || wrong_api().to_string()>
                {apis.into_iter().collect_view()}
            </select>
            <p id="provider-api-hint" class="hint" class:wrong=wrong_api>{texts.provider().api_hint}</p>
        </div>
        <Field name="base_url" label=texts.admin.base_url kind="url" value=url hint=texts.admin.base_url_hint max=500 autocomplete="off" error/>
        <div class="field">
            <label class="check"><input type="checkbox" name="private" value="true" checked=private/>{texts.provider().private}</label>
            <p class="hint">{texts.provider().private_hint}</p>
        </div>
        <Field name="api_key" label=texts.admin.api_key kind="password" hint=key_hint max=1000 autocomplete="off" error/>
    }
}

/// What cannot be changed of a provider that the server brings itself.
#[component]
fn Brought(provider: Provider) -> impl IntoView {
    let api = provider.api;
    let texts = use_texts();
    // Where it is is the configuration's; how OpenAI itself is asked is not.
    let brought_api = (provider.kind == Kind::Openai).then(|| {
        let apis = Api::ALL.map(|each| view! { <option value=each.name() selected=each == api>{(texts.provider().apis)(each)}</option> });
        view! {
            <div class="field">
                <label for="provider-api">{texts.provider().api}</label>
                <select id="provider-api" name="api">{apis.into_iter().collect_view()}</select>
            </div>
        }
    });
    let url = provider.base_url.map(|url| view! { <input type="hidden" name="base_url" value=url/> });
    view! {
        <input type="hidden" name="slug" value=provider.slug/>
        <input type="hidden" name="kind" value=provider.kind.name()/>
        {brought_api}
        {url}
    }
}

/// How long it may take, and how much it is asked at a time. Shown at once where something is set or wrong.
#[component]
fn TimeLimits(limits: Limits, error: Signal<Option<ApiError>>) -> impl IntoView {
    let texts = use_texts();
    let p = texts.provider();
    let fields = [
        ("connect", p.connect, limits.connect),
        ("first_byte", p.first_byte, limits.first_byte),
        ("idle", p.idle, limits.idle),
        ("total", p.total, limits.total),
        ("queue", p.queue, limits.queue),
        ("concurrent", p.concurrent, limits.concurrent),
        ("keep_alive", p.keep_alive, limits.keep_alive),
    ];
    let open = fields.iter().any(|(.., value)| value.is_some());
    let wrong = move || error.read().as_ref().is_some_and(|e| fields.iter().any(|(name, ..)| e.field(name).is_some()));
    let inputs = fields.map(|(name, label, value)| {
        let value = value.map(|n| n.to_string()).unwrap_or_default();
        view! { <Field name=name label=label kind="number" value=value autocomplete="off" error/> }
    });
    view! {
        <details class="limits" open=move || open || wrong()>
            <summary>{p.limits}</summary>
            <p class="hint">{p.limits_hint}</p>
            <div class="limits-grid">{inputs.into_iter().collect_view()}</div>
        </details>
    }
}
