//! How an answer stands, under it: what to know about it, why it ended early, and what to do then.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::icon::{Glyph, Icon};
use super::plain_form::PlainForm;
use crate::app::state::thread::{Entry, Thread};
use crate::i18n::{failure_sentence, notice_sentence, use_texts};
use crate::model::generation::{NoticeCode, Status};
use crate::model::message::Message;
use crate::rpc::chat::{Regenerate, Resume};

/// The lines under an answer. `empty` says that it has no word yet.
#[component]
pub fn StatusLines(entry: Entry, empty: Signal<bool>) -> impl IntoView {
    let shown = entry.shown.clone();
    let message = Memo::new(move |_| shown.read().message.clone());
    view! {
        <Notices message empty/>
        {move || ended_early(&message.read()).then(|| {
            let retry = message.read().status == Status::Failed;
            let actions = view! {
                {retry.then(|| view! { <Again message/> })}
                {(!retry || !empty.get_untracked()).then(|| view! { <GoOn message/> })}
            };
            view! { <Ended message actions=actions.into_any()/> }
        })}
    }
}

/// Whether there is more to say, or to be told why not.
pub fn ended_early(message: &Message) -> bool {
    match message.status {
        Status::Running => false,
        Status::Done => message.is_cut(),
        Status::Stopped | Status::Interrupted | Status::Failed => true,
    }
}

/// What the server has to say about a run. What only explains a wait goes away with the first word.
#[component]
pub fn Notices(message: Memo<Message>, empty: Signal<bool>) -> impl IntoView {
    let texts = use_texts();
    let lines = move || {
        let message = message.read();
        let waiting = message.status.is_running() && empty.get();
        let last = |code| message.notices.iter().rev().find(|n| n.code == code);
        let stays = [NoticeCode::ContextTrimmed, NoticeCode::SummaryFailed, NoticeCode::Summarized, NoticeCode::FellBack]
            .into_iter()
            .filter_map(last);
        let cut = message.notices.iter().filter(|n| n.code == NoticeCode::FileCut);
        let wait = message.notices.last().filter(|n| waiting && n.code.passes());
        let lines = stays.chain(cut).chain(wait).map(|notice| notice_sentence(texts, notice));
        lines.map(|line| view! { <p class="notice">{line}</p> }).collect_view()
    };
    view! { <div class="notices" role="status">{lines}</div> }
}

/// Why it ended early, and what can be done then.
#[component]
pub fn Ended(message: Memo<Message>, actions: AnyView) -> impl IntoView {
    let texts = use_texts();
    let ended = message.get_untracked();
    let (class, sentence) = match (ended.status, &ended.error) {
        (Status::Done, _) => ("status", texts.error.notice_length),
        (Status::Stopped, _) => ("status", texts.chat.stopped),
        (Status::Interrupted, _) => ("status", texts.chat.interrupted),
        (_, Some(failure)) => ("status failed", failure_sentence(texts, failure)),
        (_, None) => ("status failed", texts.chat.failed),
    };
    let details = ended.error.and_then(|failure| failure.words().map(str::to_owned)).map(|words| {
        view! { <details class="words"><summary>{texts.chat.details}</summary><p>{words}</p></details> }
    });
    let alert = (class != "status").then(|| view! { <Icon glyph=Glyph::Alert/> });
    view! {
        <div class=class role=(class != "status").then_some("alert")>
            {alert}
            <span>{sentence}</span>
            {actions}
            {details}
        </div>
    }
}

#[component]
fn Again(message: Memo<Message>) -> impl IntoView {
    let (texts, thread) = (use_texts(), expect_context::<Thread>());
    let run = Callback::new(move |()| thread.answer_again(message.read_untracked().id));
    view! {
        <PlainForm url=Regenerate::url() value=Signal::derive(move || message.read().id.to_string()) class="button small" label=texts.common.retry run>
            {texts.common.retry}
        </PlainForm>
    }
}

#[component]
fn GoOn(message: Memo<Message>) -> impl IntoView {
    let (texts, thread) = (use_texts(), expect_context::<Thread>());
    let run = Callback::new(move |()| thread.go_on(message.read_untracked().id));
    view! {
        <PlainForm url=Resume::url() value=Signal::derive(move || message.read().id.to_string()) class="button quiet small" label=texts.chat.resume run>
            {texts.chat.resume}
        </PlainForm>
    }
}
