//! `/files/{id}`: one file: what it is, what models read of it, and the file itself.

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::{use_params_map, use_query_map};
use uuid::Uuid;

use crate::app::component::attachment::view_of;
use crate::app::component::file_chip::fault_sentence;
use crate::app::component::header::OpenSidebar;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::app::component::problem::Problem;
use crate::app::state::session::leave_if_signed_out;
use crate::i18n::file::size;
use crate::i18n::use_texts;
use crate::model::file::{File, FileState, Look};
use crate::rpc;

/// How often it is looked whether the file has been read.
const LOOK_EVERY: Duration = Duration::from_millis(1_500);

#[component]
pub fn FilePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").and_then(|id| Uuid::parse_str(&id).ok()).unwrap_or_default());
    let query = use_query_map();
    let passage = Memo::new(move |_| query.read().get("passage").and_then(|n| n.parse().ok()));
    let look = Resource::new_blocking(move || (id.get(), passage.get()), |(id, passage)| rpc::file::show(id, passage));
    Effect::new(move || {
        let unread = look.read().as_ref().is_some_and(|look| look.as_ref().is_ok_and(|look| is_unread(&look.file)));
        if unread {
            set_timeout(move || look.refetch(), LOOK_EVERY);
        }
    });
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match look.await {
                    Ok(look) => view! { <View look/> }.into_any(),
                    Err(error) => {
                        leave_if_signed_out(&error);
                        view! { <header class="chat-header"><OpenSidebar/></header><Problem error/> }.into_any()
                    }
                }
            })}
        </Transition>
    }
}

fn is_unread(file: &File) -> bool {
    matches!(file.state, FileState::Waiting | FileState::Reading)
}

#[component]
fn View(look: Look) -> impl IntoView {
    let texts = use_texts();
    let words = texts.file();
    let Look { file, text, cut, marked } = look;
    let (id, name, unread) = (file.id, file.name.clone(), is_unread(&file));
    let picture =
        (file.is_picture() && file.state == FileState::Ready).then(|| view! { <img class="file-large" src=view_of(id) alt=name.clone()/> });
    let fault = file.error.as_ref().map(|error| fault_sentence(texts, error.code));
    let whole = (file.is_whole()).then(|| {
        view! { <a class="button" href=format!("/api/files/{id}/content/") rel="external" download=name.clone()>{words.download}</a> }
    });
    let more = |hint| {
        view! { <p class="hint">{hint}" "<a href=format!("/api/files/{id}/text/") rel="external">{words.text_whole}</a></p> }
    };
    let more_of_it = cut.then(|| more(words.text_cut));
    let marked = marked.map(|marked| {
        let page = marked.page.map(words.page);
        view! {
            <section class="file-text">
                <h2>{words.passage}" "{page}</h2>
                {more(words.text_around)}
                <pre dir="auto" tabindex="0" role="region" aria-label=words.text>
                    {marked.before}<mark id=format!("passage-{}", marked.passage)>{marked.text}</mark>{marked.after}
                </pre>
            </section>
        }
    });
    let text = text.map(|text| {
        view! {
            <section class="file-text">
                <h2>{words.text}</h2>
                {more_of_it}
                // Who has no mouse scrolls it by the keys.
                <pre dir="auto" tabindex="0" role="region" aria-label=words.text>{text}</pre>
            </section>
        }
    });
    view! {
        <Title text=name.clone()/>
        <header class="chat-header"><OpenSidebar/><h1 dir="auto">{name}</h1></header>
        <div class="scroll">
            <div class="sheet file-page">
                <p class="file-facts">
                    <span>{size(file.size)}</span>
                    <span>{file.media_type}</span>
                    <Moment at=file.created_at/>
                    <span class="spacer"></span>
                    <A href="/settings/files" attr:class="button quiet">{words.all}</A>
                    {whole}
                </p>
                {fault.map(|fault| view! { <p class="alert"><Icon glyph=Glyph::Alert/><span>{fault}</span></p> })}
                {unread.then(|| view! {
                    <p class="lead" role="status">{words.reading}"…"</p>
                    <noscript inner_html=r#"<meta http-equiv="refresh" content="2">"#></noscript>
                })}
                {picture}
                {marked}
                {text}
            </div>
        </div>
    }
}
