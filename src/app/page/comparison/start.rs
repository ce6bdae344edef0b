//! Where several models are asked the same at once: the message, the choice of models, files.

use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use crate::app::browser;
use crate::app::component::area::escaped;
use crate::app::component::door::DoorError;
use crate::app::component::header::OpenSidebar;
use crate::app::state::returned::returned;
use crate::app::state::session::{Me, Models, form_error};
use crate::i18n::{Texts, field_sentence, use_texts};
use crate::model::comparison::COMPARED_MIN;
use crate::model::error::{ApiError, FieldError, Rule};
use crate::model::file::FORM;
use crate::model::message::MESSAGE_MAX;
use crate::model::provider::Model;
use crate::model::user::Role;

/// Where this browser keeps what is being written in a conversation, or for a new one.
pub fn draft_key(chat: Option<Uuid>) -> String {
    chat.map_or_else(|| "liao.draft".to_owned(), |id| format!("liao.draft.{id}"))
}

/// What the address says: what it is for (`chat`, or `assistant` and `folder` of a new one), and the models that are chosen.
#[component]
pub fn Start() -> impl IntoView {
    let words = use_texts().comparison();
    let query = use_query_map().get_untracked();
    let id = |name: &str| query.get(name).and_then(|id| Uuid::parse_str(&id).ok());
    let chat = id("chat");
    let back = chat.map_or_else(|| "/".to_owned(), |id| format!("/chat/{id}"));
    let (Models(models), Me(me)) = (expect_context(), expect_context());
    view! {
        <Title text=words.title/>
        <header class="chat-header"><OpenSidebar/><h1>{words.title}</h1></header>
        <div class="scroll">
            <div class="log compare-start">
                <p><a href=back>{words.back}</a></p>
                <p class="lead">{words.lead}</p>
                <Suspense>
                    {move || Suspend::new(async move {
                        let count = models.await.unwrap_or_default().len();
                        let admin = me.await.ok().flatten().is_some_and(|user| user.role == Role::Admin);
                        if count < COMPARED_MIN { view! { <TooFew count admin/> }.into_any() } else { view! { <Form/> }.into_any() }
                    })}
                </Suspense>
            </div>
        </div>
    }
}

/// Why nothing can be compared, and what to do.
#[component]
fn TooFew(count: usize, admin: bool) -> impl IntoView {
    let words = use_texts().comparison();
    view! {
        <div class="panel">
            <p>{(words.few)(count)}</p>
            {match admin {
                true => view! { <p><a class="button" href="/admin/providers">{words.few_add}</a></p> }.into_any(),
                false => view! { <p>{words.few_ask}</p> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Form() -> impl IntoView {
    let words = use_texts().comparison();
    let query = use_query_map().get_untracked();
    let id = |name: &str| query.get(name).and_then(|id| Uuid::parse_str(&id).ok());
    let chat = id("chat");
    let hidden = [("chat_id", chat), ("assistant", id("assistant")), ("folder", id("folder"))].into_iter().filter_map(|(name, id)| {
        let value = id?.to_string();
        Some(view! { <input type="hidden" name=name value=value/> })
    });
    let error = form_error().map(|(_, error)| error);
    let rest = error.clone().filter(|error| ["message", "models", "attachments"].iter().all(|name| error.field(name).is_none()));
    view! {
        <DoorError error=rest/>
        <form method="post" action=FORM enctype="multipart/form-data" class="panel">
            <input type="hidden" name="compare" value="1"/>
            <RequestId/>
            {hidden.collect_view()}
            <Choices chosen=query.get_all("models").unwrap_or_default() error=error.clone()/>
            <Text key=draft_key(chat) error=error.clone()/>
            <Files error/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{words.start}</button></div>
        </form>
    }
}

/// Sent twice by a browser with scripts, it begins once.
#[component]
fn RequestId() -> impl IntoView {
    let request = RwSignal::new(String::new());
    Effect::new(move || request.set(browser::new_id().to_string()));
    view! { <input type="hidden" name="request_id" value=move || request.get() disabled=move || request.read().is_empty()/> }
}

#[component]
fn Choices(chosen: Vec<String>, error: Option<ApiError>) -> impl IntoView {
    let words = use_texts().comparison();
    let Models(models) = expect_context();
    let wrong = wrong(error, "models");
    view! {
        <fieldset class="compare-models" aria-describedby=wrong.is_some().then_some("models-error")>
            <legend>{words.models}</legend>
            <p class="hint">{words.count}</p>
            <Suspense>
                {move || {
                    let chosen = chosen.clone();
                    Suspend::new(async move { choices(models.await.unwrap_or_default(), &chosen) })
                }}
            </Suspense>
            {below("models-error", wrong.clone())}
        </fieldset>
    }
}

#[component]
fn Text(key: String, error: Option<ApiError>) -> impl IntoView {
    let texts = use_texts();
    let area = NodeRef::<html::Textarea>::new();
    // What was being written where this page was opened from.
    Effect::new(move || {
        if let (Some(area), Some(draft)) = (area.get(), browser::stored(&key))
            && area.value().is_empty()
        {
            area.set_value(&draft);
        }
    });
    let wrong = wrong(error, "message");
    let invalid = wrong.is_some();
    view! {
        <div class="field">
            <label for="compare-text">{texts.chat.message}</label>
            <textarea id="compare-text" name="text" rows="5" node_ref=area maxlength=MESSAGE_MAX.to_string() aria-invalid=invalid.then_some("true")
                aria-describedby=invalid.then_some("message-error") inner_html=returned(None).as_deref().map(escaped)></textarea>
            {below("message-error", wrong)}
        </div>
    }
}

#[component]
fn Files(error: Option<ApiError>) -> impl IntoView {
    let texts = use_texts();
    view! {
        <div class="field">
            <label for="compare-files">{texts.chat.attach}</label>
            <input id="compare-files" type="file" name="files" multiple=true/>
            {below("attachments-error", wrong(error, "attachments"))}
        </div>
    }
}

/// What is wrong with this field.
fn wrong(error: Option<ApiError>, name: &str) -> Option<String> {
    error.as_ref().and_then(|error| error.field(name)).map(|field| sentence(use_texts(), field))
}

fn below(id: &'static str, wrong: Option<String>) -> impl IntoView {
    wrong.map(|text| view! { <p class="wrong" id=id>{text}</p> })
}

fn choices(models: Vec<Model>, chosen: &[String]) -> impl IntoView + use<> {
    let choice = |model: Model| {
        let ticked = chosen.contains(&model.id);
        let name = model.icon.map(|icon| format!("{icon} {}", model.name)).unwrap_or(model.name);
        view! {
            <label class="check">
                <input type="checkbox" name="models[]" value=model.id checked=ticked/>
                <span>{name}" "<small>{model.provider}</small></span>
            </label>
        }
    };
    let choices = models.into_iter().map(choice).collect_view();
    view! { <div class="compare-choices">{choices}</div> }
}

fn sentence(texts: &'static Texts, field: &FieldError) -> String {
    match (field.field.as_str(), &field.rule) {
        ("models", Rule::Range(..)) => texts.comparison().count.to_owned(),
        ("models", Rule::Taken) => texts.comparison().twice.to_owned(),
        _ => field_sentence(texts, field),
    }
}
