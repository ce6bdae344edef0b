//! `/compare/new`: several models are asked the same at once; `/compare/{id}`: their answers side by side, each with its own stream. `id`
//! is the question or any of its answers. Every form is a plain one.

mod column;
mod start;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_params_map};
use uuid::Uuid;

use crate::app::browser;
use crate::app::component::door::DoorError;
use crate::app::component::header::OpenSidebar;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::problem::failed;
use crate::app::state::chats::Chats;
use crate::app::state::session::form_error;
use crate::app::state::thread::Entry;
use crate::i18n::file::size;
use crate::i18n::{Comparing, use_texts};
use crate::model::comparison::Compared;
use crate::model::file::Attachment;
use crate::rpc;
use column::Column;
use start::Start;

/// One of the two.
#[component]
pub fn ComparisonPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let opened = Resource::new_blocking(
        move || id.get(),
        |id| async move {
            match id.as_str() {
                "new" => Ok(None),
                // What is no id is the id of nothing: the server answers that, with its status.
                id => rpc::comparison::open(Uuid::parse_str(id).unwrap_or_default()).await.map(Some),
            }
        },
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match opened.await {
                    Ok(None) => view! { <Start/> }.into_any(),
                    Ok(Some(compared)) => view! { <View compared/> }.into_any(),
                    Err(error) => view! { <header class="chat-header"><OpenSidebar/></header>{failed(error)} }.into_any(),
                }
            })}
        </Transition>
    }
}

/// What the columns share.
#[derive(Clone, Copy)]
struct Side {
    /// For screen readers.
    said: RwSignal<String>,
    /// Leads to a path on this server.
    go: Callback<String>,
    chats: Chats,
    words: &'static Comparing,
}

#[component]
fn View(compared: Compared) -> impl IntoView {
    let (texts, words) = (use_texts(), use_texts().comparison());
    let Compared { chat, question, answers, older } = compared;
    let navigate = use_navigate();
    let go = Callback::new(move |path: String| navigate(&path, Default::default()));
    let side = Side { said: RwSignal::new(String::new()), go, chats: expect_context(), words };
    provide_context(side);
    // What was asked here is no draft any more.
    let (key, asked) = (start::draft_key(Some(chat.id)), question.content.clone());
    Effect::new(move || {
        if browser::stored(&key).is_some_and(|draft| draft.trim() == asked.trim()) {
            browser::forget(&key);
        }
    });
    let running = answers.iter().any(|answer| answer.message.status.is_running());
    let tabs = answers.iter().map(|answer| {
        let model = answer.message.model.clone().unwrap_or_default();
        view! { <a href=format!("#m-{}", answer.message.id) rel="external">{model}</a> }
    });
    let (tabs, count) = (tabs.collect_view(), answers.len().to_string());
    let again = format!("/compare/new?chat={}", chat.id);
    let title = if chat.title.is_empty() { words.title.to_owned() } else { chat.title.clone() };
    view! {
        <Title text=title.clone()/>
        <header class="chat-header">
            <OpenSidebar/>
            <h1>{title}</h1>
            <span class="spacer"></span>
            <a class="button quiet small" href=again>{words.again}</a>
            <a class="button quiet small" href=format!("/chat/{}", chat.id)>{words.back}</a>
        </header>
        <div class="scroll">
            <div class="compare" data-chat=chat.id.to_string()>
                <DoorError error=form_error().map(|(_, error)| error)/>
                <article id=format!("m-{}", question.id) class="question" aria-label=texts.chat.you>
                    <Files files=question.attachments/>
                    {(!question.content.is_empty()).then(|| view! { <div class="bubble" dir="auto">{question.content.clone()}</div> })}
                </article>
                {(older > 0).then(|| view! { <p class="hint">{(words.older)(older)}</p> })}
                <nav class="compare-tabs" aria-label=words.models>{tabs}</nav>
                <div class="compare-columns" data-count=count role="region" aria-label=words.answers tabindex="0">
                    {answers.into_iter().map(|shown| view! { <Column entry=Entry::new(shown)/> }).collect_view()}
                </div>
                <p class="visually-hidden" role="status">{move || side.said.get()}</p>
            </div>
        </div>
        // Without JavaScript the page is loaded again until all answers are complete.
        {running.then(|| view! { <noscript inner_html=r#"<meta http-equiv="refresh" content="2">"#></noscript> })}
    }
}

/// The files of the question, by their names.
#[component]
fn Files(files: Vec<Attachment>) -> impl IntoView {
    let texts = use_texts();
    (!files.is_empty()).then(|| {
        let files = files.into_iter().map(|file| {
            view! {
                <li><a class="file-link" href=format!("/files/{}", file.id)>
                    <Icon glyph=Glyph::File/>
                    <span class="file-name">{file.name}</span>
                    <small>{size(file.size)}</small>
                </a></li>
            }
        });
        view! { <ul class="message-files" aria-label=texts.chat.files>{files.collect_view()}</ul> }
    })
}
