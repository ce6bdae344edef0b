//! `/temporary`: a conversation that the page alone holds. The server renders it and `public/temporary.js` goes on with it, so no WASM knows of
//! this page: what keeps drafts, copies and lists on other pages is not even loaded here.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::SsrMode;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;

use super::not_found::NotFound;
use crate::app::component::frame::Frame;
use crate::app::component::header::OpenSidebar;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::model_picker::by_provider;
use crate::app::state::session::{Me, Models, send_key};
use crate::app::state::temporary::{MARKS, Talk, talk};
use crate::app::{WindowName, contexts};
use crate::i18n::{keys_hint, use_texts};
use crate::model::message::MESSAGE_MAX;
use crate::model::preference::SendKey;

/// The whole page body, in place of the app's: nothing of the app's code reaches it.
#[component]
pub fn Temporary() -> impl IntoView {
    contexts();
    view! {
        <WindowName/>
        <Router>
            <Routes fallback=NotFound>
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("/temporary") view=TemporaryPage ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

#[component]
fn TemporaryPage() -> impl IntoView {
    let texts = use_texts();
    let words = texts.temporary();
    let talk = talk();
    let marked = talk.is_some();
    let (log, refused, model) = talk.map(|Talk { log, refused, model }| (log, refused, model)).unwrap_or_default();
    let empty = log.is_empty();
    view! {
        <Title text=texts.sidebar.temporary/>
        <div class="chat temporary">
            <header class="chat-header">
                <OpenSidebar/>
                <h1>{texts.sidebar.temporary}</h1>
                <Picker chosen=model/>
                <span class="spacer"></span>
                <a class="button quiet small" href="/temporary" rel="external">{words.again}</a>
            </header>
            <p class="temporary-banner" role="note">{words.banner}</p>
            <div class="scroll">
                {empty.then(|| view! { <Promise/> })}
                <div class="log" role="log" aria-live="off" aria-label=texts.chat.messages tabindex="0" hidden=empty inner_html=log></div>
            </div>
            <p class="visually-hidden" role="status" id="temporary-said"></p>
            <div class="dock">
                <div id="temporary-refused">{refused.map(|why| view! { <div class="alert" role="alert"><span>{why}</span></div> })}</div>
                <Composer marked empty/>
                <p class="disclaimer">{texts.chat.disclaimer}</p>
            </div>
            <Samples/>
        </div>
    }
}

/// What is promised, before anything is said.
#[component]
fn Promise() -> impl IntoView {
    let words = use_texts().temporary();
    view! {
        <div class="temporary-promise">
            <h2>{words.lead}</h2>
            <ul>{words.promises.map(|promise| view! { <li>{promise}</li> }).into_iter().collect_view()}</ul>
            <p class="needs-no-script hint">{words.without_script}</p>
        </div>
    }
}

#[component]
fn Composer(
    /// The server writes what was said, and what is being written, when it knows it.
    marked: bool,
    /// Nothing was said yet.
    empty: bool,
) -> impl IntoView {
    let texts = use_texts();
    let words = texts.temporary();
    let me = expect_context::<Me>();
    let [_, said, draft] = MARKS.map(|mark| marked.then_some(mark));
    view! {
        <form id="composer" class="composer" method="post" action="/temporary" enctype="multipart/form-data" autocomplete="off">
            <div hidden inner_html=said></div>
            <textarea name="text" rows="1" required=true maxlength=MESSAGE_MAX.to_string() aria-label=texts.chat.message
                placeholder=words.placeholder autofocus=true autocomplete="off" inner_html=draft></textarea>
            <div class="composer-row">
                <button type="submit" formaction="/temporary/keep" formnovalidate=true class="button quiet small" id="temporary-keep" hidden=empty>
                    {words.keep}
                </button>
                <span class="spacer"></span>
                <Suspense>
                    {move || Suspend::new(async move {
                        let _ = me.0.await;
                        let key = send_key(me);
                        let hint = if key == SendKey::Enter { texts.chat.hint } else { keys_hint(texts) };
                        let enter = (key == SendKey::Enter).then_some("true");
                        view! { <span class="composer-hint" aria-hidden="true" data-enter=enter>{hint}</span> }
                    })}
                </Suspense>
                <button type="submit" class="button seal-button"><Icon glyph=Glyph::Send/>{texts.chat.send}</button>
                <button type="button" class="button seal-button" id="temporary-stop" hidden=true><Icon glyph=Glyph::Stop/>{texts.chat.stop}</button>
            </div>
        </form>
    }
}

/// What the script makes the turns of.
#[component]
fn Samples() -> impl IntoView {
    let texts = use_texts();
    view! {
        <template id="temporary-question">
            <article class="question" aria-label=texts.chat.you><div class="bubble" dir="auto"></div></article>
        </template>
        <template id="temporary-answer">
            <article class="answer running empty" aria-label=texts.chat.assistant aria-busy="true">
                <details class="reasoning" hidden=true><summary>{texts.chat.thinking}</summary><div class="blocks prose"></div></details>
                <div class="blocks prose"></div>
                <div class="notices" role="status"></div>
                <div class="status" hidden=true>
                    <span></span>
                    <button type="button" class="button small" data-again hidden=true>{texts.common.retry}</button>
                    <details class="words" hidden=true><summary>{texts.chat.details}</summary><p></p></details>
                </div>
                <div class="actions">
                    <button type="button" class="action" data-take title=texts.common.copy aria-label=texts.common.copy><Icon glyph=Glyph::Copy/></button>
                    <small class="model"></small>
                </div>
            </article>
        </template>
    }
}

/// The models that may be asked.
#[component]
fn Picker(chosen: Option<String>) -> impl IntoView {
    let texts = use_texts();
    let (Models(models), Me(me)) = (expect_context(), expect_context());
    view! {
        <Suspense>
            {move || {
                let chosen = chosen.clone();
                Suspend::new(async move {
                    let own = me.await.ok().flatten().and_then(|user| user.preferences.model);
                    let models = models.await.unwrap_or_default();
                    let known = |id: &String| models.iter().any(|model| model.id == *id);
                    let first = models.iter().find(|model| model.default).or(models.first()).map(|model| model.id.clone());
                    let chosen = chosen.filter(known).or(own.filter(known)).or(first).unwrap_or_default();
                    let empty = models.is_empty().then(|| view! { <option value="" disabled=true selected=true>{texts.chat.no_models}</option> });
                    let option = move |(id, name): (String, String), chosen: &str| {
                        let selected = id == chosen;
                        view! { <option value=id selected=selected>{name}</option> }
                    };
                    let groups = by_provider(models).into_iter().map(move |(provider, models)| {
                        let options = models.into_iter().map(|model| {
                            let name = model.icon.map(|icon| format!("{icon} {}", model.name)).unwrap_or(model.name);
                            option((model.id, name), &chosen)
                        });
                        view! { <optgroup label=provider>{options.collect_view()}</optgroup> }
                    });
                    view! {
                        <span class="picker"><span class="picker-list">
                            <select name="model" form="composer" autocomplete="off" aria-label=texts.chat.model>{empty}{groups.collect_view()}</select>
                        </span></span>
                    }
                })
            }}
        </Suspense>
    }
}
