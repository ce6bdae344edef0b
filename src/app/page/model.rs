//! `/admin/models`: what administrators say of models. Plain forms and links; what is edited stands in the address.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use super::profile::Saved;
use crate::app::component::choose::Choose;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::model_form::ModelForm;
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::app::component::suggestion_form::SuggestionForm;
use crate::app::state::address::address;
use crate::app::state::session::form_error;
use crate::i18n::usage::{count, money};
use crate::i18n::use_texts;
use crate::model::catalogue::{Access, CatalogueEntry, ModelSettings};
use crate::model::provider::{Kind, Provider};
use crate::model::voice::{Task, VOICE_MAX};
use crate::rpc;
use crate::rpc::catalogue::SetDefaults;
use crate::rpc::provider::Pull;

/// The page of the list.
pub const LIST: &str = "/admin/models";

#[component]
pub fn ModelsPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.catalogue();
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        let edited = query.get("provider").and_then(|id| Uuid::parse_str(&id).ok()).zip(query.get("name"));
        (query.get("search").filter(|words| !words.trim().is_empty()), edited)
    });
    let found = Resource::new_blocking(
        move || wanted.get(),
        |(search, edited)| async move {
            let edited = match edited {
                Some((id, name)) => Some(rpc::catalogue::find(id, name).await?),
                None => None,
            };
            Ok::<_, crate::model::error::ApiError>((rpc::catalogue::list(search).await?, edited))
        },
    );
    view! {
        <AdminPage title=t.title>
            <p class="lead">{t.lead}</p>
            <Saved/>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match found.await {
                        Ok((_, Some(entry))) => view! { <ModelForm entry/> }.into_any(),
                        Ok(((entries, defaults), None)) => {
                            let search = wanted.get_untracked().0;
                            view! { <Search search/><List entries=entries.clone()/><Unlisted/><Defaults entries defaults/><SuggestionForm/> }.into_any()
                        }
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

#[component]
fn Search(search: Option<String>) -> impl IntoView {
    let t = use_texts().catalogue();
    let typed = search.unwrap_or_default();
    view! {
        <form method="get" action=LIST class="filters" role="search" aria-label=t.search_label>
            <label class="filter wide">
                <span>{t.search}</span>
                <input type="search" name="search" value=typed.clone() prop:value=typed maxlength="200" autocomplete="off"/>
            </label>
            <div class="filters-actions"><button type="submit" class="button small">{t.search}</button></div>
        </form>
    }
}

#[component]
fn List(entries: Vec<CatalogueEntry>) -> impl IntoView {
    let t = use_texts().catalogue();
    let lead = if entries.is_empty() { t.none.to_owned() } else { (t.found)(entries.len()) };
    view! {
        <p class="hint">{lead}</p>
        <ul class="models">{entries.into_iter().map(|entry| view! { <Row entry/> }).collect_view()}</ul>
    }
}

#[component]
fn Row(entry: CatalogueEntry) -> impl IntoView {
    let t = use_texts().catalogue();
    let task = entry.task();
    let CatalogueEntry { model, provider_id, listed, known, own } = entry;
    let said = own.unwrap_or_default();
    let name = model.split_once('/').map(|(_, name)| name.to_owned()).unwrap_or_default();
    let title = said.title.or(known.title).unwrap_or_else(|| name.clone());
    let facts = [
        said.context.or(known.context).map(|tokens| (t.window)(&count(u64::from(tokens)))),
        said.price.or(known.price).map(|price| (t.prices)(&money(price.input), &money(price.output))),
        said.abilities.vision.or(known.abilities.vision).filter(|can| *can).map(|_| t.vision.to_owned()),
        said.abilities.reasoning.or(known.abilities.reasoning).filter(|can| *can).map(|_| t.reasoning.to_owned()),
    ];
    let tags = [
        (task != Task::Chat, (t.tasks)(task)),
        (!said.enabled, t.off),
        (!listed, t.unlisted),
        (said.access != Access::Everyone, (t.accesses)(said.access)),
    ];
    let tags = tags.into_iter().filter(|(is, _)| *is).map(|(_, label)| view! { <span class="tag">{label}</span> }).collect_view();
    let edit = address(LIST, &[("provider", Some(provider_id.to_string())), ("name", Some(name))]);
    view! {
        <li class="model-row" class:off=!said.enabled>
            <span class="badge" aria-hidden="true">{said.icon}</span>
            <div class="model-text">
                <h2>{title}{tags}</h2>
                <p class="model-id">{model.clone()}</p>
                <p class="hint">{facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")}</p>
            </div>
            <A href=edit attr:class="button quiet small" attr:aria-label=(t.edit_one)(&model)>{t.edit}</A>
        </li>
    }
}

/// Leads to the form of a model that no list has.
#[component]
fn Unlisted() -> impl IntoView {
    let t = use_texts().catalogue();
    let providers = Resource::new_blocking(|| (), |()| rpc::provider::list());
    let fetching = move || {
        Suspend::new(async move {
            let there = providers.await.unwrap_or_default();
            let theirs: Vec<_> = there.into_iter().filter(|provider| provider.enabled && provider.kind == Kind::Ollama).collect();
            (!theirs.is_empty()).then(|| view! { <Fetch providers=theirs/> })
        })
    };
    let options = |providers: Vec<Provider>| {
        let enabled = providers.into_iter().filter(|provider| provider.enabled);
        enabled.map(|provider| view! { <option value=provider.id.to_string()>{provider.slug}</option> }).collect_view()
    };
    view! {
        <form method="get" action=LIST class="panel">
            <h2>{t.add}</h2>
            <p class="lead">{t.add_lead}</p>
            <div class="field">
                <label for="provider">{t.provider}</label>
                <select id="provider" name="provider">
                    <Suspense>{move || Suspend::new(async move { providers.await.map(options).ok() })}</Suspense>
                </select>
            </div>
            <div class="field">
                <label for="name">{t.model_name}</label>
                <input id="name" name="name" type="text" required=true maxlength="200" autocomplete="off" spellcheck="false"/>
            </div>
            <div class="panel-actions"><button type="submit" class="button">{t.edit}</button></div>
        </form>
        <Suspense>{fetching}</Suspense>
    }
}

/// Has Ollama fetch a model.
#[component]
fn Fetch(providers: Vec<Provider>) -> impl IntoView {
    let t = use_texts().catalogue();
    let error = form_error().filter(|(path, _)| path == Pull::PATH).map(|(_, error)| error);
    let options: Vec<_> = providers.into_iter().map(|provider| (provider.id.to_string(), provider.slug)).collect();
    let first = options.first().map(|(id, _)| id.clone()).unwrap_or_default();
    let choice = match options.len() {
        1 => view! { <input type="hidden" name="id" value=first/> }.into_any(),
        _ => {
            let options = options.into_iter().map(|(id, slug)| view! { <option value=id>{slug}</option> }).collect_view();
            view! { <div class="field"><label for="fetch-at">{t.provider}</label><select id="fetch-at" name="id">{options}</select></div> }
                .into_any()
        }
    };
    view! {
        <form method="post" action=Pull::url() class="panel" id="fetch">
            <h2>{t.fetch}</h2>
            <p class="lead">{t.fetch_lead}</p>
            <DoorError error/>
            {choice}
            <div class="field">
                <label for="fetch-model">{t.model_name}</label>
                <input id="fetch-model" name="model" type="text" required=true maxlength="200" autocomplete="off" spellcheck="false" placeholder="qwen3:0.6b"/>
            </div>
            <div class="panel-actions"><button type="submit" class="button">{t.fetch_do}</button></div>
        </form>
    }
}

#[component]
fn Defaults(entries: Vec<CatalogueEntry>, defaults: ModelSettings) -> impl IntoView {
    let texts = use_texts();
    let t = texts.catalogue();
    let error = form_error().filter(|(path, _)| path == SetDefaults::PATH).map(|(_, error)| error);
    // A search leaves models out of the list; the chosen ones stay to choose.
    let with = |chosen: &Option<String>, fits: fn(&CatalogueEntry) -> bool| {
        let listed: Vec<_> = entries.iter().filter(|entry| fits(entry)).map(|entry| entry.model.clone()).collect();
        let gone = chosen.clone().filter(|id| !listed.contains(id));
        listed.into_iter().chain(gone).map(|id| (id.clone(), id)).collect::<Vec<_>>()
    };
    let talks = |entry: &CatalogueEntry| entry.task() == Task::Chat;
    let sees = |entry: &CatalogueEntry| {
        let own = entry.own.as_ref().and_then(|own| own.abilities.vision);
        entry.task() == Task::Chat && own.or(entry.known.abilities.vision) == Some(true)
    };
    let hears = |entry: &CatalogueEntry| entry.task() == Task::Transcription;
    let speaks = |entry: &CatalogueEntry| entry.task() == Task::Speech;
    let (chats, titles, eyes) = (with(&defaults.chat, talks), with(&defaults.title, talks), with(&defaults.vision, sees));
    let embeds = |entry: &CatalogueEntry| entry.task() == Task::Embedding;
    let vectors = with(&defaults.embedding, embeds);
    let (ears, voices) = (with(&defaults.transcription, hears), with(&defaults.speech, speaks));
    view! {
        <form method="post" action=SetDefaults::url() class="panel" id="defaults">
            <h2>{t.defaults}</h2>
            <p class="lead">{t.defaults_lead}</p>
            <DoorError error/>
            <Choose name="chat" label=t.default_chat none=t.usual options=chats chosen=defaults.chat/>
            <Choose name="title" label=t.default_title none=t.same options=titles chosen=defaults.title/>
            <Choose name="vision" label=t.default_vision none=t.refused options=eyes chosen=defaults.vision/>
            <Choose name="transcription" label=t.default_transcription none=t.usual options=ears chosen=defaults.transcription/>
            <Choose name="speech" label=t.default_speech none=t.browser options=voices chosen=defaults.speech/>
            <Choose name="embedding" label=t.default_embedding none=t.words_alone options=vectors chosen=defaults.embedding/>
            <Field name="voice" label=t.default_voice value=defaults.voice.unwrap_or_default() hint=t.default_voice_hint max=VOICE_MAX autocomplete="off"/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}
