//! The keys of one provider, and which models are asked when others cannot answer. Plain forms.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;

use super::field::Field;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::error::ApiError;
use crate::model::provider::{Fallback, KeyForm, Model, Provider, ProviderKey};
use crate::rpc::provider::{AddKey, DeleteKey, RemoveFallback, SetFallback};

/// What the form of this server function came back with.
fn refused(function: &'static str) -> Signal<Option<ApiError>> {
    let error = form_error().filter(|(path, _)| path == function).map(|(_, error)| error);
    Signal::stored(error)
}

/// The keys, each with how it stands, and a form for one more.
#[component]
pub fn ProviderKeys(provider: Provider) -> impl IntoView {
    let texts = use_texts();
    let error = refused(AddKey::PATH);
    let id = provider.id;
    let empty = provider.keys.is_empty().then(|| view! { <p class="hint">{texts.provider().no_keys}</p> });
    let rows = provider.keys.into_iter().map(|key| view! { <Row id key/> }).collect_view();
    view! {
        <section class="panel provider-form">
            <h2>{(texts.provider().keys_of)(&provider.slug)}</h2>
            <p class="lead">{texts.provider().keys_lead}</p>
            {empty}
            <ul class="lines">{rows}</ul>
            <form method="post" action=AddKey::url() class="provider-form">
                <input type="hidden" name="id" value=id.to_string()/>
                <Field name="label" label=texts.provider().label required=true max=KeyForm::LABEL_MAX autocomplete="off" error/>
                <Field name="api_key" label=texts.admin.api_key kind="password" required=true max=1000 autocomplete="off" error/>
                <div class="panel-actions">
                    <A href="/admin/providers" attr:class="button quiet">{texts.provider().close}</A>
                    <button type="submit" class="button seal-button">{texts.provider().add_key}</button>
                </div>
            </form>
        </section>
    }
}

#[component]
fn Row(id: uuid::Uuid, key: ProviderKey) -> impl IntoView {
    let texts = use_texts();
    let label = (texts.provider().delete_key)(&key.label);
    view! {
        <li>
            <span class="line-name">{key.label}</span>
            <small>{(texts.provider().standing)(&key.standing)}</small>
            <form method="post" action=DeleteKey::url() class="plain">
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="key_id" value=key.id.to_string()/>
                <button type="submit" class="button quiet small" aria-label=label>{texts.admin.delete}</button>
            </form>
        </li>
    }
}

/// Which model is asked when another cannot answer.
#[component]
pub fn Fallbacks(lines: Vec<Fallback>, models: Vec<Model>) -> impl IntoView {
    let texts = use_texts();
    let error = refused(SetFallback::PATH);
    let rows = lines.into_iter().map(|line| {
        let label = (texts.provider().fallback_delete)(&line.model);
        view! {
            <li>
                <span class="line-name">{(texts.provider().fallback_line)(&line.model, &line.next)}</span>
                <form method="post" action=RemoveFallback::url() class="plain">
                    <input type="hidden" name="id" value=line.id.to_string()/>
                    <button type="submit" class="button quiet small" aria-label=label>{texts.admin.delete}</button>
                </form>
            </li>
        }
    });
    let options = models.into_iter().map(|model| view! { <option value=model.id></option> }).collect_view();
    view! {
        <section class="panel provider-form" id="fallbacks">
            <h2>{texts.provider().fallbacks}</h2>
            <p class="lead">{texts.provider().fallbacks_lead}</p>
            <ul class="lines">{rows.collect_view()}</ul>
            <form method="post" action=SetFallback::url() class="provider-form">
                <Field name="model" label=texts.provider().fallback_model hint=texts.provider().fallback_model_hint required=true max=250
                    autocomplete="off" list="models-known" error/>
                <Field name="next" label=texts.provider().fallback_next required=true max=250 autocomplete="off" list="models-known" error/>
                <datalist id="models-known">{options}</datalist>
                <div class="panel-actions">
                    <button type="submit" class="button seal-button">{texts.provider().fallback_add}</button>
                </div>
            </form>
        </section>
    }
}
