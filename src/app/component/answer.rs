//! What the model answered: rendered blocks without a bubble. While a run writes it, patches go straight into the DOM.

use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::branch::Branch;
use super::icon::{Glyph, Icon};
use super::pin::Pin;
use super::plain_form::PlainForm;
use super::question::CopyAction;
use super::reasoning::{Reasoning, Thought};
use super::status::StatusLines;
use super::used::UsedBy;
use crate::app::browser::{self, End, Signal as News};
use crate::app::state::thread::{Entry, Thread, anchor};
use crate::i18n::use_texts;
use crate::model::generation::NoticeCode;
use crate::rpc;
use crate::rpc::chat::Regenerate;
use crate::rpc::shelf::Fork;

/// One answer.
#[component]
pub fn Answer(entry: Entry) -> impl IntoView {
    let texts = use_texts();
    let first = entry.shown.get_untracked();
    let (content, reasoning) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    let empty = RwSignal::new(first.blocks.is_empty());
    let running = {
        let shown = entry.shown.clone();
        Memo::new(move |_| shown.read().message.status.is_running())
    };
    let thought = Thought {
        any: RwSignal::new(!first.reasoning_blocks.is_empty()),
        going_on: Memo::new(move |_| running.get() && empty.get()),
        seconds: RwSignal::new(None),
    };
    let (thread, ended) = (expect_context::<Thread>(), entry.clone());
    let tell = Callback::new(move |end: Option<Box<End>>| match end {
        None => thread.follow_end(),
        Some(end) => thread.finish(&ended, *end),
    });
    attach(&entry, (content, reasoning), empty, thought, tell);
    let anchor = anchor(&entry);
    view! {
        <article id=anchor class="answer" class:running=running class:empty=empty aria-label=texts.chat.assistant aria-busy=move || running.get().to_string()>
            <Reasoning thought html=blocks_html(&first.reasoning_blocks) node_ref=reasoning/>
            <div class="blocks prose" node_ref=content inner_html=blocks_html(&first.blocks)></div>
            <StatusLines entry=entry.clone() empty=empty.into()/>
            <Actions entry/>
        </article>
    }
}

/// The blocks as the stream finds them later: one element each.
pub fn blocks_html(blocks: &[String]) -> String {
    let mut html = String::with_capacity(blocks.iter().map(|b| b.len() + 22).sum());
    for block in blocks {
        html.push_str("<div class=\"b\">");
        html.push_str(block);
        html.push_str("</div>");
    }
    html
}

/// Follows the run that writes this answer, as long as there is one and the answer is on the page. `told` hears of every frame in which
/// blocks were changed, and of the end.
pub fn attach(
    entry: &Entry,
    (content, reasoning): (NodeRef<html::Div>, NodeRef<html::Div>),
    empty: RwSignal<bool>,
    thought: Thought,
    told: Callback<Option<Box<End>>>,
) {
    let live = {
        let shown = entry.shown.clone();
        Memo::new(move |_| {
            let message = &shown.read().message;
            message.status.is_running().then_some(message.generation_id).flatten()
        })
    };
    let since = StoredValue::new(None);
    let heard = entry.clone();
    let tell = Callback::new(move |news: News| match news {
        News::Reasoning => {
            thought.any.set(true);
            since.set_value(browser::now());
        }
        News::Content => {
            empty.set(false);
            let took = since.get_value().zip(browser::now()).map(|(then, now)| (now - then).num_seconds());
            thought.seconds.set(took.and_then(|s| u64::try_from(s.max(1)).ok()));
        }
        News::Painted => told.run(None),
        News::Notice(notice) => heard.shown.update(|shown| {
            if notice.code == NoticeCode::FellBack {
                shown.message.model = Some(notice.message.clone());
            }
            shown.message.notices.push(notice);
        }),
        News::End(end) => told.run(Some(end)),
    });
    Effect::new(move || {
        let (Some(generation), Some(content), Some(reasoning)) = (live.get(), content.get(), reasoning.get()) else { return };
        browser::follow(generation, &content, &reasoning, tell);
    });
    let shown = entry.shown.clone();
    on_cleanup(move || {
        if let Some(generation) = shown.read_untracked().message.generation_id {
            browser::unfollow(generation);
        }
    });
}

/// What can be done with an answer that is complete.
#[component]
fn Actions(entry: Entry) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let (copied, again, forked, used, pinned) = (entry.clone(), entry.clone(), entry.clone(), entry.clone(), entry.clone());
    let id = {
        let shown = entry.shown.clone();
        Signal::derive(move || shown.read().message.id.to_string())
    };
    let busy = Signal::derive(move || thread.running.get().is_some() || thread.sending.get());
    view! {
        <div class="actions">
            <Branch entry/>
            <CopyAction text=move || { let entry = copied.clone(); async move { rpc::chat::markdown(entry.id()).await } }/>
            <PlainForm url=Regenerate::url() value=id label=texts.chat.regenerate icon_only=true disabled=busy
                run=Callback::new(move |()| thread.answer_again(again.id()))>
                <Icon glyph=Glyph::Refresh/>
            </PlainForm>
            <PlainForm url=Fork::url() value=id label=texts.chat.fork icon_only=true run=Callback::new(move |()| thread.fork(forked.id()))>
                <Icon glyph=Glyph::Fork/>
            </PlainForm>
            <Pin entry=pinned/>
            <span class="needs-script"><voice-read></voice-read><rate-answer></rate-answer></span>
            <UsedBy entry=used/>
        </div>
    }
}
