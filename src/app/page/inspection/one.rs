//! `/admin/messages/{id}`: one conversation of somebody's. Closed it is a form that asks for a reason; opened it can be read, saved and
//! deleted. Plain forms and links.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::{use_params_map, use_query_map};
use uuid::Uuid;

use super::LIST;
use crate::app::component::area::Area;
use crate::app::component::door::DoorError;
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed_list;
use crate::app::component::subnav::AdminPage;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::inspection::{Inspected, Metadata, Opened, REASON_MAX};
use crate::model::message::{Author, Shown};
use crate::model::share::Format;
use crate::rpc;
use crate::rpc::inspection::{Erase, Open};

#[component]
pub fn InspectedPage() -> impl IntoView {
    let texts = use_texts();
    let (params, query) = (use_params_map(), use_query_map());
    let named = move |name: &'static str| query.read().get(name).and_then(|id| Uuid::parse_str(&id).ok());
    let id = move || params.read().get("id").and_then(|id| Uuid::parse_str(&id).ok()).unwrap_or_default();
    let asked = Memo::new(move |_| (id(), named("at"), named("before")));
    let look = Resource::new_blocking(move || asked.get(), |(id, at, before)| rpc::inspection::look(id, at, before));
    view! {
        <AdminPage title=texts.oversight().one_title>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match look.await {
                        Ok(inspected) => view! { <Found inspected at=asked.get_untracked().1/> }.into_any(),
                        Err(error) => failed_list(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

#[component]
fn Found(inspected: Inspected, at: Option<Uuid>) -> impl IntoView {
    let t = use_texts().oversight();
    let Inspected { metadata, allowed, opened } = inspected;
    let id = metadata.id;
    let said = match (opened, allowed) {
        (Some(opened), _) => view! { <Said id opened/> }.into_any(),
        (None, true) => view! { <Closed id at/> }.into_any(),
        (None, false) => view! { <section class="panel"><h2>{t.closed}</h2><p class="lead">{t.forbidden}</p></section> }.into_any(),
    };
    view! {
        <p><A href=LIST attr:class="button quiet small">{t.back}</A></p>
        <Facts metadata/>
        {said}
        <Ending id/>
    }
}

#[component]
fn Facts(metadata: Metadata) -> impl IntoView {
    let t = use_texts().oversight();
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let reports = (metadata.reports > 0).then(|| view! { <span class="tag warn">{(t.open_reports)(metadata.reports)}</span> });
    view! {
        <section class="panel">
            <dl class="facts">
                {fact(t.owner, view! { <A href=format!("/admin/users/{}", metadata.owner_id)>{metadata.owner_name}</A> }.into_any())}
                {fact(t.model, metadata.model.unwrap_or_else(|| "–".to_owned()).into_any())}
                {fact(t.messages, (t.facts)(metadata.messages, metadata.characters).into_any())}
                {fact(t.links, metadata.links.to_string().into_any())}
                {fact(t.begun, view! { <Moment at=metadata.created_at/> }.into_any())}
                {fact(t.written, view! { <Moment at=metadata.updated_at/> }.into_any())}
            </dl>
            {reports}
        </section>
    }
}

/// What opens it.
#[component]
fn Closed(id: Uuid, at: Option<Uuid>) -> impl IntoView {
    let t = use_texts().oversight();
    let error = form_error().filter(|(path, _)| path == Open::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    view! {
        <form method="post" action=Open::url() class="panel">
            <h2>{t.closed}</h2>
            <p class="lead">{t.closed_lead}</p>
            <DoorError error/>
            <input type="hidden" name="id" value=id.to_string()/>
            {at.map(|at| view! { <input type="hidden" name="at" value=at.to_string()/> })}
            <Area name="reason" label=t.reason value=String::new() hint=t.reason_hint max=REASON_MAX error=wrong/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{t.open}</button></div>
        </form>
    }
}

#[component]
fn Said(id: Uuid, opened: Opened) -> impl IntoView {
    let texts = use_texts();
    let t = texts.oversight();
    let Opened { access, title, messages, earlier } = opened;
    let title = if title.is_empty() { t.untitled.to_owned() } else { title };
    let files = Format::ALL.into_iter().zip(texts.share().formats).map(|(format, label)| {
        let href = format!("/api/admin/messages/{id}/export/?format={}", format.name());
        view! { <li><a class="button quiet small" href=href download="" rel="external">{label}</a></li> }
    });
    let earlier = earlier.map(|before| {
        view! { <a class="button quiet small" href=format!("{LIST}/{id}?before={before}") rel="external">{t.earlier}</a> }
    });
    view! {
        <section class="panel">
            <h2>{title}</h2>
            <p class="notice">{t.open_until}" "<Moment at=access.expires_at/>". "{t.because}" "{access.reason}</p>
            <p>{earlier}" "<a class="button quiet small" href=format!("{LIST}/{id}") rel="external">{t.newest}</a></p>
            <div class="inspected">{messages.into_iter().map(|shown| view! { <One shown/> }).collect_view()}</div>
        </section>
        <section class="panel" aria-labelledby="inspected-save">
            <h2 id="inspected-save">{t.save}</h2>
            <ul class="share-files">{files.collect_view()}</ul>
        </section>
    }
}

#[component]
fn One(shown: Shown) -> impl IntoView {
    let texts = use_texts();
    let message = shown.message;
    let files = message.attachments.into_iter().map(|file| view! { <span class="tag">{file.name}</span> }).collect_view();
    let reasoning: String = shown.reasoning_blocks.concat();
    let reasoning = (!reasoning.is_empty()).then(|| {
        view! { <details><summary>{texts.chat.reasoning}</summary><div class="prose" inner_html=reasoning></div></details> }
    });
    let (who, content) = match message.role {
        Author::User => {
            (texts.chat.you, view! { <div class="question"><div class="bubble" dir="auto">{message.content}</div></div> }.into_any())
        }
        Author::Assistant => {
            let html: String = shown.blocks.iter().flat_map(|block| ["<div class=\"b\">", block, "</div>"]).collect();
            (texts.chat.assistant, view! { <div class="blocks prose" inner_html=html></div> }.into_any())
        }
    };
    view! {
        <article id=format!("m-{}", message.id) aria-label=who>
            {files}{reasoning}{content}
            <p class="hint">{message.model.map(|model| format!("{model} · "))}<Moment at=message.created_at/></p>
        </article>
    }
}

/// What deletes it.
#[component]
fn Ending(id: Uuid) -> impl IntoView {
    let t = use_texts().oversight();
    let error = form_error().filter(|(path, _)| path == Erase::PATH).map(|(_, error)| error);
    let wrong = error.as_ref().and_then(|error| error.field("reason")).map(|field| crate::i18n::field_sentence(use_texts(), field));
    let open = error.is_some();
    view! {
        <details class="panel" open=open>
            <summary>{t.erase}</summary>
            <form method="post" action=Erase::url()>
                <p class="lead">{t.erase_lead}</p>
                <DoorError error/>
                <input type="hidden" name="id" value=id.to_string()/>
                <div class="field">
                    <label for="erase-reason">{t.reason}</label>
                    <input id="erase-reason" name="reason" required maxlength=REASON_MAX.to_string() autocomplete="off"/>
                    {wrong.map(|text| view! { <p class="wrong">{text}</p> })}
                    <p class="hint">{t.reason_hint}</p>
                </div>
                <div class="panel-actions"><button type="submit" class="button">{t.erase_button}</button></div>
            </form>
        </details>
    }
}
