//! `/context/{id}`: what the model sees of a conversation, how it makes room, its summary to change, its pins. Plain forms.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use crate::app::component::area::Area;
use crate::app::component::budget::Choices;
use crate::app::component::door::DoorError;
use crate::app::component::header::OpenSidebar;
use crate::app::component::problem::failed;
use crate::app::state::session::form_error;
use crate::i18n::usage::count;
use crate::i18n::use_texts;
use crate::model::context::{Pinned, SUMMARY_MAX, Shown, Summary};
use crate::model::error::ApiError;
use crate::model::message::Author;
use crate::rpc;
use crate::rpc::context::{Edit, MakeRoom, Pin};

#[component]
pub fn ContextPage() -> impl IntoView {
    let texts = use_texts();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").and_then(|id| Uuid::parse_str(&id).ok()).unwrap_or_default());
    let shown = Resource::new_blocking(move || id.get(), rpc::context::look);
    view! {
        <Title text=texts.context().title/>
        <header class="chat-header"><OpenSidebar/><h1>{texts.context().title}</h1></header>
        <div class="scroll">
            <div class="log context-page">
                <Transition>
                    {move || Suspend::new(async move {
                        match shown.await {
                            Ok(shown) => view! { <Whole id=id.get_untracked() shown/> }.into_any(),
                            Err(error) => failed(error),
                        }
                    })}
                </Transition>
            </div>
        </div>
    }
}

#[component]
fn Whole(id: Uuid, shown: Shown) -> impl IntoView {
    let texts = use_texts();
    let words = texts.context();
    let budget = shown.budget;
    let error = form_error().map(|(_, error)| error);
    let uses = match budget.window {
        Some(window) => (words.uses)(budget.used, window, budget.used * 100 / u64::from(window.max(1))),
        None => (words.uses_unknown)(budget.used),
    };
    let parts = [
        (words.system, budget.system),
        (words.pinned, budget.pinned),
        (words.summary, budget.summary),
        (words.messages, budget.messages),
        (words.reserved, u64::from(budget.reserved)),
    ];
    let lines = parts.map(|(name, tokens)| view! { <span class="used-line"><span>{name}</span>" "<b>{count(tokens)}</b></span> });
    view! {
        <p><a href=format!("/chat/{id}")>{words.back}</a></p>
        <DoorError error=error.clone()/>
        <section class="panel">
            <p class="lead">{words.lead}</p>
            <p>{uses}{budget.trimmed.then(|| format!(" {}", words.trimmed))}</p>
            <div class="context-lines">{lines.into_iter().collect_view()}</div>
        </section>
        <section class="panel">
            <form method="post" action=MakeRoom::url()>
                <input type="hidden" name="chat_id" value=id.to_string()/>
                <Choices strategy=budget.strategy choose=None/>
                <div class="panel-actions"><button type="submit" class="button">{texts.common.save}</button></div>
            </form>
        </section>
        <SummaryPanel id summary=shown.summary error/>
        <PinsPanel pins=shown.pins/>
    }
}

#[component]
fn SummaryPanel(id: Uuid, summary: Option<Summary>, error: Option<ApiError>) -> impl IntoView {
    let texts = use_texts();
    let words = texts.context();
    let form = summary.map(|summary| {
        view! {
            <p class="hint">{(texts.chat.summary_of)(summary.messages)}"."{summary.partial.then(|| format!(" {}", words.partial))}</p>
            <form method="post" action=Edit::url()>
                <input type="hidden" name="chat_id" value=id.to_string()/>
                <input type="hidden" name="summary_id" value=summary.id.to_string()/>
                <Area name="content" label=words.summary value=summary.content hint=words.edit_hint max=SUMMARY_MAX error=Signal::stored(error)/>
                <div class="panel-actions"><button type="submit" class="button">{texts.common.save}</button></div>
            </form>
        }
    });
    let none = form.is_none().then(|| view! { <p class="hint">{words.no_summary}</p> });
    view! { <section class="panel"><h2>{words.edit_summary}</h2>{none}{form}</section> }
}

#[component]
fn PinsPanel(pins: Vec<Pinned>) -> impl IntoView {
    let texts = use_texts();
    let words = texts.context();
    let none = pins.is_empty().then(|| view! { <p class="hint">{words.no_pins}</p> });
    let pin = |pin: Pinned| {
        let who = if pin.author == Author::User { texts.chat.you } else { texts.chat.assistant };
        view! {
            <li>
                <p dir="auto"><b>{who}": "</b>{pin.beginning}</p>
                <form method="post" action=Pin::url()>
                    <input type="hidden" name="message_id" value=pin.id.to_string()/>
                    <input type="hidden" name="on" value="false"/>
                    <button type="submit" class="button quiet small">{texts.chat.unpin}</button>
                </form>
            </li>
        }
    };
    view! {
        <section class="panel">
            <h2>{words.pins}</h2>
            {none}
            <ul class="pin-list">{pins.into_iter().map(pin).collect_view()}</ul>
        </section>
    }
}
