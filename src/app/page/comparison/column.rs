//! One answer of several: it is written in its own column, stopped, gone on with and kept by itself.

use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::Side;
use crate::app::browser::{self, End};
use crate::app::component::answer::{attach, blocks_html};
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::plain_form::PlainForm;
use crate::app::component::reasoning::{Reasoning, Thought};
use crate::app::component::status::{Ended, Notices, ended_early};
use crate::app::component::used::UsedLines;
use crate::app::state::thread::{Entry, anchor};
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::generation::Status;
use crate::model::message::Message;
use crate::rpc;
use crate::rpc::comparison::{Keep, Resume, Stop};

/// The answer of one model.
#[component]
pub fn Column(entry: Entry) -> impl IntoView {
    let side = expect_context::<Side>();
    let first = entry.shown.get_untracked();
    let message = {
        let shown = entry.shown.clone();
        Memo::new(move |_| shown.read().message.clone())
    };
    let (content, reasoning) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    let empty = RwSignal::new(first.blocks.is_empty());
    let running = Memo::new(move |_| message.read().status.is_running());
    let thought = Thought {
        any: RwSignal::new(!first.reasoning_blocks.is_empty()),
        going_on: Memo::new(move |_| running.get() && empty.get()),
        seconds: RwSignal::new(None),
    };
    let heard = entry.clone();
    let tell = Callback::new(move |end: Option<Box<End>>| {
        if let Some(end) = end {
            finish(side, &heard, *end);
        }
    });
    attach(&entry, (content, reasoning), empty, thought, tell);
    let anchor = anchor(&entry);
    let model = move || message.read().model.clone().unwrap_or_default();
    let early = Memo::new(move |_| ended_early(&message.read()));
    let stopping = entry.clone();
    view! {
        <article id=anchor class="answer compared" class:running=running class:empty=empty aria-label=model aria-busy=move || running.get().to_string()>
            <header class="compared-head">
                <h2>{model}</h2>
                {move || running.get().then(|| view! { <StopOne entry=stopping.clone() message/> })}
            </header>
            <Reasoning thought html=blocks_html(&first.reasoning_blocks) node_ref=reasoning/>
            <div class="blocks prose" node_ref=content inner_html=blocks_html(&first.blocks)></div>
            <Notices message empty=empty.into()/>
            {move || early.get().then(|| {
                let entry = entry.clone();
                view! { <Ended message actions=view! { <GoOn entry message/> }.into_any()/> }
            })}
            <footer class="compared-foot">
                {move || message.read().usage.map(|used| view! { <div class="compared-used"><UsedLines used/></div> })}
                <KeepOne message/>
            </footer>
        </article>
    }
}

/// A run is over: the column, the list and screen readers hear about it.
fn finish(side: Side, entry: &Entry, end: End) {
    let model = entry.shown.read_untracked().message.model.clone().unwrap_or_default();
    if end.status == Status::Done {
        side.said.set((side.words.finished)(&model));
    }
    entry.shown.update(|shown| {
        shown.message.status = end.status;
        shown.message.error = end.error;
        shown.message.usage = end.usage.or(shown.message.usage);
    });
    if let Some(chat) = end.chat {
        side.chats.put(chat);
    }
}

#[component]
fn StopOne(entry: Entry, message: Memo<Message>) -> impl IntoView {
    let (texts, toasts) = (use_texts(), expect_context::<Toasts>());
    let id = entry.id();
    let run = Callback::new(move |()| {
        spawn_local(async move {
            if let Err(error) = rpc::comparison::stop(id).await {
                toasts.fail(&error);
            }
        });
    });
    let label = Signal::derive(move || (texts.comparison().stop_of)(message.read().model.as_deref().unwrap_or_default()));
    view! {
        <PlainForm url=Stop::url() value=id.to_string() class="icon-button" label icon_only=true run>
            <Icon glyph=Glyph::Stop/>
        </PlainForm>
    }
}

#[component]
fn GoOn(entry: Entry, message: Memo<Message>) -> impl IntoView {
    let (texts, toasts) = (use_texts(), expect_context::<Toasts>());
    let id = entry.id();
    let run = Callback::new(move |()| {
        let entry = entry.clone();
        spawn_local(async move {
            match rpc::comparison::resume(id, Some(browser::new_id().to_string())).await {
                Ok(started) => entry.shown.update(|shown| {
                    shown.message.status = Status::Running;
                    shown.message.generation_id = Some(started.generation_id);
                    shown.message.error = None;
                    shown.message.notices.clear();
                }),
                Err(error) => toasts.fail(&error),
            }
        });
    });
    let failed = message.get_untracked().status == Status::Failed;
    let word = if failed { texts.common.retry } else { texts.chat.resume };
    view! { <PlainForm url=Resume::url() value=id.to_string() class="button quiet small" label=word run>{word}</PlainForm> }
}

#[component]
fn KeepOne(message: Memo<Message>) -> impl IntoView {
    let (words, side, toasts) = (use_texts().comparison(), expect_context::<Side>(), expect_context::<Toasts>());
    let id = message.get_untracked().id;
    let run = Callback::new(move |()| {
        spawn_local(async move {
            match rpc::comparison::keep(id).await {
                Ok(chat) => {
                    let path = format!("/chat/{}", chat.id);
                    side.chats.put(chat);
                    side.go.run(path);
                }
                Err(error) => toasts.fail(&error),
            }
        });
    });
    let spoken = move || (words.keep_of)(message.read().model.as_deref().unwrap_or_default());
    view! {
        <PlainForm url=Keep::url() value=id.to_string() class="button small" label=words.keep run>
            {words.keep}
            <span class="visually-hidden">" – "{spoken}</span>
        </PlainForm>
    }
}
