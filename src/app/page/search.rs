//! `/search`: all messages. What is looked for stands in the address; as it is typed, where there is JavaScript.

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::app::browser;
use crate::app::component::header::OpenSidebar;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed;
use crate::app::state::address::address;
use crate::i18n::use_texts;
use crate::model::error::Code;
use crate::model::message::Author;
use crate::model::search::{Found, Hit, QUERY_MAX};
use crate::rpc;

/// As long nothing more is typed before it is looked for.
const PAUSE: Duration = Duration::from_millis(150);

/// The page.
#[component]
pub fn SearchPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.search();
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        (query.get("q").unwrap_or_default(), query.get("after"))
    });
    let found = Resource::new_blocking(
        move || wanted.get(),
        |(q, after)| async move { if q.trim().is_empty() { Ok(Found::default()) } else { rpc::search::find(q, after).await } },
    );
    view! {
        <Title text=t.title/>
        <header class="chat-header"><OpenSidebar/><h1>{t.title}</h1></header>
        <div class="scroll">
            <div class="sheet">
                <Asking wanted/>
                <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                    {move || Suspend::new(async move {
                        let (q, after) = wanted.get_untracked();
                        match found.await {
                            Ok(found) => view! { <Results found q after/> }.into_any(),
                            Err(error) if error.code == Code::Invalid => view! { <p class="alert" role="alert">{t.invalid}</p> }.into_any(),
                            Err(error) => failed(error),
                        }
                    })}
                </Transition>
            </div>
        </div>
    }
}

/// Where it is typed.
#[component]
fn Asking(wanted: Memo<(String, Option<String>)>) -> impl IntoView {
    let t = use_texts().search();
    let navigate = use_navigate();
    let input = NodeRef::<leptos::html::Input>::new();
    let typed = RwSignal::new(0_u32);
    let go = Callback::new(move |q: String| {
        let to = address("/search", &[("q", Some(q).filter(|q| !q.trim().is_empty()))]);
        navigate(&to, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
    });
    let now = move || input.get_untracked().map(|input| input.value()).unwrap_or_default();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        go.run(now());
    };
    let change = move |event: leptos::ev::Event| {
        typed.update(|n| *n += 1);
        let (mine, composing) = (typed.get_untracked(), browser::is_composing(&event));
        if composing {
            return;
        }
        set_timeout(
            move || {
                if typed.try_get_untracked() == Some(mine) {
                    go.run(now());
                }
            },
            PAUSE,
        );
    };
    input.on_load(|input| browser::focus_unless_touch(&input));
    view! {
        <form method="get" action="/search" class="search-form" role="search" on:submit=submit>
            <input
                node_ref=input
                type="search"
                name="q"
                aria-label=t.label
                placeholder=t.placeholder
                value=wanted.get_untracked().0
                maxlength=QUERY_MAX.to_string()
                autocomplete="off"
                on:input=change
                on:compositionend=move |_| go.run(now())
            />
            <button type="submit" class="button seal-button">{t.go}</button>
        </form>
        <details class="search-help">
            <summary>{t.help}</summary>
            <dl>{t.filters.into_iter().map(|(filter, meaning)| view! { <dt><code>{filter}</code></dt><dd>{meaning}</dd> }).collect_view()}</dl>
        </details>
    }
}

#[component]
fn Results(found: Found, q: String, after: Option<String>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.search();
    if q.trim().is_empty() {
        return view! { <p class="lead" role="status">{t.lead}</p> }.into_any();
    }
    let Found { items, next, sessions, indexed } = found;
    let said = if items.is_empty() && sessions.is_empty() { t.none.to_owned() } else { (t.found)(items.len(), next.is_some()) };
    let titles = (!sessions.is_empty()).then(|| {
        let titles = sessions.into_iter().map(|chat| {
            let title = texts.titled(chat.title);
            view! { <li><a href=format!("/chat/{}", chat.id)>{title}</a></li> }
        });
        view! { <section class="search-titles"><h2>{t.titles}</h2><ul>{titles.collect_view()}</ul></section> }
    });
    let at = |after: Option<String>| address("/search", &[("q", Some(q.clone())), ("after", after)]);
    let first = after.is_some().then(|| view! { <a class="button quiet small" href=at(None)>{t.first}</a> });
    let next = next.map(|next| view! { <a class="button small" href=at(Some(next))>{t.more}</a> });
    let hits = items.into_iter().map(|hit| view! { <OneHit hit/> });
    view! {
        <p class="hint" role="status">{said}{indexed.map(|percent| (t.indexing)(percent))}</p>
        {titles}
        <ol class="search-hits">{hits.collect_view()}</ol>
        <div class="pager">{first}{next}</div>
    }
    .into_any()
}

/// A message, with the way to its place in the conversation.
#[component]
fn OneHit(hit: Hit) -> impl IntoView {
    let texts = use_texts();
    let Hit { session_id, title, message_id, role, model, snippet, created_at } = hit;
    let title = texts.titled(title);
    let who = match role {
        Author::User => texts.chat.you.to_owned(),
        Author::Assistant => model.unwrap_or_else(|| texts.chat.assistant.to_owned()),
    };
    let pieces = snippet.into_iter().map(|piece| match piece.hit {
        true => view! { <mark>{piece.text}</mark> }.into_any(),
        false => view! { {piece.text} }.into_any(),
    });
    view! {
        <li class="search-hit">
            <a href=format!("/chat/{session_id}?at={message_id}#m-{message_id}")>
                <span class="search-head"><Icon glyph=Glyph::Right/><strong>{title}</strong></span>
                <span class="search-snippet">{pieces.collect_view()}</span>
            </a>
            <small>{who}" · "<Moment at=created_at/></small>
        </li>
    }
}
