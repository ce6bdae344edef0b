//! One file beside the message: what it is, how far it is, and out with it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::attachment::view_of;
use super::file_tray::{remove, send};
use super::icon::{Glyph, Icon};
use crate::app::state::file::{Attached, Files, Now, Step};
use crate::i18n::file::size;
use crate::i18n::{Texts, sentence, use_texts};
use crate::model::error::{ApiError, Code};
use crate::model::file::Fault;
use crate::rpc;

#[component]
pub fn FileChip(files: Files, one: Attached) -> impl IntoView {
    let texts = use_texts();
    let key = one.key;
    let now = {
        let now = one.now.clone();
        Memo::new(move |_| now.get())
    };
    let name = now.read_untracked().file.name.clone();
    let (remove_label, again_label) = ((texts.file().remove)(&name), (texts.file().again)(&name));
    let picture = Memo::new(move |_| picture(&now.read()));
    let refused = Memo::new(move |_| matches!(now.read().step, Step::Refused(_)));
    let failed = Memo::new(move |_| now.read().step.is_failed());
    let out = move |_| {
        let Now { file, fresh, .. } = now.get_untracked();
        remove(files, key);
        if fresh {
            // Nothing else has it. If this fails, it is in the list of files.
            spawn_local(async move { drop(rpc::file::delete(file.id).await) });
        }
    };
    let again = move |_| send(files, one.clone());
    view! {
        <li class="file-chip" class:failed=failed>
            {move || match picture.get() {
                Some(src) => view! { <img src=src alt="" width="40" height="40"/> }.into_any(),
                None => view! { <span class="chip-icon"><Icon glyph=Glyph::File/></span> }.into_any(),
            }}
            <span class="chip-text">
                <span class="chip-name" title=name.clone()>{name.clone()}</span>
                <span class="chip-note" role=move || failed.get().then_some("alert")>{move || note(texts, &now.read())}</span>
                <Bar now name=name.clone()/>
            </span>
            {move || refused.get().then(|| view! {
                <button type="button" class="action" title=again_label.clone() aria-label=again_label.clone() on:click=again.clone()><Icon glyph=Glyph::Refresh/></button>
            })}
            <button type="button" class="action" title=remove_label.clone() aria-label=remove_label.clone() on:click=out><Icon glyph=Glyph::Close/></button>
        </li>
    }
}

/// How much of it is there, while it is on its way.
#[component]
fn Bar(now: Memo<Now>, name: String) -> impl IntoView {
    let going = Memo::new(move |_| matches!(now.read().step, Step::Sending(_) | Step::Waiting(_)));
    let sent = move || match now.read().step {
        // Of a file that goes in one piece it is not known.
        Step::Sending(bytes) | Step::Waiting(bytes) if bytes > 0 => Some(bytes.to_string()),
        _ => None,
    };
    move || {
        going.get().then(|| {
            let max = now.read_untracked().file.size.max(1).to_string();
            view! { <progress class="chip-bar" max=max value=sent aria-label=name.clone()></progress> }
        })
    }
}

/// Its picture: this browser's own, else the server's.
fn picture(now: &Now) -> Option<String> {
    let there = now.step == Step::Ready && now.file.is_picture();
    now.preview.clone().or_else(|| there.then(|| view_of(now.file.id)))
}

fn note(texts: &'static Texts, now: &Now) -> String {
    let words = texts.file();
    let all = now.file.size;
    let state = match &now.step {
        Step::Sending(bytes) => (words.sending)(bytes * 100 / all.max(1)),
        Step::Waiting(_) => words.waiting.to_owned(),
        Step::Reading => words.reading.to_owned(),
        Step::Ready => return size(all),
        Step::Refused(error) => return refusal(texts, error),
        Step::Unread(fault) => return fault_sentence(texts, *fault).to_owned(),
    };
    format!("{} · {state}", size(all))
}

/// Why a file was not taken, more plainly than in general.
fn refusal(texts: &'static Texts, error: &ApiError) -> String {
    match error.code {
        Code::TooLarge => texts.file().too_large.to_owned(),
        Code::UnsupportedMediaType => texts.file().unsupported.to_owned(),
        _ => sentence(texts, error),
    }
}

/// Why a file could not be read.
pub fn fault_sentence(texts: &'static Texts, fault: Fault) -> &'static str {
    let words = texts.file();
    match fault {
        Fault::Damaged => words.damaged,
        Fault::Locked => words.locked,
        Fault::NoText => words.no_text,
        Fault::TooLarge => words.too_heavy,
        Fault::TooSlow => words.too_slow,
        Fault::Server => words.server,
    }
}
